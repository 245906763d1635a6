"""What every back end of the ledger does. A back end's test module derives from `LedgerContract` and gives `ledger`."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from support.identities import enrol
from support.ledgers import World, add

from assay.core.encoding import encode_record
from assay.core.errors import (
    AssayError,
    AuthorizationError,
    EncodingError,
    LimitError,
    NotFound,
    ProofError,
    RevokedError,
    SignatureError,
    StateError,
    VerificationError,
    WrongType,
)
from assay.identity import Role, SigningKey
from assay.identity.authority import DAY
from assay.ledger import (
    UNAUTHENTICATED,
    Client,
    ContractFault,
    EmbeddedLedger,
    Endorser,
    ExtensionProof,
    HistoryProof,
    InclusionProof,
    Refused,
    Replica,
    StaleRead,
    Transaction,
    UsedCounter,
    verify_ledger,
)
from assay.ledger.accounts import publish_payload
from assay.ledger.embedded.ledger import EmbeddedBackend
from assay.ledger.machine import Machine


class LedgerContract:
    """Subclasses provide the fixtures `ledger`, an empty chain of `world.genesis` under `world.clock`, and
    `open_ledger`, one of `world.open_genesis`.
    """

    @pytest.fixture
    def world(self):
        return World()

    @pytest.fixture
    def user(self, world, ledger):
        return Client(ledger, world.user)

    @pytest.fixture
    def operator(self, world, ledger):
        return Client(ledger, world.operator)

    @pytest.fixture
    def replica(self, world, tmp_path):
        """A `Replica` of the chain of `ledger` at block 0, and a `Ledger` to read it."""
        path = tmp_path / "replica.ledger"
        world.embedded(path).close()
        with EmbeddedBackend(path, writable=True) as backend, EmbeddedLedger(path) as copy:
            yield Replica(backend, Machine(world.genesis, world.registry)), copy

    @pytest.fixture
    def refused(self, ledger, world):
        """`refused(transaction, error)`: it raises, and nothing changed."""

        def check(transaction, error, match=None):
            before = (ledger.head(), sorted(ledger.state_items()))
            with pytest.raises(error, match=match):
                ledger.submit(transaction)
            assert (ledger.head(), sorted(ledger.state_items())) == before

        return check

    # --- the chain ----------------------------------------------------------------------------------------------------

    def test_a_new_chain(self, ledger, world):
        assert ledger.chain_id == world.genesis.chain_id
        assert ledger.head().header.height == 0
        assert ledger.block(0).entries == ()
        assert ledger.state("tally").get("total") == 0
        assert ledger.next_counter(0) == 1
        assert ledger.last_receipt(0) is None

    def test_submit_executes_and_chains(self, ledger, user, operator):
        receipt = user.submit("tally", "add", add(5))
        assert (receipt.height, receipt.position, receipt.counter, receipt.result) == (1, 0, 1, 5)
        assert operator.submit("tally", "add", add(2)).result == 7
        assert ledger.state("tally").get("total") == 7
        assert ledger.state("other").get("total") == 0
        blocks = list(ledger.blocks())
        assert [block.header.height for block in blocks] == [0, 1, 2]
        for before, after in itertools.pairwise(blocks):
            assert after.header.previous == before.header.hash
        assert list(ledger.blocks(1, 2)) == blocks[1:2]

    def test_many_in_one_go(self, ledger, user):
        outcomes = user.submit_many([("tally", "add", add(n)) for n in range(1, 6)])
        assert [outcome.result for outcome in outcomes] == [1, 3, 6, 10, 15]
        assert len({outcome.height for outcome in outcomes}) == 1
        assert [outcome.position for outcome in outcomes] == [0, 1, 2, 3, 4]

    def test_a_refusal_in_the_middle_leaves_the_others(self, ledger, user, operator):
        good, other = user.transaction("tally", "add", add(1)), operator.transaction("tally", "add", add(2))
        bad = replace(good, counter=2).signed(SigningKey.generate())
        first, second, third = ledger.submit_many([good, bad, other])
        assert (first.result, third.result) == (1, 3)
        assert isinstance(second, SignatureError)
        assert (third.height, third.position) == (1, 1)

    def test_nothing_is_sealed_when_all_is_refused(self, ledger, user):
        (outcome,) = user.submit_many([("tally", "add", add(0))])
        assert isinstance(outcome, Refused)
        assert ledger.head().header.height == 0

    def test_unknown_heights_and_contracts(self, ledger):
        for height in (-1, 1, 1 << 40):
            with pytest.raises(NotFound):
                ledger.block(height)
        with pytest.raises(NotFound):
            ledger.state("nothing")

    def test_block_time_never_goes_back(self, ledger, user, world):
        user.submit("tally", "add", add(1))
        world.clock.turn(-5000)
        user.submit("tally", "add", add(1))
        assert ledger.block(2).header.time == ledger.block(1).header.time

    def test_it_verifies(self, ledger, user, operator, world):
        user.submit("tally", "add", add(5))
        operator.submit("tally", "keep", encode_record("tally.keep", 1, "a"))
        operator.submit("tally", "reset", b"")
        report = verify_ledger(ledger, world.registry, chain_id=world.genesis.chain_id)
        assert (report.height, report.transactions) == (3, 3)
        assert report.hash == ledger.head().header.hash

    # --- identity of transactions -------------------------------------------------------------------------------------

    def test_a_retry_gets_the_same_receipt(self, ledger, user):
        transaction = user.transaction("tally", "add", add(5))
        receipt = ledger.submit(transaction)
        assert ledger.submit(transaction) == receipt == ledger.last_receipt(0)
        assert ledger.submit(Transaction.decode(transaction.encoded)) == receipt
        assert ledger.state("tally").get("total") == 5
        assert ledger.head().header.height == 1

    def test_a_retry_within_one_go(self, ledger, user):
        transaction = user.transaction("tally", "add", add(5))
        first, second = ledger.submit_many([transaction, transaction])
        assert first == second
        assert ledger.state("tally").get("total") == 5

    def test_used_and_skipped_counters(self, ledger, user, refused):
        user.submit("tally", "add", add(1))
        user.submit("tally", "add", add(2))
        for counter in (1, 2, 4):
            refused(user.transaction("tally", "add", add(7), counter=counter), UsedCounter, "3 is the next")

    def test_a_refused_transaction_uses_no_counter(self, ledger, user, refused):
        refused(user.transaction("tally", "add", add(-1)), Refused)
        assert user.submit("tally", "add", add(1)).counter == 1

    # --- who may do what ----------------------------------------------------------------------------------------------

    def test_the_role_is_checked(self, user, operator, refused):
        refused(user.transaction("tally", "reset", b""), AuthorizationError, "is a user and may not")
        operator.submit("tally", "reset", b"")

    def test_an_unknown_sender_attaches_its_certificate_once(self, ledger, user, refused):
        bare = user.transaction("tally", "add", add(1))
        refused(replace(bare, certificate=b"").signed(user.credentials.key), AuthorizationError, "attach")
        user.submit("tally", "add", add(1))
        assert user.transaction("tally", "add", add(1)).certificate == b""
        assert user.submit("tally", "add", add(1)).result == 2

    def test_forged_signatures(self, user, refused):
        transaction = user.transaction("tally", "add", add(1))
        refused(replace(transaction, payload=add(2)), SignatureError)
        refused(replace(transaction, contract="other"), SignatureError)
        refused(replace(transaction, signature=b""), SignatureError)
        refused(transaction.signed(SigningKey.generate()), SignatureError)

    def test_a_certificate_of_somebody_else(self, user, operator, refused):
        stolen = replace(user.transaction("tally", "add", add(1)), certificate=operator.credentials.certificate.der)
        refused(stolen.signed(user.credentials.key), AuthorizationError)
        impostor = replace(stolen, sender=operator.credentials.certificate.index)
        refused(impostor.signed(user.credentials.key), SignatureError)

    def test_a_certificate_of_another_authority(self, ledger, refused):
        other = World()
        refused(Client(ledger, other.user).transaction("tally", "add", add(1)), SignatureError)

    def test_a_transaction_for_another_chain(self, ledger, user, world, refused):
        elsewhere = replace(user.transaction("tally", "add", add(1)), chain_id=world.new_genesis("twin").chain_id)
        refused(elsewhere.signed(user.credentials.key), VerificationError, "is for chain")

    def test_a_revoked_sender(self, ledger, user, operator, world, refused):
        user.submit("tally", "add", add(1))
        world.clock.turn(5000)
        world.authority.revoke(0)
        operator.submit("accounts", "revoke", world.authority.revocation_list().der)
        refused(user.transaction("tally", "add", add(1)), RevokedError)
        who = operator.submit("tally", "who", encode_record("tally.who", 1, 0))
        assert who.result == (0, "user", False)

    def test_a_sender_revoked_before_it_was_known(self, user, operator, world, refused):
        world.authority.revoke(0)
        operator.submit("accounts", "revoke", world.authority.revocation_list().der)
        refused(user.transaction("tally", "add", add(1)), RevokedError)

    def test_an_expired_sender(self, ledger, world, operator, refused):
        brief = Client(ledger, enrol(world.authority, "Bob", Role.USER, valid_for=2 * DAY))
        brief.submit("tally", "add", add(1))
        world.clock.turn(2 * DAY + 1000)
        refused(brief.transaction("tally", "add", add(1)), RevokedError)

    def test_a_stale_revocation_list_stops_all_but_a_newer_one(self, user, operator, world, refused):
        user.submit("tally", "add", add(1))
        world.clock.turn(8 * DAY)
        refused(user.transaction("tally", "add", add(1)), RevokedError, "stale")
        operator.submit("accounts", "revoke", world.authority.revocation_list().der)
        assert user.submit("tally", "add", add(1)).result == 2

    def test_old_shrunken_and_forged_revocation_lists(self, user, operator, world, refused):
        old = world.authority.revocation_list().der
        enrol(world.authority, "Bob", Role.USER)
        world.authority.revoke(2)
        operator.submit("accounts", "revoke", world.authority.revocation_list().der)
        refused(user.transaction("accounts", "revoke", old), Refused, "not newer")
        other = World()
        for _ in range(9):
            forged = other.authority.revocation_list().der
        refused(user.transaction("accounts", "revoke", forged), SignatureError)
        refused(user.transaction("accounts", "revoke", b"junk"), EncodingError)

    def test_rotated_keys(self, ledger, user, world, refused):
        from support.identities import SecondKey

        from assay.identity import Credentials, apply

        user.submit("tally", "add", add(1))
        late = user.transaction("tally", "add", add(1))
        key, second = SigningKey.generate(), SecondKey()
        application = apply(
            world.authority.invite_to_rotate("Ada"), key, second.public, second.sign, old_key=world.user.key
        )
        rotated = Client(ledger, Credentials(world.authority.enrol(application), key))
        assert rotated.submit("tally", "add", add(1)).counter == 2
        refused(replace(late, counter=3).signed(world.user.key), SignatureError)
        again = replace(late, counter=3, certificate=world.user.certificate.der)
        refused(again.signed(world.user.key), RevokedError, "superseded")
        with pytest.raises(RevokedError, match="superseded"):  # not that its signature is wrong
            user.submit("tally", "add", add(1))

    def test_several_clients_of_one_identity(self, ledger, user, world):
        """Calls that are alike are not one call: each has the next counter, whoever made the last one."""
        other = Client(ledger, world.user)
        receipts = [client.submit("tally", "add", add(1)) for client in (user, other, other, user, user, other)]
        assert [(receipt.counter, receipt.result) for receipt in receipts] == [(n, n) for n in range(1, 7)]
        assert Client(ledger, world.user).submit("tally", "add", add(1)).result == 7
        assert len(user.submit_many([("tally", "add", add(1))] * 3)) == 3
        assert other.submit("tally", "add", add(1)).result == 11

    def test_one_client_in_threads(self, ledger, user):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: user.submit("tally", "add", add(1)), range(12)))
        assert ledger.state("tally").get("total") == 12

    def test_published_certificates_are_known(self, ledger, operator, world):
        ask = encode_record("tally.who", 1, 0)
        assert operator.submit("tally", "who", ask).result is None
        operator.submit("accounts", "publish", publish_payload([world.user.certificate]))
        assert operator.submit("tally", "who", ask).result == (0, "user", True)

    # --- endorsed calls -----------------------------------------------------------------------------------------------

    def test_endorsed_calls(self, world, open_ledger):
        user, operator = world.clients(open_ledger)
        operator.submit("accounts", "publish", publish_payload([world.user.certificate]))
        endorsers = [
            Endorser(open_ledger, who, registry=world.registry, clock=world.clock)
            for who in (world.user, world.operator)
        ]
        assert user.submit_endorsed("other", "add", add(5), endorsers).result == 5
        first, second = (client.endorsed("other", "add", add(1), endorsers) for client in (user, operator))
        outcomes = open_ledger.submit_many([first, second])
        assert outcomes[0].result == 6
        assert isinstance(outcomes[1], StaleRead)
        for bad, error in [
            (second, StaleRead),
            (user.transaction("other", "add", add(1)), AuthorizationError),
            (user.endorsed("other", "add", add(1), endorsers[:1]), AuthorizationError),
            (replace(user.endorsed("other", "add", add(1), endorsers), effects=second.effects), SignatureError),
        ]:
            with pytest.raises(error):
                open_ledger.submit(bad)
        assert operator.submit_endorsed("other", "add", add(1), endorsers).result == 7
        assert open_ledger.state("other").get("total") == 7
        assert verify_ledger(open_ledger, world.registry).transactions == 4

    # --- contracts ----------------------------------------------------------------------------------------------------

    def test_refusals_and_bugs_leave_no_trace(self, user, refused):
        refused(user.transaction("tally", "write_then_refuse", b""), Refused, "as asked")
        refused(user.transaction("tally", "write_then_fail", b""), ContractFault, "ZeroDivisionError")
        refused(user.transaction("tally", "unencodable", b""), WrongType)
        refused(user.transaction("tally", "add", b"junk"), EncodingError)

    def test_unknown_contract_and_method(self, user, refused):
        refused(user.transaction("nothing", "add", b""), NotFound)
        refused(user.transaction("ledger", "add", b""), NotFound)
        refused(user.transaction("tally", "steal", b""), NotFound)

    def test_state_is_listed_in_order(self, ledger, operator):
        for key in ("b", "a", "é", "~", "aa"):
            operator.submit("tally", "keep", encode_record("tally.keep", 1, key))
        keys = [key for key, _ in ledger.state("tally").items("kept/")]
        assert keys == ["kept/a", "kept/aa", "kept/b", "kept/~", "kept/é"]
        operator.submit("tally", "reset", b"")
        assert list(ledger.state("tally").items("kept/")) == []

    def test_a_snapshot_stands_still(self, ledger, user):
        user.submit("tally", "add", add(1))
        with ledger.snapshot() as snapshot:
            user.submit("tally", "add", add(1))
            assert (snapshot.state("tally").get("total"), snapshot.head.header.height) == (1, 1)
            assert ledger.state("tally").get("total") == 2

    # --- records ------------------------------------------------------------------------------------------------------

    def record(self, person, ledger, counter, payload):
        certificate = person.certificate
        der = certificate.der if counter == 1 else b""
        return Transaction.record(ledger.chain_id, certificate.index, counter, payload, der).signed(person.key)

    def test_records_are_kept_in_order(self, ledger, world):
        before = ledger.head().header.state_digest
        receipts = ledger.submit_many([self.record(world.operator, ledger, n, bytes([n])) for n in range(2, 5)])
        assert all(isinstance(receipt, AuthorizationError) for receipt in receipts)  # the chain does not know it yet
        receipts = ledger.submit_many([self.record(world.operator, ledger, n, bytes([n])) for n in range(1, 5)])
        assert [(receipt.height, receipt.position, receipt.result) for receipt in receipts] == [
            (1, position, None) for position in range(4)
        ]
        assert [entry.transaction.payload for entry in ledger.block(1).entries] == [b"\1", b"\2", b"\3", b"\4"]
        assert ledger.head().header.state_digest != before  # the certificate alone
        known = ledger.head().header.state_digest
        assert ledger.submit(self.record(world.operator, ledger, 5, b"")).counter == 5
        assert ledger.head().header.state_digest == known
        assert verify_ledger(ledger, world.registry).transactions == 5

    def test_a_record_needs_leave(self, world, ledger, refused):
        refused(self.record(world.user, ledger, 1, b"x"), AuthorizationError, "may not append records")

    def test_a_record_needs_its_signature(self, world, ledger, refused):
        record = self.record(world.operator, ledger, 1, b"x")
        refused(replace(record, payload=b"y"), SignatureError)
        refused(replace(record, signature=b""), SignatureError)
        refused(record.signed(world.user.key), SignatureError)

    def test_nobody_in_particular_needs_leave(self, ledger, refused):
        refused(Transaction.record(ledger.chain_id, UNAUTHENTICATED, 1, b"x"), AuthorizationError, "nobody in particu")

    def test_unauthenticated_records(self, world, open_ledger, ledger):
        first, second = UNAUTHENTICATED, (1 << 63) - 1
        batch = [
            Transaction.record(open_ledger.chain_id, sender, n, bytes([n]))
            for n in (1, 2)
            for sender in (first, second)
        ]
        receipts = open_ledger.submit_many(batch)
        assert [receipt.position for receipt in receipts] == [0, 1, 2, 3]
        assert open_ledger.submit_many(batch[2:]) == receipts[2:]
        assert open_ledger.last_receipt(second) == receipts[3]
        assert open_ledger.next_counter(first) == 3
        assert open_ledger.submit(self.record(world.user, open_ledger, 1, b"signed")).height == 2
        for bad, error in [
            (replace(batch[0], payload=b"other"), UsedCounter),
            (replace(batch[0], counter=9), UsedCounter),
            (replace(batch[0], counter=3, sender=0), SignatureError),
            (replace(batch[0], counter=3, signature=b"x"), EncodingError),
            (replace(batch[0], counter=3, certificate=b"x"), EncodingError),
            (replace(batch[0], counter=3, type="call"), EncodingError),
            (replace(batch[0], counter=3, chain_id=ledger.chain_id), VerificationError),
            (replace(batch[0], counter=3, sender=1 << 63), EncodingError),
        ]:
            with pytest.raises(error):
                open_ledger.submit(bad)
        assert verify_ledger(open_ledger, world.registry).transactions == 5

    @pytest.mark.parametrize(
        "change",
        [
            {"type": "record"},
            {"type": "recall"},
            {"type": b"call"},
            {"effects": b"x"},
            {"endorsements": b"x"},
            {"type": "record", "contract": "", "method": "", "effects": b"x"},
        ],
    )
    def test_fields_that_the_type_does_not_use(self, user, refused, change):
        transaction = replace(user.transaction("tally", "add", add(1)), **change)
        refused(transaction.signed(user.credentials.key), EncodingError)

    # --- later --------------------------------------------------------------------------------------------------------

    def test_submit_later(self, ledger, user):
        transactions = [user.transaction("tally", "add", add(n), counter=n) for n in range(1, 41)]
        futures = [ledger.submit_later(transaction) for transaction in transactions]
        receipts = [future.result(60) for future in futures]
        assert [receipt.counter for receipt in receipts] == list(range(1, 41))
        assert receipts[-1].result == 820
        assert ledger.submit_later(transactions[-1]).result(60) == receipts[-1]
        with pytest.raises(UsedCounter):
            ledger.submit_later(transactions[6]).result(60)

    def test_a_future_goes_on_from_its_callback(self, ledger, user):
        """A closed loop without a thread: each receipt sends the next transaction."""
        done = threading.Event()

        def go_on(future):
            if future.result().counter < 20:
                send(future.result().counter + 1)
            else:
                done.set()

        def send(counter):
            transaction = user.transaction("tally", "add", add(1), counter=counter)
            ledger.submit_later(transaction).add_done_callback(go_on)

        send(1)
        assert done.wait(60)
        assert ledger.state("tally").get("total") == 20

    # --- following ----------------------------------------------------------------------------------------------------

    def test_a_subscription_waits_for_blocks(self, ledger, user):
        seen, ended = [], threading.Event()

        def follow():
            seen.extend(block.header.height for block in ledger.subscribe(1, stop=stop))
            ended.set()

        stop = threading.Event()
        threading.Thread(target=follow).start()
        for _ in range(3):
            user.submit("tally", "add", add(1))
        for _ in range(30_000):
            if len(seen) == 3 or ended.wait(0.01):
                break
        stop.set()
        assert ended.wait(60)
        assert seen == [1, 2, 3]

    def test_a_subscription_reads_what_is_there_and_times_out(self, ledger, user):
        for _ in range(3):
            user.submit("tally", "add", add(1))
        assert list(ledger.subscribe(2, timeout=0)) == [ledger.block(2), ledger.block(3)]
        assert list(ledger.subscribe(9, timeout=0.05)) == []
        with pytest.raises(AssayError):
            ledger.subscribe(-1)

    def test_closing_ends_subscriptions(self, ledger):
        seen = []
        follower = threading.Thread(target=lambda: seen.extend(ledger.subscribe()))
        follower.start()
        while not seen:
            follower.join(0.01)
        ledger.close()
        follower.join(60)
        assert not follower.is_alive()
        assert len(seen) == 1

    def test_closing_settles_whoever_waits(self, ledger, user):
        futures = [ledger.submit_later(user.transaction("tally", "add", add(1), counter=n)) for n in range(1, 200)]
        ledger.close()
        outcomes = [future.exception(60) for future in futures]
        assert all(outcome is None or isinstance(outcome, StateError) for outcome in outcomes)
        taken = sum(outcome is None for outcome in outcomes)
        assert all(outcome is None for outcome in outcomes[:taken])
        with pytest.raises(StateError):
            user.ledger.submit_later(Transaction.record(bytes(32), 0, 1, b""))

    def test_closing_from_a_callback(self, ledger, user):
        closed = threading.Event()

        def close(future):
            ledger.close()
            closed.set()

        transaction = user.transaction("tally", "add", add(1))
        ledger.submit_later(transaction).add_done_callback(close)
        assert closed.wait(60)

    # --- replicas -----------------------------------------------------------------------------------------------------

    def test_a_replica_follows(self, ledger, user, operator, world, replica):
        user.submit("tally", "add", add(5))
        operator.submit("tally", "keep", encode_record("tally.keep", 1, "a"))
        ledger.submit_many([self.record(world.operator, ledger, 2, b"x"), user.transaction("tally", "add", add(2))])
        follower, copy = replica
        blocks = list(ledger.blocks(1))
        with pytest.raises(VerificationError, match="where block 1 is due"):
            follower.apply(blocks[1])
        for block in blocks:
            follower.apply(block)
            assert copy.head() == block.sealed
        assert sorted(copy.state_items()) == sorted(ledger.state_items())
        assert list(copy.client_items()) == list(ledger.client_items())
        assert list(copy.history_nodes()) == list(ledger.history_nodes())
        assert verify_ledger(copy, world.registry) == verify_ledger(ledger, world.registry)
        with pytest.raises(VerificationError):
            follower.apply(blocks[-1])

    def test_a_replica_refuses_what_does_not_follow(self, ledger, user, world, replica):
        user.submit_many([("tally", "add", add(5)), ("tally", "add", add(6))])
        follower, copy = replica
        block = ledger.block(1)
        header = block.header
        forgeries = [
            {"state_digest": bytes(32)},
            {"history_root": bytes(32)},
            {"entries_root": bytes(32)},
            {"previous": bytes(32)},
            {"time": header.time - 1},
            {"count": 1},
        ]
        for changes in forgeries:
            sealed = replace(header, **changes).sealed(world.genesis, [world.key])
            with pytest.raises(VerificationError):
                follower.apply(replace(block, sealed=sealed))
        with pytest.raises(SignatureError):
            follower.apply(replace(block, sealed=replace(block.sealed, seals=())))
        assert copy.head().header.height == 0
        follower.apply(block)
        assert copy.head() == ledger.head()

    # --- limits and misuse --------------------------------------------------------------------------------------------

    def test_oversized_transactions(self, user, ledger):
        with pytest.raises(LimitError):
            ledger.submit(user.transaction("tally", "add", bytes(1 << 20)))
        assert ledger.head().header.height == 0

    @pytest.mark.parametrize(
        "change",
        [{"sender": -1}, {"sender": "0"}, {"counter": 0}, {"counter": 1 << 64}, {"chain_id": b""}, {"payload": ""}],
    )
    def test_malformed_transactions(self, user, refused, change):
        transaction = replace(user.transaction("tally", "add", add(1)), **change)
        refused(transaction.signed(user.credentials.key), AssayError)

    # --- proofs -------------------------------------------------------------------------------------------------------

    def test_inclusion_without_the_ledger(self, ledger, user, world):
        user.submit_many([("tally", "add", add(n)) for n in range(1, 8)])
        for position in range(7):
            proof = InclusionProof.decode(ledger.prove(1, position).encode())
            proof.verify(world.genesis)
            assert proof.entry == ledger.block(1).entries[position]

    def test_bad_inclusion_proofs(self, ledger, user, world):
        user.submit_many([("tally", "add", add(n)) for n in range(1, 8)])
        user.submit("tally", "add", add(1))
        proof, other = ledger.prove(1, 3), ledger.prove(1, 4)
        for bad in [
            replace(proof, entry=other.entry),
            replace(proof, entry=replace(proof.entry, result=b"\x01\x00")),
            replace(proof, position=2),
            replace(proof, position=7),
            replace(proof, position=-1),
            replace(proof, path=proof.path[:-1]),
            replace(proof, path=(*proof.path, bytes(32))),
            replace(proof, path=proof.path[::-1]),
            replace(proof, sealed=ledger.head()),
            replace(proof, sealed=replace(proof.sealed, seals=())),
            replace(proof, sealed=replace(proof.sealed, seals=ledger.head().seals)),
            replace(proof, sealed=replace(proof.sealed, seals=proof.sealed.seals * 2)),
            replace(proof, sealed=replace(proof.sealed, seals=((1, proof.sealed.seals[0][1]),))),
        ]:
            with pytest.raises(VerificationError):
                bad.verify(world.genesis)
        with pytest.raises(VerificationError):
            proof.verify(world.new_genesis("twin"))
        for end in range(0, len(proof.encode()), 11):
            with pytest.raises(EncodingError):
                InclusionProof.decode(proof.encode()[:end])

    def test_one_header_proves_all_before_it(self, ledger, user, world):
        for _ in range(6):
            user.submit("tally", "add", add(1))
        for height in range(6):
            proof = HistoryProof.decode(ledger.prove_history(height).encode())
            proof.verify(world.genesis, ledger.block(height).header.hash)
            assert (proof.height, proof.sealed) == (height, ledger.head())
            for bad in (bytes(32), ledger.block((height + 1) % 6).header.hash, ledger.head().header.hash):
                with pytest.raises(ProofError):
                    proof.verify(world.genesis, bad)
            with pytest.raises(VerificationError):
                proof.verify(world.new_genesis("twin"), ledger.block(height).header.hash)
            with pytest.raises(ProofError):
                replace(proof, sealed=ledger.block(4).sealed).verify(world.genesis, ledger.block(height).header.hash)
        for height in (-1, 6, 7):
            with pytest.raises(NotFound):
                ledger.prove_history(height)

    def test_newer_heads_follow_from_older_ones(self, ledger, user, world):
        for _ in range(6):
            user.submit("tally", "add", add(1))
        for new in range(7):
            for old in range(new + 1):
                proof = ExtensionProof.decode(ledger.prove_consistency(old, new).encode())
                proof.verify(world.genesis)
                assert (proof.old, proof.new) == (ledger.block(old).sealed, ledger.block(new).sealed)
        proof = ledger.prove_consistency(3)
        assert proof.new == ledger.head()
        for bad in [
            replace(proof, old=ledger.block(2).sealed),
            replace(proof, new=ledger.block(5).sealed),
            replace(proof, old=proof.new, new=proof.old),
            replace(proof, inclusion=None),
            replace(proof, inclusion=ledger.prove_consistency(2).inclusion),
            replace(proof, consistency=ledger.prove_consistency(2).consistency),
            replace(proof, old=replace(proof.old, seals=())),
        ]:
            with pytest.raises(VerificationError):
                bad.verify(world.genesis)
        for old, new in ((-1, 2), (3, 2), (0, 7), (7, None)):
            with pytest.raises(NotFound):
                ledger.prove_consistency(old, new)

    def test_a_fork_shows(self, ledger, user, world):
        """The same signer's other block of the same height follows from nothing that was seen."""
        for _ in range(4):
            user.submit("tally", "add", add(1))
        seen = ledger.block(2)
        other = replace(seen.header, time=seen.header.time + 1).sealed(world.genesis, [world.key])
        proof = ledger.prove_consistency(2)
        with pytest.raises(ProofError):
            replace(proof, old=other).verify(world.genesis)
        same = ledger.prove_consistency(2, 2)
        with pytest.raises(ProofError, match="forked"):
            replace(same, old=other).verify(world.genesis)

    # --- threads ------------------------------------------------------------------------------------------------------

    def test_many_threads(self, ledger, world):
        people = [Client(ledger, enrol(world.authority, f"thread {i}", Role.USER)) for i in range(6)]
        failures, seen = [], []

        def write(client):
            try:
                for _ in range(10):
                    client.submit("tally", "add", add(1))
            except BaseException as failure:
                failures.append(failure)

        def read():
            try:
                while len(seen) < 50:
                    seen.append(ledger.state("tally").get("total"))
                    with ledger.snapshot() as snapshot:
                        height = snapshot.head.header.height
                        assert (height == 0) == (snapshot.state("tally").get("total") == 0)
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=write, args=[client]) for client in people]
        threads.append(threading.Thread(target=read))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert seen == sorted(seen)
        assert ledger.state("tally").get("total") == 60
        assert verify_ledger(ledger, world.registry).transactions == 60
