"""Chains whose blocks need several signers: nobody seals what is wrong, or two blocks at one height."""

import threading
from dataclasses import replace

import pytest
from support.cosigners import Line, Parties
from support.identities import enrol
from support.ledgers import add

from assay.core.encoding import encode, encode_record
from assay.core.errors import (
    AssayError,
    EncodingError,
    InvalidInput,
    NotFound,
    SignatureError,
    StateError,
    VerificationError,
)
from assay.identity import Role, SealingKey
from assay.ledger import Client, EmbeddedLedger, Entry, merkle
from assay.ledger.change import Change
from assay.ledger.cosigning import MAX_SKEW, Behind, Cosigner, CosigningRefused, RemoteCosigner
from assay.ledger.machine import Machine
from assay.ledger.quorum import NoQuorum, QuorumSealer
from assay.ledger.seal_journal import Equivocation, JournaledKey, ProposedBlock


@pytest.fixture(params=["in process", "bytes"])
def parties(request, tmp_path):
    parties = Parties(tmp_path, remote=request.param == "bytes")
    yield parties
    parties.close()


def make(tmp_path, request, **options):
    parties = Parties(tmp_path, **options)
    request.addfinalizer(parties.close)
    return parties


def proposal(parties, ledger, transactions, **changes):
    """The block that `ledger` would propose next with these transactions, and the seals of the one before."""
    head = ledger.head()
    time = changes.pop("clock", parties.world.clock())
    machine = Machine(parties.genesis, parties.world.registry)
    with ledger._backend.appending() as append:
        execution = machine.execute(append, transactions, height=head.header.height + 1, time=time)
        change = Change.following(append, execution, time)
    return ProposedBlock(replace(change.header, **changes), tuple(change.entries)), head.encoded_seals


# --- what it is for ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quorum", [1, 2, 3])
def test_blocks_with_a_quorum(tmp_path, request, quorum):
    parties = make(tmp_path, request, quorum=quorum)
    with parties.create() as ledger:
        user, operator = parties.world.clients(ledger)
        assert [user.submit("tally", "add", add(n)).result for n in range(1, 6)] == [1, 3, 6, 10, 15]
        operator.submit("tally", "add", add(1))
        assert all(len(block.sealed.seals) >= quorum for block in ledger.blocks())
        ledger.prove(1, 0).verify(parties.genesis)
    assert parties.verify().height == 6


def test_replicas_are_one_block_behind(tmp_path, request):
    parties = make(tmp_path, request, quorum=3)
    with parties.create() as ledger:
        user, _ = parties.world.clients(ledger)
        for n in range(1, 6):
            user.submit("tally", "add", add(n))
        block = ledger.block(4)
    for n in (1, 2):
        path = tmp_path / str(n) / "replica.ledger"
        assert parties.verify(path).height == 4
        with EmbeddedLedger(path) as replica:
            assert replica.block(4).header == block.header
            assert replica.state("tally").get("total") == 10


def test_one_key_is_not_enough(tmp_path, request):
    parties = make(tmp_path, request)
    with pytest.raises(InvalidInput, match="needs more than one"):
        EmbeddedLedger.create(parties.path, parties.genesis, parties.keys[0], registry=parties.world.registry)
    parties.create().close()
    with pytest.raises(InvalidInput, match="needs more than one"):
        EmbeddedLedger(parties.path, parties.keys[0], registry=parties.world.registry)


def test_signers_and_quorum_fit_the_genesis(tmp_path, request):
    parties = make(tmp_path, request, quorum=3)
    own = JournaledKey(tmp_path / "j", parties.keys[0], create=True)
    stranger = JournaledKey(tmp_path / "k", SealingKey.generate(), create=True)
    one, two = parties.cosigner(1), parties.cosigner(2)
    for key, cosigners in [(own, [one]), (own, [one, one, two]), (stranger, [one, two]), (own, [one, stranger])]:
        with pytest.raises(InvalidInput):
            QuorumSealer(parties.genesis, key, cosigners)
    with pytest.raises(InvalidInput):
        Cosigner(tmp_path, parties.genesis, SealingKey.generate(), registry=parties.world.registry)


# --- too few ----------------------------------------------------------------------------------------------------------


def test_too_few_signers(parties):
    with parties.create() as ledger:
        user, operator = parties.world.clients(ledger)
        user.submit("tally", "add", add(1))
        parties.down |= {1, 2}
        before = (ledger.head(), sorted(ledger.state_items()))
        transaction = user.transaction("tally", "add", add(2))
        for _ in range(2):
            with pytest.raises(NoQuorum, match=r"1 seals of the 2 it needs .*signer 1 is down.*send again"):
                ledger.submit(transaction)
            assert (ledger.head(), sorted(ledger.state_items())) == before
        parties.down.clear()
        assert operator.submit("tally", "add", add(4)).result == 7  # after the block that was proposed
        assert ledger.submit(transaction).result == 3
        assert [entry.transaction.sender for entry in ledger.block(2).entries] == [0]
    assert parties.verify().transactions == 3


def test_a_sequencer_that_starts_again_goes_on_with_what_it_proposed(parties):
    with parties.create() as ledger:
        user, operator = parties.world.clients(ledger)
        user.submit("tally", "add", add(1))
        parties.down |= {1, 2}
        transaction = user.transaction("tally", "add", add(2))
        with pytest.raises(NoQuorum):
            ledger.submit(transaction)
    parties.down.clear()
    with parties.reopen() as ledger:
        _, operator = parties.world.clients(ledger)
        assert operator.submit("tally", "add", add(4)).result == 7
        assert ledger.submit(transaction).result == 3
    parties.verify()


def test_a_crash_between_the_seals_and_the_commit(parties, monkeypatch):
    with parties.create() as ledger:
        user, operator = parties.world.clients(ledger)
        transaction = user.transaction("tally", "add", add(2))
        with monkeypatch.context() as patch:
            patch.setattr("assay.ledger.embedded.tables.insert_header", lambda *_: 1 / 0)
            with pytest.raises(AssayError):
                ledger.submit(transaction)
        assert ledger.head().header.height == 0
    with parties.reopen() as ledger:
        _, operator = parties.world.clients(ledger)
        assert operator.submit("tally", "add", add(4)).result == 6
        assert ledger.submit(transaction).height == 1
    parties.verify()


def test_another_sequencer_finishes_what_the_first_had_proposed(tmp_path, request):
    """It sealed, and so did one cosigner, then it was lost; the cosigner tells."""
    parties = make(tmp_path, request, count=4, quorum=3)
    with parties.create(others=[2, 3]) as ledger:
        user, _ = parties.world.clients(ledger)
        transaction = user.transaction("tally", "add", add(2))
        parties.down.add(3)
        with pytest.raises(NoQuorum):
            ledger.submit(transaction)
    parties.down.clear()
    with parties.reopen(1, others=[2, 3]) as ledger:
        _, operator = parties.world.clients(ledger)
        assert operator.submit("tally", "add", add(4)).result == 6
        assert [signer for signer, _ in ledger.head().seals] == [1, 2, 3]
        assert ledger.submit(transaction).height == 1
    parties.verify()


def test_what_a_lying_cosigner_says_it_sealed(tmp_path, request):
    """A block with its true seal that is no block of this chain does not hold up the others."""
    parties = make(tmp_path, request)
    with parties.create() as ledger:
        parties.world.clients(ledger)[0].submit("tally", "add", add(1))
        header = replace(ledger.head().header, height=2, state_digest=bytes(32))

    class Liar(Line):
        def sealed_at(self, height):
            proposed = ProposedBlock(header, ())
            return proposed, parties.keys[self._n].seal(header.hash)

    parties.reached = lambda n: (
        Liar(parties, n, parties.cosigner(n)) if n == 1 else Line(parties, n, parties.cosigner(n))
    )
    with parties.reopen() as ledger:
        assert parties.world.clients(ledger)[0].submit("tally", "add", add(2)).result == 3
    parties.verify()


@pytest.mark.parametrize("seal", [b"", bytes(64), b"of another key"])
def test_false_seals_do_not_count(tmp_path, request, seal):
    parties = make(tmp_path, request)
    with parties.create() as ledger:

        class Forger:
            public = parties.keys[1].public

            def propose(self, proposed, before):
                return SealingKey.generate().seal(proposed.header.hash) if seal == b"of another key" else seal

            def sealed_at(self, height):
                return None

        user, _ = parties.world.clients(ledger)
        user.submit("tally", "add", add(1))
    key = JournaledKey(tmp_path / "sequencer-0.journal", parties.keys[0])
    options = {"registry": parties.world.registry, "clock": parties.world.clock}
    sealer = QuorumSealer(parties.genesis, key, [Forger()])
    with sealer, EmbeddedLedger(parties.path, sealer, **options) as ledger:
        user, _ = parties.world.clients(ledger)
        with pytest.raises(NoQuorum, match="SignatureError"):
            user.submit("tally", "add", add(1))


def test_a_silent_cosigner_does_not_hold_up_the_others(tmp_path, request):
    parties = make(tmp_path, request)
    hang = threading.Event()
    request.addfinalizer(hang.set)

    class Silent(Line):
        def propose(self, proposed, before):
            hang.wait()
            return self._cosigner.propose(proposed, before)

    parties.reached = lambda n: (
        Silent(parties, n, parties.cosigner(n)) if n == 2 else Line(parties, n, parties.cosigner(n))
    )
    with parties.create(timeout=3) as ledger:
        user, _ = parties.world.clients(ledger)
        for n in range(1, 4):
            user.submit("tally", "add", add(n))
        parties.down.add(1)
        transaction = user.transaction("tally", "add", add(4))
        with pytest.raises(NoQuorum, match="no answer"):
            ledger.submit(transaction)
        hang.set()
        parties.down.clear()
        assert ledger.submit(transaction).result == 10
    parties.verify()


# --- what a cosigner refuses ------------------------------------------------------------------------------------------


@pytest.fixture
def chain(parties):
    """A chain of two blocks; signer 2 has no part in it yet."""
    with parties.create(others=[1]) as ledger:
        parties.world.clients(ledger)[0].submit("tally", "add", add(1))
        yield ledger


@pytest.fixture
def cosigner(parties, chain):
    """Signer 2 with a replica up to the head of `chain`."""
    cosigner = parties.cosigner(2)
    for block in chain.blocks():
        cosigner.append(ProposedBlock.of(block), block.sealed.encoded_seals)
    return RemoteCosigner(cosigner.public, cosigner.answer) if parties.remote else cosigner


def test_a_block_that_does_what_it_says_is_sealed(parties, chain, cosigner):
    user, _ = parties.world.clients(chain)
    proposed, before = proposal(parties, chain, [user.transaction("tally", "add", add(2))])
    seal = cosigner.propose(proposed, before)
    assert cosigner.propose(proposed, before) == seal  # again, after a lost answer
    assert cosigner.sealed_at(2) == (proposed, seal)
    assert cosigner.sealed_at(1) is None


def test_blocks_that_do_not_do_what_they_say(parties, chain, cosigner):
    """Each is refused, and the right one is sealed after that: a refusal uses up nothing."""
    user, _ = parties.world.clients(chain)
    transaction = user.transaction("tally", "add", add(2))
    good, before = proposal(parties, chain, [transaction])

    def with_entries(*entries):
        header = replace(good.header, count=len(entries), entries_root=merkle.root(list(entries)))
        return ProposedBlock(header, tuple(entries))

    entry = Entry.decode(good.entries[0])
    unsigned = Entry(replace(transaction, payload=add(9)), entry.result)
    for bad in [
        replace(good, header=replace(good.header, state_digest=bytes(32))),
        replace(good, header=replace(good.header, history_root=bytes(32))),
        replace(good, header=replace(good.header, entries_root=bytes(32))),
        replace(good, header=replace(good.header, previous=bytes(32))),
        replace(good, header=replace(good.header, time=chain.head().header.time - 1)),
        replace(good, header=replace(good.header, count=2)),
        replace(good, entries=()),
        replace(good, entries=good.entries * 2),
        replace(good, entries=(b"junk",)),
        with_entries(),
        with_entries(*good.entries * 2),
        with_entries(replace(entry, result=encode(99)).encoded),
        with_entries(unsigned.encoded),
    ]:
        with pytest.raises((VerificationError, InvalidInput, CosigningRefused)):
            cosigner.propose(bad, before)
    assert cosigner.sealed_at(2) is None
    cosigner.propose(good, before)


def test_blocks_of_another_time(parties, chain, cosigner):
    user, _ = parties.world.clients(chain)
    transaction = user.transaction("tally", "add", add(2))
    late, before = proposal(parties, chain, [transaction], clock=parties.world.clock() + MAX_SKEW + 1)
    with pytest.raises((VerificationError, CosigningRefused), match="too far from now"):
        cosigner.propose(late, before)
    parties.world.clock.turn(1)
    cosigner.propose(late, before)


def test_two_blocks_at_one_height(parties, chain, cosigner):
    """Equivocation is refused, after a restart too, and whatever became of the first block."""
    user, operator = parties.world.clients(chain)
    first, before = proposal(parties, chain, [user.transaction("tally", "add", add(2))])
    second, _ = proposal(parties, chain, [operator.transaction("tally", "add", add(2))])
    seal = cosigner.propose(first, before)
    for again in (cosigner, parties.cosigner(2)):
        for other in (second, replace(second, header=replace(second.header, time=second.header.time + 1))):
            with pytest.raises((Equivocation, CosigningRefused), match="was sealed before"):
                again.propose(other, before)
        assert again.propose(first, before) == seal


def test_no_block_below_one_that_was_sealed(parties, chain, cosigner):
    """A replica put back to an older copy does not make its key forget."""
    user, operator = parties.world.clients(chain)
    first, before = proposal(parties, chain, [user.transaction("tally", "add", add(2))])
    cosigner.propose(first, before)
    third, _ = proposal(parties, chain, [operator.transaction("tally", "add", add(2))], height=1)
    with pytest.raises((Equivocation, CosigningRefused), match="was sealed before"):
        cosigner.propose(third, before)


def test_a_block_of_another_chain(parties, chain, cosigner, tmp_path):
    user, _ = parties.world.clients(chain)
    proposed, before = proposal(parties, chain, [user.transaction("tally", "add", add(2))], chain_id=bytes(32))
    with pytest.raises((VerificationError, CosigningRefused), match="belongs to chain"):
        cosigner.propose(proposed, before)
    twin = replace(parties.genesis, label="twin")
    folder = tmp_path / "twin"
    folder.mkdir()
    other = Cosigner(folder, twin, parties.keys[2], registry=parties.world.registry, clock=parties.world.clock)
    first = ProposedBlock.of(chain.block(0))
    with pytest.raises(VerificationError):
        other.propose(first, b"")
    with pytest.raises(VerificationError):
        other.append(first, chain.block(0).sealed.encoded_seals)


def test_a_cosigner_that_is_behind(parties, chain):
    user, _ = parties.world.clients(chain)
    new = parties.cosigner(2)
    proposed, before = proposal(parties, chain, [user.transaction("tally", "add", add(2))])
    with pytest.raises(Behind) as behind:
        new.propose(proposed, before)
    assert behind.value.height == 0
    blocks = list(chain.blocks())
    one = ProposedBlock.of(blocks[1])
    with pytest.raises(VerificationError):
        new.append(replace(one, header=replace(one.header, height=0)), blocks[1].sealed.encoded_seals)
    assert new.append(one, blocks[1].sealed.encoded_seals) == 0  # not its turn
    assert new.append(ProposedBlock.of(blocks[0]), blocks[0].sealed.encoded_seals) == 1
    for seals in (b"", encode(()), encode(blocks[1].sealed.seals[:1]), blocks[0].sealed.encoded_seals):
        with pytest.raises((SignatureError, EncodingError)):
            new.append(one, seals)
    assert new.append(one, blocks[1].sealed.encoded_seals) == 2
    new.propose(proposed, before)


def test_a_cosigner_that_joins_late_is_brought_up(parties):
    """Further behind than what is sent at once."""
    with parties.create(others=[1]) as ledger:
        user, _ = parties.world.clients(ledger)
        for _ in range(70):
            user.submit("tally", "add", add(1))
    with parties.reopen(others=[2]) as ledger:
        assert parties.world.clients(ledger)[0].submit("tally", "add", add(1)).result == 71
    assert parties.verify(parties.folder / "2" / "replica.ledger").height == 70


def test_a_cosigner_that_sealed_another_block_than_the_chain_took(tmp_path, request):
    """Two sequencers: one's block found a quorum, the other's reached signer 3 alone. It takes the one on the chain."""
    parties = make(tmp_path, request, count=4, quorum=2)
    with parties.create(others=[2, 3]) as ledger:
        user, operator = parties.world.clients(ledger)
        user.submit("tally", "add", add(1))
        lonely = parties.cosigner(3)
        for block in ledger.blocks():
            lonely.append(ProposedBlock.of(block), block.sealed.encoded_seals)
        other, before = proposal(parties, ledger, [operator.transaction("tally", "add", add(9))])
        lonely.propose(other, before)
        parties.down.add(3)
        user.submit("tally", "add", add(2))
        user.submit("tally", "add", add(3))
        parties.down.clear()
        parties.down.add(2)
        assert user.submit("tally", "add", add(4)).result == 10
        assert [signer for signer, _ in ledger.head().seals] == [0, 3]
    parties.verify()


# --- files and bytes --------------------------------------------------------------------------------------------------


def test_journals(tmp_path):
    key = SealingKey.generate()
    with pytest.raises(NotFound, match="no journal of seals"):
        JournaledKey(tmp_path / "j", key)
    JournaledKey(tmp_path / "j", key, create=True)
    assert JournaledKey(tmp_path / "j", key).last is None
    (tmp_path / "j").write_bytes(b"junk")
    with pytest.raises(StateError, match="is not a journal"):
        JournaledKey(tmp_path / "j", key, create=True)


def test_a_replica_without_its_journal(parties, chain, cosigner):
    (parties.folder / "2" / "seals.journal").unlink()
    with pytest.raises(NotFound, match="no journal of seals"):
        parties.cosigner(2)


def test_a_replica_of_another_chain(parties, chain, cosigner):
    twin = replace(parties.genesis, label="twin")
    with pytest.raises(StateError, match="is a replica of chain"):
        Cosigner(parties.folder / "2", twin, parties.keys[2], registry=parties.world.registry)


def test_hostile_requests_and_answers(parties, chain):
    cosigner = parties.cosigner(1)
    seen = []

    def send(request):
        seen.append((request, cosigner.answer(request)))
        return seen[-1][1]

    remote = RemoteCosigner(cosigner.public, send)
    user, _ = parties.world.clients(chain)
    proposed, before = proposal(parties, chain, [user.transaction("tally", "add", add(2))])
    remote.propose(proposed, before)
    remote.sealed_at(2)
    for request, answer in seen:
        for end in range(0, len(request), 29):
            with pytest.raises(CosigningRefused, match="EncodingError"):
                RemoteCosigner(cosigner.public, lambda _, cut=request[:end]: cosigner.answer(cut)).sealed_at(1)
        for end in range(0, len(answer), 7):
            with pytest.raises(EncodingError):
                RemoteCosigner(cosigner.public, lambda _, cut=answer[:end]: cut).sealed_at(1)
    for request in [
        encode_record("assay.ledger.cosigning.request", 1, "steal", 0, b"", b""),
        encode_record("assay.ledger.cosigning.request", 1, "propose", 0, encode(None), b""),
        encode_record("assay.ledger.cosigning.request", 1, "append", 0, b"", b""),
        encode_record("assay.ledger.cosigning.request", 2, "sealed at", 0, b"", b""),
    ]:
        with pytest.raises(CosigningRefused):
            RemoteCosigner(cosigner.public, lambda _, raw=request: cosigner.answer(raw)).sealed_at(1)
    with pytest.raises(EncodingError, match="answered 'append'"):
        RemoteCosigner(
            cosigner.public, lambda _: encode_record("assay.ledger.cosigning.answer", 1, "append", 1, b"", b"")
        ).sealed_at(1)


def test_many_clients(parties):
    with parties.create() as ledger:
        failures = []

        def work(credentials):
            try:
                for _ in range(5):
                    Client(ledger, credentials).submit("tally", "add", add(1))
            except BaseException as failure:
                failures.append(failure)

        people = [enrol(parties.world.authority, f"thread {n}", Role.USER) for n in range(4)]
        threads = [threading.Thread(target=work, args=[one]) for one in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert ledger.state("tally").get("total") == 20
    parties.verify()
