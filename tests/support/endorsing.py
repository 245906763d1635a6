"""A world in which two of three model owners endorse what happens to `tally`, and anybody certified calls `other`."""

from support.identities import enrol
from support.ledgers import World

from assay.identity import Role
from assay.ledger import Client, EmbeddedLedger
from assay.ledger.accounts import publish_payload
from assay.ledger.endorser import Endorser
from assay.ledger.policy import HasRole, OutOf

OWNERS = OutOf(2, *[HasRole(Role.MODEL_OWNER)] * 3)


class EndorsedWorld(World):
    """`endorse(ledger)` gives the three endorsers, each on a handle of its own that can only read."""

    def __init__(self, kind="ed25519", policies=None):
        self._policies = policies or {"tally": OWNERS}
        super().__init__()
        self.owners = [enrol(self.authority, f"owner {n}", Role.MODEL_OWNER, kind=kind) for n in range(3)]
        self.handles = []

    def new_genesis(self, label="test", **options):
        return super().new_genesis(label, **{"policies": self._policies} | options)

    def begin(self, path, genesis=None):
        """A new chain that knows its endorsers."""
        ledger = self.embedded(path, genesis)
        certificates = [owner.certificate for owner in self.owners]
        Client(ledger, self.operator).submit("accounts", "publish", publish_payload(certificates))
        return ledger

    def endorser(self, path, credentials, **options):
        handle = EmbeddedLedger(path)
        self.handles.append(handle)
        return Endorser(handle, credentials, registry=self.registry, clock=self.clock, **options)

    def endorsers(self, path, **options):
        return [self.endorser(path, owner, **options) for owner in self.owners]

    def clients(self, ledger):
        return tuple(Client(ledger, who, clock=self.clock) for who in (self.user, self.operator))

    def close(self):
        for handle in self.handles:
            handle.close()
