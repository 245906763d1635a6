"""Several signers of one chain for tests, in folders of their own, any of which may be down."""

from dataclasses import replace

from support.ledgers import World

from assay.identity import SealingKey
from assay.ledger import EmbeddedLedger, verify_ledger
from assay.ledger.cosigning import Cosigner, RemoteCosigner
from assay.ledger.quorum import QuorumSealer
from assay.ledger.seal_journal import JournaledKey


class Parties:
    """`count` signers in folders of their own; the first proposes."""

    def __init__(self, folder, *, count=3, quorum=2, remote=False):
        self.world = World()
        self.folder, self.remote = folder, remote
        self.keys = [SealingKey.generate() for _ in range(count)]
        self.genesis = replace(self.world.genesis, signers=tuple(key.public for key in self.keys), quorum=quorum)
        self.path = folder / "chain.ledger"
        self.down = set()
        self.opened = []
        for n in range(count):
            (folder / str(n)).mkdir()

    def cosigner(self, n):
        """The cosigner of signer n, opened again."""
        cosigner = Cosigner(
            self.folder / str(n), self.genesis, self.keys[n], registry=self.world.registry, clock=self.world.clock
        )
        self.opened.append(cosigner)
        return cosigner

    def reached(self, n):
        """It, as far as the network is up."""
        cosigner = self.cosigner(n)
        return Line(self, n, RemoteCosigner(cosigner.public, cosigner.answer) if self.remote else cosigner)

    def sealer(self, n=0, others=None, **options):
        others = [m for m in range(len(self.keys)) if m != n] if others is None else others
        key = JournaledKey(self.folder / f"sequencer-{n}.journal", self.keys[n], create=True)
        sealer = QuorumSealer(self.genesis, key, [self.reached(m) for m in others], **options)
        self.opened.append(sealer)
        return sealer

    def create(self, **options):
        return EmbeddedLedger.create(
            self.path, self.genesis, self.sealer(**options), registry=self.world.registry, clock=self.world.clock
        )

    def reopen(self, n=0, **options):
        sealer = self.sealer(n, **options)
        return EmbeddedLedger(self.path, sealer, registry=self.world.registry, clock=self.world.clock)

    def verify(self, path=None):
        with EmbeddedLedger(path or self.path) as ledger:
            return verify_ledger(ledger, self.world.registry, chain_id=self.genesis.chain_id)

    def close(self):
        for one in self.opened:
            one.close()


class Line:
    """A cosigner that cannot be reached while its number is in `down`."""

    def __init__(self, parties, n, cosigner):
        self.public, self._parties, self._n, self._cosigner = cosigner.public, parties, n, cosigner

    def __getattr__(self, name):
        if self._n in self._parties.down:
            raise ConnectionError(f"signer {self._n} is down")
        return getattr(self._cosigner, name)
