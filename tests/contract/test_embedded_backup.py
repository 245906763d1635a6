"""Backup, restore, export: copies of a ledger are the ledger, and nothing else passes for one."""

from __future__ import annotations

import io
import json
import random
import sqlite3
import struct
import threading
from pathlib import Path

import pytest
from support.ledgers import World, add

from assay.core.encoding import encode_record
from assay.core.errors import AssayError, EncodingError, LedgerError, LimitError, NotFound, StateError
from assay.ledger import BrokenChain, Checkpoint, ContractRegistry, EmbeddedLedger, verify_ledger
from assay.ledger.embedded import backup as copies
from assay.ledger.embedded.backup import backup, restore, restore_export
from assay.ledger.export import MAGIC, ExportReader, export, write_json_lines


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def path(world: World, tmp_path: Path) -> Path:
    path = tmp_path / "chain.ledger"
    with world.embedded(path) as ledger:
        user, operator = world.clients(ledger)
        user.submit_many([("tally", "add", add(n)) for n in range(1, 40)])
        operator.submit("tally", "keep", encode_record("tally.keep", 1, "k"))
        user.submit("other", "add", add(3))
    return path


def exported(path: Path) -> bytes:
    out = io.BytesIO()
    with EmbeddedLedger(path) as ledger:
        export(ledger, out)
    return out.getvalue()


def same(one: Path, other: Path) -> bool:
    with EmbeddedLedger(one) as a, EmbeddedLedger(other) as b:
        equal = list(a.blocks()) == list(b.blocks()) and list(a.state_items()) == list(b.state_items())
        return equal and list(a.client_items()) == list(b.client_items())


def files(folder: Path) -> list[str]:
    """Names of the files, apart from the logs that reading leaves."""
    return sorted(each.name for each in folder.iterdir() if not each.name.endswith(("-wal", "-shm")))


# --- backup and restore ----------------------------------------------------------------------------------------------


def test_a_backup_is_a_ledger(world: World, path: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.ledger"
    head = backup(path, target)
    assert same(path, target)
    with EmbeddedLedger(target) as copied:
        assert copied.head() == head
    report = restore(target, tmp_path / "restored.ledger", world.registry, chain_id=world.genesis.chain_id)
    assert (report.height, report.hash, report.transactions) == (head.header.height, head.header.hash, 41)
    assert same(path, tmp_path / "restored.ledger")
    with world.reopen(tmp_path / "restored.ledger") as ledger:
        world.clients(ledger)[0].submit("tally", "add", add(1))
        verify_ledger(ledger, world.registry)
    assert files(tmp_path) == ["backup.ledger", "chain.ledger", "restored.ledger"]


def test_writers_go_on_while_it_is_made(
    world: World, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One page a step, and between the steps another connection commits blocks."""
    monkeypatch.setattr(copies, "_STEP_PAGES", 1)
    with world.reopen(path) as ledger:
        user = world.clients(ledger)[0]
        before = ledger.head()

        class Writer:
            def advance(self, steps: int = 1) -> None:
                user.submit("tally", "add", add(1))

            def describe(self, label: str) -> None:
                pass

            def task(self, label: str, total: int | None = None) -> Writer:
                return self

            def __enter__(self) -> Writer:
                return self

            def __exit__(self, *_: object) -> None:
                pass

        head = backup(path, tmp_path / "backup.ledger", progress=Writer())
        assert head == before
        assert ledger.head().header.height > before.header.height + 5
        report = restore(tmp_path / "backup.ledger", tmp_path / "restored.ledger", world.registry)
        assert report.hash == before.header.hash
        verify_ledger(ledger, world.registry)


def test_many_writers_and_a_backup_at_once(world: World, path: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    with world.reopen(path) as ledger:
        user, operator = world.clients(ledger)

        def write(client: object) -> None:
            while not stop.is_set():
                client.submit("tally", "add", add(1))  # type: ignore[attr-defined]

        writers = [threading.Thread(target=write, args=[client]) for client in (user, operator)]
        for writer in writers:
            writer.start()
        try:
            heads = [backup(path, tmp_path / f"{n}.ledger") for n in range(3)]
        finally:
            stop.set()
            for writer in writers:
                writer.join()
        blocks = list(ledger.blocks())
        for n, head in enumerate(heads):
            assert blocks[head.header.height].sealed == head
            assert restore(tmp_path / f"{n}.ledger", tmp_path / f"r{n}", world.registry).hash == head.header.hash


def test_nothing_that_exists_is_replaced(world: World, path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("dear")
    good = backup(path, tmp_path / "backup.ledger")
    assert good
    for attempt in (
        lambda: backup(path, other),
        lambda: backup(path, path),
        lambda: restore(tmp_path / "backup.ledger", other, world.registry),
        lambda: restore_export(io.BytesIO(exported(path)), other, world.registry),
    ):
        with pytest.raises(StateError, match="exists already"):
            attempt()
    assert other.read_text() == "dear"
    with pytest.raises(NotFound):
        backup(tmp_path / "nothing", tmp_path / "new")
    with pytest.raises(LedgerError, match="not an SQLite file"):
        backup(other, tmp_path / "new")
    assert files(tmp_path) == ["backup.ledger", "chain.ledger", "other"]


def test_an_interrupted_copy_leaves_nothing(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.core.progress import SILENT

    class Impatient:
        def task(self, label: str, total: int | None = None) -> object:
            raise KeyboardInterrupt

    assert SILENT
    with pytest.raises(KeyboardInterrupt):
        backup(path, tmp_path / "backup.ledger", progress=Impatient())  # type: ignore[arg-type]
    assert files(tmp_path) == ["chain.ledger"]


def test_a_backup_that_does_not_verify_is_not_restored(world: World, path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "backup.ledger"
    backup(path, copy)
    database = sqlite3.connect(copy, isolation_level=None)
    database.execute("UPDATE state SET value = x'010100' WHERE space = 'tally' AND key = x'746f74616c'")
    database.close()
    with pytest.raises(BrokenChain):
        restore(copy, tmp_path / "restored", world.registry)
    with pytest.raises(BrokenChain, match="not 0000"):
        restore(path, tmp_path / "restored", world.registry, chain_id=bytes(32))
    with pytest.raises(BrokenChain, match="the end is cut off"):
        restore(path, tmp_path / "restored", world.registry, checkpoint=Checkpoint(99, bytes(32)))
    assert files(tmp_path) == ["backup.ledger", "chain.ledger"]


# --- export ----------------------------------------------------------------------------------------------------------


def test_an_export_is_the_ledger(world: World, path: Path, tmp_path: Path) -> None:
    raw = exported(path)
    assert raw.startswith(MAGIC)
    reader = ExportReader(io.BytesIO(raw))
    assert reader.genesis == world.genesis
    with EmbeddedLedger(path) as ledger:
        assert list(reader.blocks()) == list(ledger.blocks())
        seen = Checkpoint(1, ledger.block(1).header.hash)
    target = tmp_path / "restored"
    report = restore_export(io.BytesIO(raw), target, world.registry, chain_id=world.genesis.chain_id, checkpoint=seen)
    assert report.transactions == 41
    assert same(path, target)
    with world.reopen(target) as ledger:
        verify_ledger(ledger, world.registry)
        assert world.clients(ledger)[0].submit("tally", "add", add(1)).height == report.height + 1


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lambda raw: b"", EncodingError, "cut short"),
        (lambda raw: b"x" * 99, EncodingError, "magic"),
        (lambda raw: raw[:8] + struct.pack(">I", 2) + raw[12:], EncodingError, "version 2"),
        (lambda raw: raw[:12] + b"B" + raw[13:], EncodingError, "the genesis is due"),
        (lambda raw: raw[:13] + b"\xff\xff\xff\xff" + raw[17:], LimitError, "above the limit"),
        (lambda raw: raw + b"\x00", EncodingError, "bytes follow"),
        (lambda raw: raw + raw, EncodingError, "bytes follow"),
        (lambda raw: raw[: raw.rindex(b"E\x00\x00\x00")], EncodingError, "cut short"),
    ],
)
def test_what_is_no_export(world: World, path: Path, tmp_path: Path, spoil, error, said) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(error, match=said):
        restore_export(io.BytesIO(spoil(exported(path))), tmp_path / "restored", world.registry)
    assert files(tmp_path) == ["chain.ledger"]


def frames(raw: bytes) -> list[bytes]:
    """The opening and the frames of an export."""
    parts, at = [raw[:12]], 12
    while at < len(raw):
        size = 5 + int.from_bytes(raw[at + 1 : at + 5], "big")
        parts.append(raw[at : at + size])
        at += size
    return parts


def test_blocks_left_out_swapped_or_doubled(world: World, path: Path, tmp_path: Path) -> None:
    opening, genesis, *blocks, end = frames(exported(path))
    for others in (
        blocks[1:],
        blocks[:1] + blocks[2:],
        blocks[:-1],
        [blocks[0], blocks[2], blocks[1], *blocks[3:]],
        [*blocks[:2], blocks[1], *blocks[2:]],
        [],
    ):
        with pytest.raises((EncodingError, BrokenChain)):
            restore_export(io.BytesIO(b"".join([opening, genesis, *others, end])), tmp_path / "new", world.registry)
    twin = World()
    twin_path = tmp_path / "twin.ledger"
    with twin.embedded(twin_path):
        pass
    _, foreign, first, _ = frames(exported(twin_path))
    for mixed in ([opening, foreign, *blocks, end], [opening, genesis, first, *blocks[1:], end]):
        with pytest.raises(BrokenChain, match="block 0"):
            restore_export(io.BytesIO(b"".join(mixed)), tmp_path / "new", world.registry)
    assert files(tmp_path) == ["chain.ledger", "twin.ledger"]


def test_flipped_bits_and_cuts_never_pass(world: World, path: Path, tmp_path: Path) -> None:
    raw = exported(path)
    for _ in range(60):
        spoiled = bytearray(raw)
        spoiled[random.randrange(len(raw))] ^= 1 << random.randrange(8)
        with pytest.raises(AssayError):
            restore_export(
                io.BytesIO(bytes(spoiled)), tmp_path / "new", world.registry, chain_id=world.genesis.chain_id
            )
    for _ in range(20):
        with pytest.raises(AssayError):
            restore_export(io.BytesIO(raw[: random.randrange(len(raw))]), tmp_path / "new", world.registry)
    assert files(tmp_path) == ["chain.ledger"]


def test_pins_of_an_import(world: World, path: Path, tmp_path: Path) -> None:
    raw = exported(path)
    with pytest.raises(BrokenChain, match="not 0000"):
        restore_export(io.BytesIO(raw), tmp_path / "new", world.registry, chain_id=bytes(32))
    for height in (1, 99):
        with pytest.raises(BrokenChain, match=f"block {height}"):
            restore_export(io.BytesIO(raw), tmp_path / "new", world.registry, checkpoint=Checkpoint(height, bytes(32)))
    with pytest.raises(LedgerError, match="unknown contract"):
        restore_export(io.BytesIO(raw), tmp_path / "new", ContractRegistry())


def test_lines_for_people(path: Path, world: World) -> None:
    out = io.BytesIO()
    with EmbeddedLedger(path) as ledger:
        write_json_lines(ledger, out)
        head = ledger.head().header
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert lines[0]["chain_id"] == world.genesis.chain_id.hex()
    assert (lines[-1]["height"], lines[-1]["hash"]) == (head.height, head.hash.hex())
    first = lines[2]["entries"][0]
    assert (first["contract"], first["method"], first["result"]) == ("tally", "add", 1)
