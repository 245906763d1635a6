"""Endorsed transactions: what two of three endorsers say a call does takes effect; nothing else does."""

import sqlite3
import threading
from dataclasses import replace

import pytest
from support.endorsing import OWNERS, EndorsedWorld
from support.identities import enrol
from support.ledgers import add

from assay.core.encoding import encode, encode_record
from assay.core.errors import (
    AssayError,
    AuthorizationError,
    EncodingError,
    InvalidInput,
    LimitError,
    NotFound,
    RevokedError,
    SignatureError,
    VerificationError,
)
from assay.identity import Role
from assay.ledger import BrokenChain, Client, Entry, Genesis, Refused, SealedHeader, UsedCounter, merkle, verify_ledger
from assay.ledger.accounts import publish_payload
from assay.ledger.effects import Effects, StaleRead
from assay.ledger.endorsement import (
    LIFETIME,
    Endorsement,
    EndorsementExpired,
    decode_endorsements,
    encode_endorsements,
    sign_endorsement,
)
from assay.ledger.endorser import (
    MAX_SKEW,
    Disagreement,
    Endorsed,
    EndorsementRefused,
    Endorser,
    Proposal,
    RemoteEndorser,
    endorse,
)
from assay.ledger.policy import AllOf, AnyOf, HasRole, Member, OutOf
from assay.ledger.transactions import CALL, ENDORSED


@pytest.fixture(params=["ed25519", "p256"])
def world(request):
    world = EndorsedWorld(request.param)
    yield world
    world.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "chain.ledger"


@pytest.fixture
def ledger(world, path):
    with world.begin(path) as ledger:
        yield ledger
        verify_ledger(ledger, world.registry)


@pytest.fixture
def endorsers(world, ledger, path):
    return world.endorsers(path)


@pytest.fixture
def user(world, ledger):
    return world.clients(ledger)[0]


@pytest.fixture
def operator(world, ledger):
    return world.clients(ledger)[1]


@pytest.fixture
def refused(ledger):
    """`refused(transaction, error)`: it raises, and nothing changed."""

    def check(transaction, error, match=None):
        before = (ledger.head(), sorted(ledger.state_items()))
        with pytest.raises(error, match=match):
            ledger.submit(transaction)
        assert (ledger.head(), sorted(ledger.state_items())) == before

    return check


def keep(name):
    return encode_record("tally.keep", 1, name)


def effects_of(transaction):
    return Effects.decode(transaction.effects)


def resigned(transaction, client, **changes):
    """The transaction with changes, signed by its sender again."""
    return replace(transaction, **changes).signed(client.credentials.key)


def endorsed_by(transaction, client, *owners, effects=None):
    """Like `transaction`, with `effects`, as these owners would endorse it without executing anything."""
    effects = effects or effects_of(transaction)
    given = [
        Endorsement(owner.certificate.index, sign_endorsement(owner.key, transaction.proposal, effects))
        for owner in owners
    ]
    return resigned(transaction, client, effects=effects.encoded, endorsements=encode_endorsements(given))


# --- what it is for ---------------------------------------------------------------------------------------------------


def test_endorsed_calls_take_effect(ledger, user, operator, endorsers):
    receipt = user.submit_endorsed("tally", "add", add(5), endorsers[:2])
    assert (receipt.result, receipt.counter) == (5, 1)
    assert operator.submit_endorsed("tally", "add", add(2), endorsers[1:]).result == 7
    assert user.submit_endorsed("tally", "add", add(1), endorsers).result == 8
    assert ledger.state("tally").get("total") == 8
    entry = ledger.block(2).entries[0]
    assert entry.transaction.type == ENDORSED
    assert [one.endorser for one in decode_endorsements(entry.transaction.endorsements)] == [2, 3]
    assert ledger.prove(2, 0).verify(ledger.genesis) is None


def test_the_ledger_does_not_execute_it(ledger, world, user):
    """What the endorsers sign is what happens, even what the contract would not do."""
    transaction = user.endorsed("tally", "add", add(5), world.endorsers(ledger.path)[:2])
    effects = replace(effects_of(transaction), writes=(("total", encode(77)),), result=encode("as they say"))
    receipt = ledger.submit(endorsed_by(transaction, user, *world.owners[:2], effects=effects))
    assert (receipt.result, ledger.state("tally").get("total")) == ("as they say", 77)


def test_a_retry_gets_the_same_receipt(ledger, user, endorsers):
    transaction = user.endorsed("tally", "add", add(5), endorsers)
    receipt = ledger.submit(transaction)
    assert ledger.submit(transaction) == receipt
    assert ledger.state("tally").get("total") == 5


def test_contract_and_endorsers_see_accounts(ledger, user, endorsers):
    result = user.submit_endorsed("tally", "who", encode_record("tally.who", 1, 2), endorsers).result
    assert result == (2, "model-owner", True)
    spaces = {space for space, _, _ in effects_of(ledger.block(2).entries[0].transaction).reads}
    assert spaces == {"accounts"}


def test_the_first_transaction_of_a_sender_attaches_its_certificate(ledger, user, endorsers):
    transaction = user.endorsed("tally", "add", add(5), endorsers)
    assert transaction.certificate
    ledger.submit(transaction)
    assert user.endorsed("tally", "add", add(5), endorsers).certificate == b""


def test_calls_and_endorsed_transactions_do_not_mix(user, world, endorsers, refused):
    refused(user.transaction("tally", "add", add(1)), AuthorizationError, "takes endorsed transactions: 2 of")
    with pytest.raises(AuthorizationError, match="takes calls"):
        user.endorsed("other", "add", add(1), endorsers)
    transaction = user.endorsed("tally", "add", add(1), endorsers)
    forged = endorsed_by(resigned(transaction, user, contract="other"), user, *world.owners)
    refused(forged, AuthorizationError, "takes calls")
    assert user.submit("other", "add", add(1)).result == 1


def test_many_clients_at_once(ledger, world, path):
    """Closed loops that read and write one key: each addition counts once, however often it was endorsed again."""
    people = [enrol(world.authority, f"thread {n}", Role.USER) for n in range(4)]
    failures = []

    def work(credentials):
        try:
            client, endorsers = Client(ledger, credentials, clock=world.clock), world.endorsers(path)[:2]
            for _ in range(5):
                client.submit_endorsed("tally", "add", add(1), endorsers, attempts=1000)
                client.submit_endorsed("tally", "keep", keep(credentials.certificate.name), endorsers, attempts=1000)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=[credentials]) for credentials in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert ledger.state("tally").get("total") == 20


# --- who endorsed -----------------------------------------------------------------------------------------------------


def test_too_few_endorsers(user, world, endorsers, refused):
    transaction = user.endorsed("tally", "add", add(5), endorsers[:1])
    refused(transaction, AuthorizationError, r"endorsed by 'owner 0' \(model-owner\): contract 'tally' asks for 2 of")
    refused(resigned(transaction, user, endorsements=encode_endorsements([])), AuthorizationError, "by nobody")
    refused(resigned(transaction, user, endorsements=b""), EncodingError)


def test_one_endorser_twice(user, world, endorsers, refused):
    transaction = user.endorsed("tally", "add", add(5), [endorsers[0], endorsers[0]])
    (one, _) = transaction.endorsements, None
    with pytest.raises(EncodingError, match="each endorses once"):
        decode_endorsements(one)
    refused(transaction, EncodingError, "each endorses once")


def test_endorsers_of_another_role(user, world, path, refused):
    operator = world.endorser(path, world.operator)
    owner = world.endorser(path, world.owners[0])
    refused(user.endorsed("tally", "add", add(5), [operator, owner]), AuthorizationError, "asks for")


def test_an_endorser_that_the_chain_does_not_know(ledger, world, user, operator, path, endorsers, refused):
    late = enrol(world.authority, "late", Role.MODEL_OWNER)
    transaction = user.endorsed("tally", "add", add(5), [endorsers[0], world.endorser(path, late)])
    refused(transaction, AuthorizationError, "does not know endorser 5: publish")
    operator.submit("accounts", "publish", publish_payload([late.certificate]))
    assert ledger.submit(transaction).result == 5


def test_a_revoked_endorser(ledger, world, user, operator, endorsers, refused):
    transaction = user.endorsed("tally", "add", add(5), endorsers[:2])
    world.clock.turn(1000)
    world.authority.revoke(world.owners[0].certificate.index)
    operator.submit("accounts", "revoke", world.authority.revocation_list().der)
    refused(transaction, RevokedError, "endorser 'owner 0' is not in force")
    refused(user.endorsed("tally", "add", add(5), endorsers[:2]), RevokedError, "endorser 'owner 0'")
    assert user.submit_endorsed("tally", "add", add(5), endorsers[1:]).result == 5


def test_forged_endorsements(user, world, endorsers, refused):
    transaction = user.endorsed("tally", "add", add(5), endorsers[:2])
    first, second = decode_endorsements(transaction.endorsements)
    stranger = enrol(world.authority, "Eve", Role.MODEL_OWNER)
    forged = sign_endorsement(stranger.key, transaction.proposal, effects_of(transaction))
    for endorsements in [
        [first, replace(second, signature=forged)],
        [first, replace(second, signature=first.signature)],
        [first, replace(second, signature=bytes(64))],
        [first, replace(second, signature=b"")],
        [replace(first, endorser=4), second],
        [first, second, Endorsement(4, forged)],  # one that is not needed is not there for show
    ]:
        refused(resigned(transaction, user, endorsements=encode_endorsements(endorsements)), SignatureError)


def test_malformed_endorsements(user, endorsers, refused):
    transaction = user.endorsed("tally", "add", add(5), endorsers[:2])
    ((a, x), (b, y)) = [(one.endorser, one.signature) for one in decode_endorsements(transaction.endorsements)]
    for bad in [
        b"junk",
        encode(None),
        encode([(a, x), (b, y)]),
        encode(((b, y), (a, x))),
        encode(((a, x), [b, y])),
        encode(((a, x), (b, y, 0))),
        encode(((a, x), (True, y))),
        encode(((-1, x), (b, y))),
        encode(((a, x), (1 << 32, y))),
        encode(((a, x), (b, "y"))),
        encode(((a, x), (b, bytes(257)))),
        encode(tuple((n, x) for n in range(33))),
    ]:
        refused(resigned(transaction, user, endorsements=bad), InvalidInput)


# --- what was endorsed ------------------------------------------------------------------------------------------------


def test_swapped_and_changed_effects(user, operator, world, endorsers, refused):
    transaction = user.endorsed("tally", "add", add(5), endorsers[:2])
    other = operator.endorsed("tally", "add", add(1000), endorsers[:2])
    effects = effects_of(transaction)
    for changed in [
        effects_of(other),
        replace(effects, writes=(("total", encode(1000)),)),
        replace(effects, writes=()),
        replace(effects, reads=()),
        replace(effects, result=encode(6)),
        replace(effects, time=effects.time + 1),
        replace(effects, height=effects.height - 1),
    ]:
        refused(resigned(transaction, user, effects=changed.encoded), SignatureError)
    swapped = resigned(transaction, user, effects=other.effects, endorsements=other.endorsements)
    refused(swapped, SignatureError)
    for bad in (b"", b"junk", transaction.effects[:-1], transaction.effects + b"\0"):
        refused(resigned(transaction, user, effects=bad), EncodingError)


def test_endorsements_count_for_one_transaction(ledger, user, operator, world, endorsers, refused):
    """Not for another counter, payload, method, contract, sender or chain."""
    transaction = user.endorsed("tally", "add", add(5), endorsers[:2])
    refused(resigned(transaction, user, payload=add(6)), SignatureError)
    refused(resigned(transaction, user, method="keep"), SignatureError)
    refused(resigned(transaction, operator, sender=1, certificate=b"", counter=2), SignatureError)
    twin = world.new_genesis("twin")
    refused(resigned(transaction, user, chain_id=twin.chain_id), VerificationError, "is for chain")
    ledger.submit(transaction)
    again = resigned(transaction, user, counter=2, certificate=b"")
    refused(again, SignatureError)
    refused(resigned(transaction, user, payload=add(6)), (UsedCounter, SignatureError))


def test_endorsements_of_a_twin_chain(world, tmp_path, user, ledger, refused):
    """The same parties, the same state, another chain."""
    with world.begin(tmp_path / "twin", world.new_genesis("twin")) as twin:
        endorsers = world.endorsers(tmp_path / "twin")
        transaction = world.clients(twin)[0].endorsed("tally", "add", add(5), endorsers)
        refused(transaction, VerificationError, "is for chain")
        refused(resigned(transaction, user, chain_id=ledger.chain_id), SignatureError)


def test_endorsements_for_another_instance(tmp_path, request):
    """Two instances of one contract under one policy."""
    world = EndorsedWorld(policies={"tally": OWNERS, "other": OWNERS})
    with world.begin(tmp_path / "x") as ledger:
        user = world.clients(ledger)[0]
        transaction = user.endorsed("tally", "add", add(5), world.endorsers(tmp_path / "x"))
        with pytest.raises(SignatureError):
            ledger.submit(resigned(transaction, user, contract="other"))
    world.close()


def test_a_proposal_is_no_transaction(user, refused):
    refused(user.transaction("tally", "add", add(1), type=ENDORSED), EncodingError)


def test_the_sender_signs_what_was_endorsed(user, operator, endorsers, refused):
    transaction = user.endorsed("tally", "add", add(5), endorsers)
    refused(replace(transaction, signature=b""), SignatureError)
    refused(resigned(transaction, operator), SignatureError)
    refused(
        replace(transaction, signature=user.transaction("tally", "add", add(5), type=ENDORSED).signature),
        SignatureError,
    )


def test_the_senders_role_and_standing_are_checked_in_the_block(ledger, user, operator, world, endorsers, refused):
    reset = operator.endorsed("tally", "reset", b"", endorsers)
    by_user = replace(reset, sender=0, certificate=world.user.certificate.der, counter=1)
    refused(endorsed_by(by_user, user, *world.owners), AuthorizationError, "is a user and may not call")
    transaction = user.endorsed("tally", "add", add(5), endorsers)
    world.clock.turn(1000)
    world.authority.revoke(0)
    operator.submit("accounts", "revoke", world.authority.revocation_list().der)
    refused(transaction, RevokedError)


def test_unknown_contract_and_method(user, world, endorsers, refused):
    transaction = user.endorsed("tally", "add", add(5), endorsers)
    for changes in ({"contract": "nothing"}, {"method": "steal"}):
        refused(endorsed_by(resigned(transaction, user, **changes), user, *world.owners), NotFound)
        with pytest.raises(NotFound):
            user.endorsed(changes.get("contract", "tally"), changes.get("method", "add"), b"", endorsers)


def test_a_result_above_the_limit(user, world, endorsers, refused):
    transaction = user.endorsed("tally", "add", add(5), endorsers)
    large = replace(effects_of(transaction), result=encode(bytes(65 << 10)))
    refused(endorsed_by(transaction, user, *world.owners, effects=large), LimitError)


# --- what was read ----------------------------------------------------------------------------------------------------


def test_stale_reads(ledger, user, operator, endorsers, refused):
    transaction = user.endorsed("tally", "add", add(5), endorsers)
    operator.submit_endorsed("tally", "add", add(1), endorsers)
    refused(transaction, StaleRead, "tally/total has changed")
    assert user.submit_endorsed("tally", "add", add(5), endorsers).result == 6


def test_a_read_of_what_is_absent(ledger, user, operator, world, endorsers, refused):
    """A new account appears that the call looked for in vain."""
    transaction = user.endorsed("tally", "who", encode_record("tally.who", 1, 9), endorsers)
    extra = [enrol(world.authority, f"extra {n}", Role.USER).certificate for n in range(5)]
    operator.submit("accounts", "publish", publish_payload(extra))
    refused(transaction, StaleRead, "accounts/account/9")


def test_phantoms(ledger, user, operator, world, endorsers, refused):
    """A pair that appears in, changes in, or goes from a range that was read."""
    user.submit_endorsed("tally", "keep", keep("a"), endorsers)
    reset = operator.endorsed("tally", "reset", b"", endorsers)
    user.submit_endorsed("tally", "keep", keep("b"), endorsers)
    refused(reset, StaleRead, r"range tally/kept/\* has changed")
    reset = operator.endorsed("tally", "reset", b"", endorsers)
    user.submit_endorsed("tally", "keep", keep("a"), endorsers)  # holds the height, which differs now
    refused(reset, StaleRead, "range")
    reset = operator.endorsed("tally", "reset", b"", endorsers)
    operator.submit_endorsed("tally", "reset", b"", endorsers)
    refused(resigned(reset, operator, counter=ledger.next_counter(1)), SignatureError)
    late = endorsed_by(resigned(reset, operator, counter=ledger.next_counter(1)), operator, *world.owners)
    refused(late, StaleRead, "range")
    assert list(ledger.state("tally").items("kept/")) == []


def test_two_in_one_block_that_touch_one_key(ledger, user, operator, endorsers):
    """The second finds what the first wrote."""
    first = user.endorsed("tally", "add", add(5), endorsers)
    second = operator.endorsed("tally", "add", add(7), endorsers)
    one, two = ledger.submit_many([first, second])
    assert one.result == 5
    assert isinstance(two, StaleRead)
    assert ledger.state("tally").get("total") == 5


def test_two_in_one_block_that_do_not_touch(ledger, user, operator, endorsers):
    user.submit_endorsed("tally", "keep", keep("x"), endorsers)
    first = user.endorsed("tally", "keep", keep("a"), endorsers)
    second = operator.endorsed("tally", "keep", keep("b"), endorsers)
    one, two = ledger.submit_many([first, second])
    assert one.height == two.height
    assert [key for key, _ in ledger.state("tally").items("kept/")] == ["kept/a", "kept/b", "kept/x"]


# --- when -------------------------------------------------------------------------------------------------------------


def test_endorsements_expire(ledger, world, user, endorsers, refused):
    transaction = user.endorsed("tally", "add", add(5), endorsers)
    world.clock.turn(LIFETIME + 1)
    refused(transaction, EndorsementExpired, "endorsed again")
    world.clock.turn(-1)
    assert ledger.submit(transaction).result == 5


def test_effects_of_another_time_or_height(ledger, world, user, endorsers, refused, monkeypatch):
    transaction = user.endorsed("tally", "add", add(5), endorsers)
    effects = effects_of(transaction)
    height = ledger.head().header.height
    for changes in ({"time": effects.time + LIFETIME + 1}, {"height": height + 2}):
        refused(endorsed_by(transaction, user, *world.owners, effects=replace(effects, **changes)), EndorsementExpired)
    monkeypatch.setattr("assay.ledger.endorsement.LIFETIME_BLOCKS", 1)  # of 10,000
    old = endorsed_by(transaction, user, *world.owners, effects=replace(effects, height=height - 1))
    refused(old, EndorsementExpired)
    ledger.submit(endorsed_by(transaction, user, *world.owners, effects=replace(effects, height=height)))


def test_endorsers_look_at_their_clocks(ledger, world, user, endorsers):
    proposal = Proposal(user.transaction("tally", "add", add(1), type=ENDORSED), 1, world.clock())
    endorsers[0].endorse(replace(proposal, time=proposal.time + MAX_SKEW))
    for skew in (MAX_SKEW + 1, -MAX_SKEW - 1):
        with pytest.raises(EndorsementExpired):
            endorsers[0].endorse(replace(proposal, time=proposal.time + skew))


# --- endorsers --------------------------------------------------------------------------------------------------------


def test_endorsers_refuse_what_the_ledger_would(ledger, world, user, operator, endorsers):
    endorser = endorsers[0]
    good = Proposal(user.transaction("tally", "add", add(1), type=ENDORSED), 1, world.clock())
    endorser.endorse(good)
    transaction = good.transaction
    for bad, error in [
        (replace(transaction, type=CALL), InvalidInput),
        (user.endorsed("tally", "add", add(1), endorsers), InvalidInput),
        (replace(transaction, signature=b""), SignatureError),
        (resigned(transaction, operator), SignatureError),
        (resigned(transaction, user, certificate=b""), AuthorizationError),
        (resigned(transaction, user, chain_id=bytes(32)), VerificationError),
        (resigned(transaction, user, method="reset"), AuthorizationError),
        (resigned(transaction, user, payload=add(-1)), Refused),
        (resigned(transaction, user, counter=0), EncodingError),
    ]:
        with pytest.raises(error):
            endorser.endorse(replace(good, transaction=bad))


def test_an_endorser_behind_an_authenticated_connection(ledger, world, path, user, endorsers, refused):
    """It need not check the proposal's signature: the ledger checks that of the transaction."""
    trusting = [world.endorser(path, owner, authenticate=False) for owner in world.owners[:2]]
    bare = replace(user.transaction("tally", "add", add(1), type=ENDORSED), signature=b"")
    endorsed = endorse(Proposal(bare, 1, world.clock()), trusting)
    refused(endorsed, SignatureError)
    assert ledger.submit(endorsed.signed(world.user.key)).result == 1


def test_a_lying_endorser_is_noticed(world, user, endorsers, refused):
    class Liar:
        def endorse(self, proposal):
            effects = replace(endorsers[0].endorse(proposal).effects, writes=(("total", encode(1000)),))
            signature = sign_endorsement(world.owners[0].key, proposal.transaction.proposal, effects)
            return Endorsed(effects, Endorsement(2, signature))

    with pytest.raises(Disagreement, match="endorsers 2 and 3 do not agree"):
        user.endorsed("tally", "add", add(1), [Liar(), endorsers[1]])
    with pytest.raises(Disagreement):
        user.submit_endorsed("tally", "add", add(1), [Liar(), endorsers[1]], attempts=2)
    refused(user.endorsed("tally", "add", add(1), [Liar()]), AuthorizationError)


def test_an_endorser_that_moves_the_time(world, user, endorsers):
    class Drifting:
        def endorse(self, proposal):
            return endorsers[0].endorse(replace(proposal, time=proposal.time + 1))

    with pytest.raises(Disagreement, match="another height or time"):
        user.endorsed("tally", "add", add(1), [Drifting()])


def test_endorsers_at_different_heights_agree_on_what_did_not_change(ledger, world, user, operator, tmp_path, path):
    """One of them has a copy that ends before the newest blocks."""
    behind = tmp_path / "behind.ledger"
    user.submit_endorsed("tally", "add", add(1), world.endorsers(path))
    source, copy = sqlite3.connect(path), sqlite3.connect(behind)
    source.backup(copy)
    source.close()
    copy.close()
    operator.submit_endorsed("tally", "keep", keep("z"), world.endorsers(path))
    mixed = [world.endorser(path, world.owners[0]), world.endorser(behind, world.owners[1])]
    assert user.submit_endorsed("tally", "add", add(5), mixed).result == 6
    with pytest.raises(Disagreement):
        user.submit_endorsed("tally", "add", add(5), mixed, attempts=2)


def test_no_endorsers_at_all(user):
    with pytest.raises(InvalidInput):
        user.endorsed("tally", "add", add(1), [])


# --- over a network ---------------------------------------------------------------------------------------------------


def test_remote_endorsers(ledger, user, endorsers):
    remote = [RemoteEndorser(endorser.answer) for endorser in endorsers]
    assert user.submit_endorsed("tally", "add", add(5), remote).result == 5
    with pytest.raises(EndorsementRefused, match=r"\(Refused\): amount -5 is not positive"):
        user.submit_endorsed("tally", "add", add(-5), remote)


def test_hostile_requests_and_answers(world, user, endorsers):
    proposal = Proposal(user.transaction("tally", "add", add(1), type=ENDORSED), 1, world.clock())
    request = proposal.encode()
    answer = endorsers[0].answer(request)
    assert Endorsed.decode(answer).endorsement.endorser == 2
    for end in range(0, len(request), 37):
        with pytest.raises(EndorsementRefused, match="EncodingError"):
            RemoteEndorser(lambda _, end=end: endorsers[0].answer(request[:end])).endorse(proposal)
    for end in range(0, len(answer), 7):
        with pytest.raises(EncodingError):
            RemoteEndorser(lambda _, end=end: answer[:end]).endorse(proposal)
    for bad in (replace(proposal, height=-1), replace(proposal, time=-1)):
        with pytest.raises(EndorsementRefused):
            RemoteEndorser(endorsers[0].answer).endorse(bad)


# --- who seals --------------------------------------------------------------------------------------------------------


def test_a_sealed_block_with_what_was_not_endorsed(ledger, world, path, user, operator, endorsers):
    """Sealed by the signer itself: whoever verifies the chain finds it."""
    transaction = user.endorsed("tally", "add", add(5), endorsers)
    ledger.submit(transaction)
    verify_ledger(ledger, world.registry)
    block = ledger.block(2)
    one = endorsed_by(transaction, user, world.owners[0])
    stale = replace(effects_of(transaction), reads=(("tally", "total", bytes(32)),))
    for bad, match in [
        (one, "asks for 2 of"),
        (resigned(transaction, user, type=CALL, effects=b"", endorsements=b""), "takes endorsed"),
        (endorsed_by(transaction, user, *world.owners, effects=stale), "has changed since"),
        (resigned(transaction, user, payload=add(6)), "does not verify"),
    ]:
        entry = Entry(bad, block.entries[0].result)
        header = replace(block.header, entries_root=merkle.root([entry.encoded]))
        sealed = SealedHeader(header, ((0, world.key.seal(header.hash)),))
        forged = replace(block, sealed=sealed, entries=(entry,))
        with pytest.raises(BrokenChain, match=match) as verdict:
            verify_ledger(_With(ledger, forged), world.registry)
        assert verdict.value.height == 2


class _With:
    """A ledger with another block in it."""

    def __init__(self, ledger, block):
        self._ledger, self._block = ledger, block

    def block(self, height):
        return self._block if height == self._block.header.height else self._ledger.block(height)

    def __getattr__(self, name):
        return getattr(self._ledger, name)


# --- the genesis ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "policy",
    [
        Member(3),
        AllOf(Member(2), Member(3), Member(4)),
        AnyOf(AllOf(Member(2), Member(4)), OutOf(2, HasRole(Role.OPERATOR), Member(1), Member(0))),
    ],
)
def test_policies_in_the_genesis(tmp_path, policy):
    world = EndorsedWorld(policies={"tally": policy})
    assert Genesis.decode(world.genesis.encoded) == world.genesis
    assert world.genesis.contracts[1].policy == policy
    with world.begin(tmp_path / "x") as ledger:
        user = world.clients(ledger)[0]
        endorsers = world.endorsers(tmp_path / "x")
        assert user.submit_endorsed("tally", "add", add(5), endorsers).result == 5
        with pytest.raises(AuthorizationError):
            user.submit_endorsed("tally", "add", add(5), endorsers[:1])
    world.close()


def test_geneses_with_bad_policies(world):
    accounts, tally, _ = world.genesis.contracts
    with pytest.raises(InvalidInput, match="takes no policy"):
        replace(world.genesis, contracts=(replace(accounts, policy=OWNERS), tally))
    with pytest.raises(InvalidInput, match="not all of them"):
        world.new_genesis(policies={"nothing": OWNERS})
    with pytest.raises(AssayError):
        replace(world.genesis, contracts=(accounts, replace(tally, policy="two of three")))
    assert world.new_genesis(policies={}).chain_id != world.genesis.chain_id


def test_roles_that_may_call_at_all(tmp_path):
    """The channel's say comes before the contracts' and the endorsers'."""
    world = EndorsedWorld()
    genesis = world.new_genesis(callers=frozenset({Role.OPERATOR}))
    assert Genesis.decode(genesis.encoded) == genesis
    with world.begin(tmp_path / "x", genesis) as ledger:
        user, operator = world.clients(ledger)
        endorsers = world.endorsers(tmp_path / "x")
        by_operator = operator.endorsed("tally", "add", add(1), endorsers)
        by_user = replace(by_operator, sender=0, certificate=world.user.certificate.der, counter=1)
        calls = [user.transaction("other", "add", add(1)), endorsed_by(by_user, user, *world.owners)]
        for transaction in calls:
            with pytest.raises(AuthorizationError, match="is a user, which may call no contract of this chain"):
                ledger.submit(transaction)
        with pytest.raises(AuthorizationError, match="may call no contract"):
            user.endorsed("tally", "add", add(1), endorsers)
        assert operator.submit("other", "add", add(1)).result == 1
        assert operator.submit_endorsed("tally", "add", add(1), endorsers).result == 1
        user.submit("accounts", "revoke", world.authority.revocation_list().der)  # which anybody certified may bring
        verify_ledger(ledger, world.registry)
    for bad in ({Role.USER}, ("user",), frozenset({"user"}), None):
        with pytest.raises(InvalidInput):
            replace(genesis, callers=bad)
    world.close()


def test_an_endorser_needs_the_contracts(ledger, world):
    with pytest.raises(AssayError, match="unknown contract"):
        Endorser(ledger, world.owners[0])
