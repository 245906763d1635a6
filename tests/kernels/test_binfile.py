"""The section files of iden3: what is written is read, and nothing but the one layout is."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from assay.core.binfile import SectionFile, SectionWriter
from assay.core.errors import EncodingError, InvalidInput, LimitError, StateError

SECTIONS = {1: b"header", 7: bytes(range(64)), 3: b""}


def file_of(
    sections: list[tuple[int, bytes]], magic: bytes = b"test", version: int = 1, count: int | None = None
) -> bytes:
    body = b"".join(struct.pack("<IQ", kind, len(data)) + data for kind, data in sections)
    return magic + struct.pack("<II", version, len(sections) if count is None else count) + body


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.test"


def test_written_sections_are_read(path: Path) -> None:
    with path.open("w+b") as file:
        writer = SectionWriter(file, b"test", version=1, count=len(SECTIONS))
        for kind, data in SECTIONS.items():
            with writer.section(kind) as out:
                out.write(data)
        assert writer.read_back(7, 3, 5) == SECTIONS[7][3:8]
        writer.finish()
    assert path.read_bytes() == file_of(list(SECTIONS.items()))
    with SectionFile(path, b"test") as source:
        assert {kind: source.read(kind, limit=64) for kind in source.sections} == SECTIONS
        assert bytes(source.view(7)) == SECTIONS[7]
        rows = source.rows(7, 2, 1, 2)
        assert rows.dtype == np.uint64
        assert rows.tobytes() == SECTIONS[7][16:48]
        assert source.rows(7, 4).shape == (2, 4)
        assert source.bytes_after(1, 12) == struct.pack("<IQ", 7, 64)
        assert source.bytes_after(7, 40) == struct.pack("<IQ", 3, 0)
        assert source.bytes_after(3, 40) == b""
        source.require(required=(1, 3), optional=(7,))
        with (path.parent / "copy").open("w+b") as copy:
            second = SectionWriter(copy, b"test", version=1, count=1)
            second.copy(source, 7)
            second.finish()
    assert (path.parent / "copy").read_bytes() == file_of([(7, SECTIONS[7])])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is no test file"),
        (b"test" + bytes(7), "is no test file"),
        (file_of([(1, b"x")], magic=b"tset"), "is no test file"),
        (file_of([(1, b"x")], version=2), "version 2 is not known"),
        (file_of([(1, b"x"), (2, b"y"), (1, b"x")]), "section 1 comes twice"),
        (file_of([(1, b"x")], count=2), "section 2 of 2 is missing"),
        (file_of([(1, b"x"), (2, b"y")], count=1), "13 bytes after the last section"),
        (file_of([(1, b"x")]) + b"\0", "1 bytes after the last section"),
        (file_of([(1, b"xyz")])[:-1], "section 1 claims 3 bytes, but 2 are left"),
        (file_of([(1, b"x"), (2, b"y")])[:-5], "section 2 of 2 is missing"),
        (b"test" + struct.pack("<IIIQ", 1, 1, 1, 2**64 - 1) + b"x", "claims 18446744073709551615 bytes"),
    ],
)
def test_other_layouts_are_refused(path: Path, data: bytes, message: str) -> None:
    path.write_bytes(data)
    with pytest.raises(EncodingError, match=message):
        SectionFile(path, b"test")


def test_every_cut_is_refused(path: Path) -> None:
    whole = file_of(list(SECTIONS.items()))
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(EncodingError):
            SectionFile(path, b"test")


def test_limits(path: Path) -> None:
    path.write_bytes(file_of([(kind, b"") for kind in range(65)]))
    with pytest.raises(LimitError, match="65 sections"):
        SectionFile(path, b"test")
    path.write_bytes(file_of([(1, bytes(100))]))
    with pytest.raises(LimitError, match="above the limit of 99"):
        SectionFile(path, b"test", max_bytes=99)
    with SectionFile(path, b"test") as source:
        with pytest.raises(LimitError, match="above the limit of 99"):
            source.read(1, limit=99)
        with pytest.raises(EncodingError, match="no multiple"):
            source.rows(1, 1)
        with pytest.raises(EncodingError, match="section 2 is missing"):
            source.read(2, limit=1)
        with pytest.raises(EncodingError, match="section 2 is missing"):
            source.require(required=(1, 2))
        with pytest.raises(EncodingError, match="section 1 has no place"):
            source.require(required=(), optional=(2,))
        with pytest.raises(EncodingError, match="100 bytes, but 96 belong"):
            source.require_size(1, 96, "data")


def test_rows_outside_are_refused(path: Path) -> None:
    path.write_bytes(file_of([(1, bytes(64))]))
    with SectionFile(path, b"test") as source:
        for start, count in ((0, 5), (4, 1), (5, 0), (-1, 1), (0, -1)):
            with pytest.raises(InvalidInput):
                source.rows(1, 2, start, count)


def test_a_file_cut_while_it_is_read_is_noticed(path: Path) -> None:
    path.write_bytes(file_of([(1, bytes(64))]))
    with SectionFile(path, b"test") as source:
        with path.open("r+b") as file:
            file.truncate(40)
        with pytest.raises(EncodingError, match="became shorter"):
            source.read(1, limit=64)


def test_the_writer_holds_to_what_it_announced(path: Path) -> None:
    with path.open("w+b") as file:
        writer = SectionWriter(file, b"test", version=1, count=2)
        with writer.section(1), pytest.raises(StateError), writer.section(2):
            pass
        with pytest.raises(StateError), writer.section(1):
            pass
        with pytest.raises(StateError, match="1 sections written, 2 announced"):
            writer.finish()
