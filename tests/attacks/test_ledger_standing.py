"""What an endorser remembers of accounts never outlives the block that changes them, whoever appended it."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from support.endorsing import EndorsedWorld
from support.identities import SecondKey, enrol
from support.ledgers import add

from assay.core.encoding import encode
from assay.core.errors import AssayError, AuthorizationError, InvalidInput, RevokedError, SignatureError
from assay.identity import Credentials, Role, SigningKey, apply
from assay.ledger import Client, Refused, verify_ledger
from assay.ledger.accounts import ACCOUNTS, publish_payload
from assay.ledger.endorser import Disagreement, Endorsed, Endorser, Proposal, RemoteEndorser, endorse_many
from assay.ledger.standing import StandingAccounts
from assay.ledger.state import MemoryStore
from assay.ledger.transactions import ENDORSED


@pytest.fixture
def world():
    world = EndorsedWorld()
    yield world
    world.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "chain.ledger"


@pytest.fixture(params=["same handle", "other handle"])
def ledgers(request, world, path):
    """The handle that the endorsers read and that user and operator write to, and the one that changes accounts."""
    with world.begin(path) as ledger:
        if request.param == "same handle":
            yield ledger, ledger
        else:
            with world.reopen(path) as other:
                yield ledger, other
        verify_ledger(ledger, world.registry)


@pytest.fixture
def endorsers(world, ledgers):
    """On the very handle that appends, so that they remember accounts from block to block."""
    return [Endorser(ledgers[0], owner, registry=world.registry, clock=world.clock) for owner in world.owners[:2]]


def revoke(world, ledger, credentials):
    world.clock.turn(1000)
    world.authority.revoke(credentials.certificate.index)
    Client(ledger, world.operator, clock=world.clock).submit("accounts", "revoke", revocations(world))


def revocations(world):
    return world.authority.revocation_list().der


def proposal(world, client, payload=None):
    transaction = client.transaction("tally", "add", payload or add(1), type=ENDORSED)
    return Proposal(transaction, client.ledger.head().header.height + 1, world.clock())


def test_a_revoked_sender_is_refused_at_once(world, ledgers, endorsers):
    ledger, other = ledgers
    user, operator = world.clients(ledger)
    for expected in (1, 2, 3):  # remembered by now
        assert user.submit_endorsed("tally", "add", add(1), endorsers).result == expected
    revoke(world, other, world.user)
    for endorser in endorsers:
        with pytest.raises(RevokedError, match="'Ada' is not in force"):
            endorser.endorse(proposal(world, user))
    with pytest.raises(RevokedError, match="'Ada' is not in force"):
        user.submit("other", "add", add(1))
    assert operator.submit_endorsed("tally", "add", add(1), endorsers).result == 4  # a block after it
    for endorser in endorsers:
        with pytest.raises(RevokedError, match="'Ada' is not in force"):
            endorser.endorse(proposal(world, user))


def test_a_replaced_key_counts_at_once(world, ledgers, endorsers):
    ledger, other = ledgers
    user, _ = world.clients(ledger)
    assert user.submit_endorsed("tally", "add", add(1), endorsers).result == 1
    old, call = proposal(world, user), user.transaction("other", "add", add(1))
    endorsers[0].endorse(old)
    key, second = SigningKey.generate(), SecondKey()
    invitation = world.authority.invite_to_rotate("Ada")
    application = apply(invitation, key, second.public, second.sign, old_key=world.user.key)
    newer = Credentials(world.authority.enrol(application), key)
    Client(other, world.operator).submit("accounts", "publish", publish_payload([newer.certificate]))
    for endorser in endorsers:
        with pytest.raises(SignatureError):
            endorser.endorse(old)
    with pytest.raises(SignatureError):
        ledger.submit(call)
    client = Client(ledger, newer, clock=world.clock)
    assert client.submit_endorsed("tally", "add", add(1), endorsers).result == 2


def test_a_list_in_the_same_block_counts(world, ledgers):
    """What the blocks before it had remembered does not count after a transaction that revokes."""
    ledger, _ = ledgers
    user, operator = world.clients(ledger)
    for _ in range(2):
        user.submit("other", "add", add(1))
    late = [user.transaction("other", "add", add(1), counter=3 + n) for n in range(2)]
    world.clock.turn(1000)
    world.authority.revoke(world.user.certificate.index)
    first, second, third = ledger.submit_many(
        [late[0], operator.transaction("accounts", "revoke", revocations(world)), late[1]]
    )
    assert first.height == second.height == 4
    assert isinstance(third, RevokedError)


def test_a_new_account_is_found_at_once(world, ledgers, endorsers):
    """That nobody has an index is remembered no longer than anything else."""
    ledger, other = ledgers
    late = enrol(world.authority, "Late", Role.USER)
    client = Client(ledger, late, clock=world.clock)
    request = proposal(world, client)
    bare = replace(request, transaction=replace(request.transaction, certificate=b"").signed(late.key))
    with pytest.raises(AuthorizationError, match="does not know sender"):
        endorsers[0].endorse(bare)
    Client(other, world.operator).submit("accounts", "publish", publish_payload([late.certificate]))
    endorsers[0].endorse(bare)


def test_a_stale_list_is_refused_by_time(world, ledgers, endorsers):
    ledger, other = ledgers
    user, _ = world.clients(ledger)
    assert user.submit_endorsed("tally", "add", add(1), endorsers).result == 1
    world.clock.turn(8 * 24 * 3600 * 1000)
    with pytest.raises(RevokedError, match="stale"):
        endorsers[0].endorse(proposal(world, user))
    Client(other, world.operator, clock=world.clock).submit("accounts", "revoke", revocations(world))
    assert user.submit_endorsed("tally", "add", add(1), endorsers).result == 2


def test_a_certificate_that_a_proposal_attaches_is_not_remembered(world, ledgers, endorsers):
    """It counts for that proposal; on the chain it is when a block takes it."""
    ledger, _ = ledgers
    late = enrol(world.authority, "Late", Role.USER)
    request = proposal(world, Client(ledger, late, clock=world.clock))
    assert request.transaction.certificate
    endorsers[0].endorse(request)
    bare = replace(request, transaction=replace(request.transaction, certificate=b"").signed(late.key))
    with pytest.raises(AuthorizationError, match="does not know sender"):
        endorsers[0].endorse(bare)


def test_nobody_revoked_is_endorsed_after_the_block(world, ledgers, endorsers):
    """Threads that endorse without a pause, while blocks come and one revokes: nothing begun after it goes through."""
    ledger, other = ledgers
    user, operator = world.clients(ledger)
    user.submit_endorsed("tally", "add", add(1), endorsers)
    request = replace(proposal(world, user), time=world.clock() + 1000)
    begun, revoked, wrong = threading.Event(), threading.Event(), []

    def work(endorser):
        refusals = 0
        while refusals < 20:
            late = revoked.is_set()
            try:
                endorser.endorse(request)
                begun.set()
                refusals += late
                if late:
                    wrong.append(endorser)
            except RevokedError:
                refusals += 1

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(work, endorser) for endorser in endorsers]
        assert begun.wait(60)
        for _ in range(5):
            operator.submit_endorsed("tally", "add", add(1), endorsers)
        revoke(world, other, world.user)
        revoked.set()
        for _ in range(5):
            operator.submit_endorsed("tally", "add", add(1), endorsers)
        for each in running:
            each.result()
    assert not wrong


# --- many at once -----------------------------------------------------------------------------------------------------


def test_each_proposal_is_answered_by_itself(world, ledgers, endorsers):
    ledger, _ = ledgers
    user, operator = world.clients(ledger)
    good = [proposal(world, client) for client in (user, operator)]
    refused = proposal(world, user, add(-1))
    mixed = [good[0], refused, replace(good[0], time=0), good[1]]
    for who in (endorsers, [endorsers[0], RemoteEndorser(endorsers[1].answer)]):
        first, second, third, fourth = endorse_many(mixed, who)
        assert isinstance(second, Refused)
        assert isinstance(third, AssayError)
        assert [first, fourth] == [endorse_many([one], who)[0] for one in good]
    assert ledger.submit(first.signed(world.user.key)).result == 1
    assert endorse_many([], endorsers) == []
    with pytest.raises(InvalidInput):
        endorse_many(good, [])


def test_disagreement_concerns_one_proposal(world, ledgers, endorsers):
    class Liar:
        def endorse_many(self, proposals):
            first, *others = endorsers[0].endorse_many(proposals)
            return [Endorsed(replace(first.effects, writes=()), first.endorsement), *others]

    ledger, _ = ledgers
    user, operator = world.clients(ledger)
    lied, good = endorse_many([proposal(world, user), proposal(world, operator)], [Liar(), endorsers[1]])
    assert isinstance(lied, Disagreement)
    assert ledger.submit(good.signed(world.operator.key)).result == 1


# --- what is remembered, against what is there ------------------------------------------------------------------------


class CountingStore(MemoryStore):
    def __init__(self):
        super().__init__()
        self.loads = 0

    def load(self, space, key):
        self.loads += 1
        return super().load(space, key)


def test_what_is_remembered_is_what_each_state_holds(world):
    """Blocks of this process and of others, told of or not, and states asked for in any order."""
    certificates = [who.certificate for who in (world.user, world.operator, *world.owners)]
    draw = random.Random(5)
    standing, states, spared = StandingAccounts(), [CountingStore()], 0
    for height in range(1, 400):
        state = CountingStore()
        state.write({(space, key): value for space, key, value in contents(states[-1])})
        changed = draw.random() < 0.2
        if changed:
            certificate = draw.choice(certificates)
            value = None if draw.random() < 0.5 else certificate_value(certificate)
            state.write({(ACCOUNTS, f"account/{certificate.index}"): value})
        states.append(state)
        if draw.random() < 0.1:  # seen before whoever appended it says so
            look(standing, height, state, certificates)
        if draw.random() < 0.8:  # else: another process appended it
            standing.appended(height, changed=changed)
        for _ in range(draw.randrange(4)):
            at = height if draw.random() < 0.7 else draw.randrange(max(0, height - 5), height + 1)
            before = states[at].loads
            look(standing, at, states[at], certificates)
            spared += states[at].loads == before
    assert spared > 100


def contents(store):
    return [(ACCOUNTS, key, value) for key, value in store.scan(ACCOUNTS, "")]


def certificate_value(certificate):
    return encode(certificate.der)


def look(standing, height, state, certificates):
    known = standing.at(height, state)
    held = dict(state.scan(ACCOUNTS, ""))
    for certificate in certificates:
        found = known.find(certificate.index)
        assert (found is not None) == (f"account/{certificate.index}" in held)
        assert found is None or found[0] == certificate
