"""What may befall the file of an embedded ledger: a full disk, a file that is not one, of another age, or damaged."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.ledgers import World, add
from support.rounds import repeated
from support.schema_1 import make_schema_1

from assay.core.encoding import encode_record
from assay.core.errors import AssayError, LedgerError, StateError, SystemFailure
from assay.ledger import BrokenChain, Checkpoint, EmbeddedLedger, Receipt, verify_ledger


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def path(world: World, tmp_path: Path) -> Path:
    """A chain with six blocks, closed."""
    path = tmp_path / "chain.ledger"
    with world.embedded(path) as ledger:
        user, operator = world.clients(ledger)
        for amount in range(1, 5):
            user.submit("tally", "add", add(amount))
        operator.submit_many([("tally", "keep", encode_record("tally.keep", 1, f"k{i}")) for i in range(20)])
        user.submit("other", "add", add(7))
    return path


# --- a full disk -----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """`small_disk(KiB)`: a file system of that size, made or resized. It takes root; the other tests of a full disk
    (`PRAGMA max_page_count`, test_ledger_embedded.py) do not."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = False

    def resize(kib: int) -> Path:
        nonlocal mounted
        options = f"size={kib}k" if not mounted else f"remount,size={kib}k"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "assay", folder], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip(f"only who may mount a small disk can fill it: {done.stderr.decode().strip()}")
        mounted = True
        return folder

    yield resize
    if mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


@repeated
def test_a_full_disk_loses_nothing_and_goes_on(world: World, small_disk: Callable[[int], Path], attempt: int) -> None:
    path = small_disk(1024) / "chain.ledger"
    with world.embedded(path) as ledger:
        user, operator = world.clients(ledger)
        acknowledged: list[Receipt] = []

        def fill() -> None:
            while True:
                acknowledged.append(user.submit("tally", "add", add(1)))

        with pytest.raises(SystemFailure, match="disk is full"):
            fill()
        large = [("tally", "keep", encode_record("tally.keep", 1, f"{i:0200}")) for i in range(900)]
        for _ in range(3):  # full it stays, and says so each time
            with pytest.raises(SystemFailure, match="disk is full"):
                operator.submit_many(large)
        assert acknowledged
        assert ledger.state("tally").get("total") == len(acknowledged)  # reads go on
        assert ledger.last_receipt(acknowledged[0].sender) == acknowledged[-1]
        small_disk(8192)
        acknowledged.append(user.submit("tally", "add", add(1)))
        assert ledger.state("tally").get("total") == len(acknowledged)
        verify_ledger(ledger, world.registry)
        blocks = list(ledger.blocks())
        for receipt in acknowledged:
            transaction = blocks[receipt.height].entries[receipt.position].transaction
            assert (transaction.sender, transaction.counter) == (receipt.sender, receipt.counter)
    with world.reopen(path) as ledger:
        assert verify_ledger(ledger, world.registry).transactions == len(acknowledged)


def test_a_disk_too_small_to_begin_on(world: World, small_disk: Callable[[int], Path]) -> None:
    folder = small_disk(8)
    with pytest.raises(SystemFailure):
        world.embedded(folder / "chain.ledger")
    assert list(folder.iterdir()) == []


# --- files that are something else -----------------------------------------------------------------------------------


def text(path: Path) -> None:
    path.write_text("Dear diary\n" * 1000)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def other_sqlite(path: Path) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE blocks (height INTEGER PRIMARY KEY, header BLOB, seals BLOB)")
    database.execute("INSERT INTO blocks VALUES (0, x'00', x'00')")
    database.close()


def newer(path: Path) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA user_version = 3")
    database.execute("CREATE TABLE novelties (x)")
    database.close()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (text, "not an SQLite file"),
        (empty, "not a ledger"),
        (other_sqlite, "not a ledger"),
        (make_schema_1, "schema 1"),
        (newer, "upgrade assay"),
    ],
)
def test_what_is_not_ours_is_left_as_it_was(
    world: World, path: Path, tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    file = folder / "file"
    if make is newer:
        shutil.copy(path, file)
    make(file)
    before = file.read_bytes()
    for open_it in (lambda: EmbeddedLedger(file), lambda: world.reopen(file)):
        with pytest.raises(LedgerError, match=said):
            open_it()
    with pytest.raises(StateError, match="exists already"):
        world.embedded(file)
    assert file.read_bytes() == before
    assert [each.name for each in folder.iterdir()] == ["file"]


# --- damage ----------------------------------------------------------------------------------------------------------


def rows(path: Path) -> list[tuple[str, str, str]]:
    """Every (table, column that is not a key, condition that picks one row) of a ledger file."""
    database = sqlite3.connect(path)
    found = []
    for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall():
        columns = database.execute(f"SELECT name, type, pk FROM pragma_table_info('{table}') ORDER BY cid").fetchall()
        keys = [name for name, _, pk in columns if pk]
        values = [name for name, _, _ in columns if name not in keys]
        names = ", ".join(f"quote({key})" for key in keys) or "1"
        for parts in database.execute(f"SELECT {names} FROM {table}").fetchall():
            where = " AND ".join(f"{key} = {part}" for key, part in zip(keys, parts, strict=False)) or "1"
            found += [(table, column, where) for column in values]
    database.close()
    return found


def flip(value: int | bytes) -> int | bytes:
    """The value with one bit changed."""
    if isinstance(value, int):
        return value ^ 1
    place = random.randrange(len(value))
    return value[:place] + bytes([value[place] ^ 1 << random.randrange(8)]) + value[place + 1 :]


def verdict(path: Path, world: World) -> str:
    """What `verify` says."""
    try:
        with EmbeddedLedger(path) as ledger:
            verify_ledger(ledger, world.registry, chain_id=world.genesis.chain_id)
    except AssayError as error:
        return f"{type(error).__name__}: {error}"
    return "verified"


@repeated
def test_a_flipped_byte_in_each_row_is_found_and_its_block_named(
    world: World, path: Path, tmp_path: Path, attempt: int
) -> None:
    assert verdict(path, world) == "verified"
    heights = {"blocks", "entries"}
    seen = set()
    for table, column, where in rows(path):
        spoiled = tmp_path / "spoiled"
        shutil.copy(path, spoiled)
        database = sqlite3.connect(spoiled, isolation_level=None)
        (value,) = database.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()
        flipped = flip(value)
        database.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (flipped,))
        database.close()
        said = verdict(spoiled, world)
        assert said != "verified", (table, column, where, value, flipped)
        if table in heights:
            height = int(where.split("height = ")[1].split(" ")[0])
            assert f"block {height}:" in said or f"block {height + 1}:" in said, (said, table, column, where)
        seen.add((table, column))
    assert {table for table, _ in seen} == {
        "blocks", "clients", "entries", "genesis", "history", "state", "state_digest",
    }  # fmt: skip


@repeated
@pytest.mark.parametrize("table", ["blocks", "clients", "entries", "genesis", "history", "state", "state_digest"])
def test_a_missing_row_is_found(world: World, path: Path, table: str, attempt: int) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    where = random.choice([row for name, _, row in rows(path) if name == table])
    assert database.execute(f"DELETE FROM {table} WHERE {where}").rowcount == 1
    database.close()
    assert verdict(path, world).startswith(("BrokenChain", "LedgerError", "VerificationError"))


@repeated
def test_damage_anywhere_in_the_file_is_found_or_harmless(
    world: World, path: Path, tmp_path: Path, attempt: int
) -> None:
    """Flipped bits: where the file still verifies, it says the same as before (the bit was in free space)."""
    with EmbeddedLedger(path) as ledger:
        good = list(ledger.blocks())
    image = path.read_bytes()
    found = 0
    for _ in range(150):
        spoiled = tmp_path / "spoiled"
        flipped = bytearray(image)
        flipped[random.randrange(len(image))] ^= 1 << random.randrange(8)
        spoiled.write_bytes(flipped)
        if verdict(spoiled, world) == "verified":
            with EmbeddedLedger(spoiled) as ledger:
                assert list(ledger.blocks()) == good
        else:
            found += 1
        for left in tmp_path.glob("spoiled*"):
            left.unlink()
    assert found > 0


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file(world: World, path: Path, share: float) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(int(size * share) // 512 * 512)
    assert verdict(path, world) != "verified"


def test_a_block_cut_off_the_end_is_missed_by_who_saw_it(world: World, path: Path) -> None:
    """Nothing in a file can say that its end was cut off at a block; a checkpoint can."""
    with EmbeddedLedger(path) as ledger:
        head = ledger.head().header
        seen = Checkpoint(head.height, head.hash)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("DELETE FROM blocks WHERE height = ?", (head.height,))
    database.close()
    with EmbeddedLedger(path) as ledger, pytest.raises(BrokenChain, match=f"block {head.height}: missing"):
        verify_ledger(ledger, world.registry, checkpoint=seen)


@pytest.mark.parametrize("name", [b"TABLE blocks", b"TABLE state_digest", b"header BLOB"])
def test_a_schema_that_is_no_text(world: World, path: Path, name: bytes) -> None:
    """The file's own description of its tables is spoiled: said, in our words."""
    image = path.read_bytes()
    assert name in image
    path.write_bytes(image.replace(name, name[:-1] + b"\xff"))
    assert verdict(path, world).startswith(("LedgerError", "SystemFailure"))


@pytest.mark.parametrize(
    "change", ["key = CAST(key AS TEXT)", "value = CAST(value AS TEXT)", "space = CAST(space AS BLOB)"]
)
def test_a_value_of_another_type_is_found(world: World, path: Path, change: str) -> None:
    """One bit of a row tells bytes from text."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(f"UPDATE state SET {change} WHERE space = 'tally' AND key = x'746f74616c'")
    database.close()
    assert verdict(path, world).startswith(("BrokenChain", "SystemFailure"))
