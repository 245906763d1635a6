"""The embedded ledger: the contract of every back end, and what is its own."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from contract.ledger_contract import LedgerContract
from support.ledgers import World, add

from assay.core.errors import (
    AssayError,
    InvalidInput,
    LedgerError,
    NotFound,
    RevokedError,
    StateError,
    SystemFailure,
)
from assay.identity import SealingKey
from assay.ledger import (
    UNAUTHENTICATED,
    ContractRegistry,
    EmbeddedEngine,
    EmbeddedLedger,
    QueueFull,
    Transaction,
    verify_ledger,
)
from assay.ledger.change import Change
from assay.ledger.machine import Execution
from assay.ledger.state import Overlay


class TestEmbedded(LedgerContract):
    @pytest.fixture
    def ledger(self, world, tmp_path):
        with world.embedded(tmp_path / "chain.ledger") as ledger:
            yield ledger

    @pytest.fixture
    def open_ledger(self, world, tmp_path):
        with world.embedded(tmp_path / "open.ledger", world.open_genesis) as ledger:
            yield ledger


@pytest.fixture
def world():
    return World()


@pytest.fixture
def path(world, tmp_path):
    """A chain with one block, closed."""
    path = tmp_path / "chain.ledger"
    with world.embedded(path) as ledger:
        world.clients(ledger)[0].submit("tally", "add", add(5))
    return path


def test_it_survives_closing(world, path):
    with world.reopen(path) as ledger:
        assert world.clients(ledger)[0].submit("tally", "add", add(1)).result == 6
    with EmbeddedLedger(path) as ledger:
        assert ledger.state("tally").get("total") == 6


def test_without_a_key_it_is_for_reading(world, path):
    with EmbeddedLedger(path) as ledger:
        transaction = world.clients(ledger)[0].transaction("tally", "add", add(1))
        with pytest.raises(StateError, match="opened for reading"):
            ledger.submit(transaction)
        assert verify_ledger(ledger, world.registry).height == 1


def test_another_key_is_refused(world, path):
    with pytest.raises(InvalidInput):
        EmbeddedLedger(path, SealingKey.generate(), registry=world.registry)
    with pytest.raises(InvalidInput):
        EmbeddedLedger.create(path.with_name("x"), world.genesis, SealingKey.generate(), registry=world.registry)


def test_an_existing_file_is_never_overwritten(world, path):
    before = path.read_bytes()
    with pytest.raises(StateError, match="exists already"):
        world.embedded(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_unknown_contracts(path, world):
    with pytest.raises(LedgerError, match=r"unknown contract 'test.tally'"):
        EmbeddedLedger(path, world.key, registry=ContractRegistry())


def test_a_contract_of_another_version(path, world):
    from support.ledgers import Tally

    class Tally2(Tally):
        version = 2

    with pytest.raises(LedgerError, match="is here with code"):
        EmbeddedLedger(path, world.key, registry=ContractRegistry([Tally2()]))


def test_closed_is_closed(world, path):
    ledger = world.reopen(path)
    transaction = world.clients(ledger)[0].transaction("tally", "add", add(1))
    ledger.close()
    ledger.close()
    with pytest.raises(StateError, match="closed"):
        ledger.submit(transaction)
    with pytest.raises(StateError, match="closed"):
        ledger.head()


# --- files that are not what they should be --------------------------------------------------------------------------


def test_missing_foreign_and_other_schemas(world, path, tmp_path):
    with pytest.raises(NotFound):
        EmbeddedLedger(tmp_path / "nothing")
    with pytest.raises(NotFound):
        EmbeddedLedger(tmp_path)
    junk = tmp_path / "junk"
    junk.write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerError, match="not an SQLite file"):
        EmbeddedLedger(junk)
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(LedgerError, match="not a ledger"):
        EmbeddedLedger(tmp_path / "empty")
    with sqlite3.connect(tmp_path / "foreign") as foreign:
        foreign.execute("CREATE TABLE blocks (height)")
    with pytest.raises(LedgerError, match="not a ledger"):
        EmbeddedLedger(tmp_path / "foreign")
    for version, match in ((99, "upgrade assay"), (0, "no longer reads")):
        with sqlite3.connect(path) as database:
            database.execute(f"PRAGMA user_version = {version}")
        with pytest.raises(LedgerError, match=match):
            world.reopen(path)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries; END",
        "CREATE TABLE more (x)",
        "CREATE VIEW v AS SELECT 1",
        "DROP TABLE state",
        "ALTER TABLE blocks RENAME TO b; CREATE VIEW blocks AS SELECT * FROM b",
    ],
)
def test_a_file_with_another_schema_inside(world, path, statement):
    """SQLite files can carry programs of their own; such a file is not opened."""
    database = sqlite3.connect(path)
    database.executescript(statement)
    database.close()
    with pytest.raises(LedgerError, match="other tables, views or triggers"):
        world.reopen(path)


def test_an_oversized_row(world, path):
    database = sqlite3.connect(path)
    database.execute("UPDATE entries SET entry = zeroblob(20000000)")
    database.commit()
    database.close()
    with EmbeddedLedger(path) as ledger, pytest.raises(AssayError):
        ledger.block(1)


def test_truncated_file(world, path):
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(size // 2)
    with pytest.raises((SystemFailure, LedgerError)), EmbeddedLedger(path) as ledger:
        verify_ledger(ledger, world.registry)


def test_a_full_disk_changes_nothing(world, path):
    with world.reopen(path) as ledger:
        user = world.clients(ledger)[0]
        writer = ledger._backend._database._writer
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count = {pages}")
        filled = 0
        while filled < 1000:
            transaction = user.transaction("tally", "add", add(1))
            try:
                ledger.submit(transaction)
            except SystemFailure:
                break
            filled += 1
        with pytest.raises(SystemFailure, match="disk is full"):
            ledger.submit(transaction)
        assert ledger.state("tally").get("total") == 5 + filled
        assert ledger.head().header.height == 1 + filled
        writer.execute("PRAGMA max_page_count = 1000000")
        assert ledger.submit(transaction).result == 6 + filled
        verify_ledger(ledger, world.registry)


def in_a_child(work):
    """Run `work` in a forked process; returns its exit status."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_file_and_folder_that_cannot_be_written(world, path):
    """Reading needs no right to write; writing says what is wrong. (As root, the child becomes nobody first.)"""
    folder = path.parent
    for parent in folder.parents:
        if parent.stat().st_uid == os.getuid() and parent.parent != parent:
            parent.chmod(parent.stat().st_mode | 0o055)
    path.chmod(0o444)
    folder.chmod(0o555)

    def work():
        if os.getuid() == 0:
            os.setgroups([])
            os.setuid(65534)
        with EmbeddedLedger(path) as ledger:
            assert ledger.state("tally").get("total") == 5
        with pytest.raises(SystemFailure, match="read-only"), world.reopen(path) as ledger:
            world.clients(ledger)[0].submit("tally", "add", add(1))

    try:
        assert in_a_child(work) == 0
    finally:
        folder.chmod(0o755)
        path.chmod(0o644)


# --- many at once ----------------------------------------------------------------------------------------------------


def test_a_full_queue_says_so(world, path):
    with world.reopen(path, max_queue=3) as ledger:
        user = world.clients(ledger)[0]
        with pytest.raises(QueueFull):
            user.submit_many([("tally", "add", add(1))] * 4)
        assert ledger.state("tally").get("total") == 5
        assert len(user.submit_many([("tally", "add", add(1))] * 3)) == 3


def test_blocks_have_limits(world, path, monkeypatch):
    monkeypatch.setattr("assay.ledger.machine.MAX_BLOCK_ENTRIES", 4)
    with world.reopen(path) as ledger:
        outcomes = world.clients(ledger)[0].submit_many([("tally", "add", add(1))] * 10)
        assert [outcome.height for outcome in outcomes] == [2] * 4 + [3] * 4 + [4] * 2
        assert [outcome.result for outcome in outcomes] == list(range(6, 16))
        verify_ledger(ledger, world.registry)


def test_two_writers_on_one_file(world, path):
    """As two processes would: each finds the other's blocks."""
    with world.reopen(path) as first, world.reopen(path) as second:
        user, operator = world.clients(first)[0], world.clients(second)[1]
        threads = [
            threading.Thread(target=lambda client=client: [client.submit("tally", "add", add(1)) for _ in range(20)])
            for client in (user, operator)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert first.state("tally").get("total") == 45
        assert verify_ledger(second, world.registry).transactions == 41


PROCESS = """
import sys
from pathlib import Path
from assay.identity import SealingKey
from assay.ledger import ContractRegistry, EmbeddedLedger, Transaction
from support.ledgers import Tally

path, sender, clock = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
key = SealingKey.load(path.with_name("seal.pem"))
with EmbeddedLedger(path, key, registry=ContractRegistry([Tally()]), clock=lambda: clock) as ledger:
    for start in range(1, 61, 20):
        records = [Transaction.record(ledger.chain_id, sender, n, bytes([n])) for n in range(start, start + 10)]
        assert [receipt.counter for receipt in ledger.submit_many(records)] == list(range(start, start + 10))
        for n in range(start + 10, start + 20):
            ledger.submit(Transaction.record(ledger.chain_id, sender, n, bytes([n])))
"""


def test_many_processes_and_threads_on_one_file(world, tmp_path):
    """Each process executes on what the others left; a reader in yet another sees every block once, in order."""
    path = tmp_path / "chain.ledger"
    world.key.save(tmp_path / "seal.pem")
    seen, failures = [], []

    def guarded(work, *arguments):
        try:
            work(*arguments)
        except BaseException as failure:
            failures.append(failure)

    def follow():
        for block in reader.subscribe(1, timeout=120):
            assert block.header.height == len(seen) + 1
            seen.append(len(block.entries))
            if sum(seen) == 240:
                return

    def write(counters):
        for n in counters:
            ledger.submit(Transaction.record(ledger.chain_id, senders[3] + n, 1, b""))

    with world.embedded(path, world.open_genesis) as ledger, EmbeddedLedger(path) as reader:
        senders = range(UNAUTHENTICATED, UNAUTHENTICATED + 4)
        processes = [run_python(PROCESS, path, sender, world.clock()) for sender in senders[:3]]
        threads = [threading.Thread(target=guarded, args=[write, range(first, 60, 6)]) for first in range(6)]
        threads.append(threading.Thread(target=guarded, args=[follow]))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(300)
        assert [process.wait(120) for process in processes] == [0, 0, 0]
        assert failures == []
        assert sum(seen) == 240
        assert verify_ledger(ledger, world.registry).transactions == 240
        for sender in senders[:3]:
            payloads = [
                entry.transaction.payload
                for block in ledger.blocks()
                for entry in block.entries
                if entry.transaction.sender == sender
            ]
            assert payloads == [bytes([n]) for n in range(1, 61)]


def run_python(program, *arguments):
    tests = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tests), *filter(None, sys.path)])}
    return subprocess.Popen([sys.executable, "-c", program, *map(str, arguments)], env=environment)


def test_another_handle_leaves_the_locks_alone(world, path):
    """POSIX takes a process's locks away when it closes any descriptor of the file; SQLite alone may open it."""
    with world.reopen(path) as ledger:
        held = locks_on(path)
        assert held
        with EmbeddedLedger(path) as reader, world.reopen(path):
            assert reader.head().header.height == 1
            assert locks_on(path) == held
        assert locks_on(path) == held
        world.clients(ledger)[0].submit("tally", "add", add(1))
        assert path.with_name(path.name + "-wal").exists()


def locks_on(path):
    """What /proc/locks says of this process and file."""
    lines = Path("/proc/locks").read_text().splitlines()
    place = f":{path.stat().st_ino}"
    return [line.split()[1:] for line in lines if line.split()[-3].endswith(place) and str(os.getpid()) in line.split()]


def test_readers_do_not_hold_up_the_writer(world, path):
    """A snapshot that is kept open, and one half read, stand still while blocks go in."""
    with world.reopen(path) as ledger, EmbeddedLedger(path) as reader:
        user = world.clients(ledger)[0]
        with reader.snapshot() as old, ledger.snapshot() as also_old:
            items = reader.state_items()
            next(items)
            for _ in range(20):
                user.submit("tally", "add", add(1))
            assert old.head.header.height == also_old.head.header.height == 1
            assert old.state("tally").get("total") == 5
            assert len(list(items)) > 0
            assert reader.head().header.height == 21
        assert reader.state("tally").get("total") == 25


def test_what_others_wrote_is_never_remembered_wrongly(world, path):
    """Writers in turn, on two handles of one file: each executes on the other's state, counters and accounts."""
    with world.reopen(path) as first, world.reopen(path) as second:
        for turn in range(6):
            ledger = (first, second)[turn % 2]
            for client in world.clients(ledger):
                assert client.submit("tally", "add", add(1)).height == 2 + 2 * turn + (
                    client.credentials is world.operator
                )
            world.clock.turn(1000)
        late = world.clients(first)[0].transaction("tally", "add", add(1))
        world.authority.revoke(0)
        world.clients(second)[1].submit("accounts", "revoke", world.authority.revocation_list().der)
        with pytest.raises(RevokedError):
            first.submit(late)
        verify_ledger(first, world.registry)


def test_after_a_fork_the_child_may_read_only(world, path):
    with world.reopen(path) as ledger:
        transaction = world.clients(ledger)[0].transaction("tally", "add", add(1))

        def work():
            assert ledger.state("tally").get("total") == 5
            with pytest.raises(StateError, match="fork"):
                ledger.submit(transaction)

        assert in_a_child(work) == 0
        assert ledger.submit(transaction).result == 6


def test_ctrl_c_in_a_waiting_submit(world, path):
    """The transaction stays in the queue and is made into a block all the same; sending it again gives its receipt."""
    with world.reopen(path) as ledger, world.reopen(path) as other:
        transaction = world.clients(ledger)[0].transaction("tally", "add", add(1))
        with other._backend.appending():  # nobody gets on meanwhile
            busy = ledger.submit_later(world.clients(ledger)[1].transaction("tally", "add", add(2)))
            here = threading.get_ident()
            threading.Timer(0.2, lambda: signal.pthread_kill(here, signal.SIGINT)).start()
            with pytest.raises(KeyboardInterrupt):
                ledger.submit(transaction)
        assert busy.result(60).counter == 1
        assert ledger.submit(transaction).counter == 2
        assert ledger.state("tally").get("total") == 8


# --- channels --------------------------------------------------------------------------------------------------------


def test_an_engine_holds_isolated_channels(world, tmp_path):
    with EmbeddedEngine(tmp_path, registry=world.registry, clock=world.clock) as engine:
        assert engine.channels() == []
        twin = world.new_genesis("twin")
        with engine.create("one", world.genesis, world.key) as one, engine.create("2-two", twin, world.key) as two:
            transaction = world.clients(one)[0].transaction("tally", "add", add(1))
            one.submit(transaction)
            with pytest.raises(AssayError, match="is for chain"):
                two.submit(transaction)
            assert two.head().header.height == 0
        (tmp_path / "notes.txt").write_text("not a channel")
        (tmp_path / "Other.ledger").write_text("not a channel's name")
        assert engine.channels() == ["2-two", "one"]
        with engine.open("one") as one:
            assert one.state("tally").get("total") == 1
        with pytest.raises(StateError, match="exists already"):
            engine.create("one", twin, world.key)
        with pytest.raises(NotFound):
            engine.open("three")
    with pytest.raises(NotFound):
        EmbeddedEngine(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["", "a" * 65, "A", "a.b", "../a", "a/b", "a\n", "é", "a b", "_", b"a", None])
def test_names_of_channels(world, tmp_path, name):
    engine = EmbeddedEngine(tmp_path)
    with pytest.raises(InvalidInput, match="channel's name"):
        engine.open(name)
    with pytest.raises(InvalidInput, match="channel's name"):
        engine.create(name, world.genesis, world.key)


def test_threads_take_turns_in_appending(world, path):
    """Without a sequencer too: the back end gives the right to append to one thread at a time."""
    with world.reopen(path) as ledger:
        heights = []

        def append():
            for _ in range(20):
                with ledger.backend.appending() as view:
                    nothing = Execution((), Overlay(view.store), {}, ())
                    change = Change.following(view, nothing, world.clock())
                    view.stage(change)
                    view.commit(change.header.sealed(world.genesis, [world.key]))
                    heights.append(change.header.height)

        threads = [threading.Thread(target=append) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(heights) == list(range(2, 62))
        verify_ledger(ledger, world.registry)
