"""Exact counts: any change fails and is named, restating stores it, and what is no count is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assay.bench import counts
from assay.bench.counts import CountsChanged
from assay.cli.main import app
from assay.core.errors import EncodingError, InvalidInput, NotFound

ROOT = Path(__file__).parents[2]


class Folder:
    """A file that counts, and a stored count."""

    def __init__(self, path: Path) -> None:
        self.counter, self.stored = path / "counted.py", path / "counts.json"

    def set(self, **sections: dict[str, object]) -> None:
        self.counter.write_text(f"SECTIONS = {{name: (lambda s=s: s) for name, s in {sections!r}.items()}}\n")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.set(rows={"a": 5, "b": 7}, bytes={"proof": 128})
    counts.write(folder.stored, folder.counter)
    return folder


def test_equal_counts_pass(folder: Folder) -> None:
    assert counts.check(folder.stored, folder.counter) == 3


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"a": 6, "b": 7}, r"rows: a: 6, stored as 5 \(\+20.00%\)"),
        ({"a": 4, "b": 7}, r"rows: a: 4, stored as 5 \(-20.00%\)"),
        ({"a": 5}, "rows: b: stored as 7, no longer counted"),
        ({"a": 5, "b": 7, "c": 1}, "rows: c: 1, not stored"),
    ],
)
def test_any_change_fails_better_ones_too(folder: Folder, rows: dict[str, object], said: str) -> None:
    folder.set(rows=rows, bytes={"proof": 128})
    with pytest.raises(CountsChanged, match=said):
        counts.check(folder.stored, folder.counter)
    assert counts.check(folder.stored, folder.counter, ["bytes"]) == 1


def test_a_section_that_went_away_fails(folder: Folder) -> None:
    folder.set(rows={"a": 5, "b": 7})
    with pytest.raises(CountsChanged, match="bytes: a stored section"):
        counts.check(folder.stored, folder.counter)


def test_restating_one_section_keeps_the_others(folder: Folder) -> None:
    folder.set(rows={"a": 6}, bytes={"proof": 64})
    assert len(counts.write(folder.stored, folder.counter, ["rows"])) == 2
    assert counts.load(folder.stored) == {"rows": {"a": 6}, "bytes": {"proof": 128}}
    counts.write(folder.stored, folder.counter)
    assert counts.check(folder.stored, folder.counter) == 2


@pytest.mark.parametrize(
    "text", ["", "[]", '{"rows": 5}', '{"rows": {"a": 1.5}}', '{"rows": {"a": true}}', '{"rows": {"a": -1}}']
)
def test_what_is_no_count_is_refused(folder: Folder, text: str) -> None:
    folder.stored.write_text(text)
    with pytest.raises(EncodingError):
        counts.check(folder.stored, folder.counter)


def test_files_and_sections_that_are_not_there_are_named(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="--write"):
        counts.check(tmp_path / "none.json", folder.counter)
    with pytest.raises(NotFound, match=r"none\.py"):
        counts.check(folder.stored, tmp_path / "none.py")
    with pytest.raises(NotFound, match="known: rows, bytes"):
        counts.check(folder.stored, folder.counter, ["columns"])
    folder.counter.write_text("")
    with pytest.raises(InvalidInput, match="SECTIONS"):
        counts.check(folder.stored, folder.counter)


def test_the_command_says_it_in_its_status(folder: Folder) -> None:
    options = ["bench", "counts", "--file", str(folder.stored), "--counter", str(folder.counter)]
    run = CliRunner().invoke
    assert run(app, options).exit_code == 0
    folder.set(rows={"a": 6, "b": 7}, bytes={"proof": 128})
    assert isinstance(run(app, options).exception, CountsChanged)
    written = run(app, [*options, "--write"])
    assert (written.exit_code, "rows: a: 6" in written.stdout) == (0, True)
    assert run(app, [*options, "--check"]).exit_code == 0


def test_the_stored_bytes_of_this_repository_hold() -> None:
    benchmarks = ROOT / "benchmarks"
    assert counts.check(benchmarks / "counts.json", benchmarks / "counted.py", ["bytes"]) > 5
    assert set(json.loads((benchmarks / "counts.json").read_text())) == {"bytes", "constraints", "word products"}
