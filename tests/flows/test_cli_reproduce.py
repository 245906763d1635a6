"""`assay reproduce`: what it lists, prints and writes, with a table that measures nothing, and its errors."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from support.etcd import require_etcd
from typer.testing import CliRunner

from assay.bench.ledger_contract import Deposits
from assay.bench.ledger_load import closed_loop
from assay.bench.ledger_places import place
from assay.bench.ledger_world import LoadWorld
from assay.cli.main import app
from assay.core.errors import InvalidInput, NotFound
from assay.ledger import ContractRegistry, UsedCounter, verify_ledger
from assay.reproduce import Chart, Options, Published, Reproduction, find, paper_003_table_1, published, registry

ROWS = [
    {"auth": auth, "size": size, "tps": 1000.0 * factor / size, "published_tps": 10.0 / size}
    for auth, factor in (("none", 3), ("client", 1))
    for size in (32, 8192)
]


def toy(options: Options) -> Reproduction:
    assert options.backend in (None, "embedded")
    derived = [{"ratio": row["tps"] / row["published_tps"]} for row in ROWS]  # type: ignore[operator]
    chart = Chart("size", "tps", "auth", "published_tps", "bytes", "transactions a second")
    return Reproduction("999-table-9", "A toy", ROWS, derived, ["Everything differs."], chart)


@pytest.fixture
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Published("999-table-9", "A toy", toy)
    monkeypatch.setattr(registry, "published", lambda: [one])
    monkeypatch.setattr("assay.reproduce.published", lambda: [one])


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["reproduce", *map(str, arguments)])


def test_every_one_has_an_id_and_a_title() -> None:
    assert [one.id for one in published()] == sorted(one.id for one in published())
    assert find("003-table-1").title
    listed = run()
    assert listed.exit_code == 0
    assert listed.stdout.startswith("003-table-1  ")
    assert {"id": "003-table-1", "title": find("003-table-1").title} in json.loads(run("--json").stdout)


def test_an_unknown_id_names_the_known_ones() -> None:
    with pytest.raises(NotFound, match="003-table-1"):
        find("003-table-7")
    done = run("003-table-7")
    assert done.exit_code != 0
    assert isinstance(done.exception, NotFound)


@pytest.mark.usefixtures("_toy")
def test_the_table_stands_beside_what_was_published() -> None:
    done = run("999-table-9", "--backend", "embedded")
    assert done.exit_code == 0, done.output
    for text in ("999-table-9: A toy", "published tps", "ratio", "8,192", "- Everything differs."):
        assert text in done.stdout


@pytest.mark.usefixtures("_toy")
def test_one_json_object(tmp_path: Path) -> None:
    done = run("999-table-9", "--json", "--out", tmp_path / "new" / "folder")
    assert json.loads(done.stdout) == {"id": "999-table-9", "title": "A toy", "rows": ROWS}
    with (tmp_path / "new" / "folder" / "999-table-9.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [list(row) for row in rows] == [list(row) for row in ROWS]
    assert [float(row["tps"]) for row in rows] == [row["tps"] for row in ROWS]
    assert (tmp_path / "new" / "folder" / "999-table-9.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("_toy")
def test_without_matplotlib_it_says_so_before_it_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("assay.reproduce.registry.published", lambda: [Published("999-table-9", "", lambda _: 1 / 0)])  # type: ignore[arg-type, return-value]
    done = run("999-table-9", "--out", tmp_path / "out")
    assert done.exit_code != 0
    assert "assay-engine[ml]" in str(done.exception)
    assert not (tmp_path / "out").exists()


# --- 003-table-1 -----------------------------------------------------------------------------------------------------

COLUMNS = ["backend", "auth", "size", "tps", "mean_latency", "p99_latency", "max_latency", "published_tps"]


@pytest.mark.parametrize("backend", ["embedded", "etcd"])
def test_table_1_of_the_edge_blockchain_at_a_small_size(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if backend == "etcd":
        require_etcd()
    monkeypatch.setattr(paper_003_table_1, "TRANSACTIONS", 20)
    monkeypatch.setattr(paper_003_table_1, "ROUNDS", 1)
    printed = json.loads(run("003-table-1", "--backend", backend, "--json").stdout)
    assert list(printed) == ["id", "title", "rows"]
    rows = printed["rows"]
    assert [(row["auth"], row["size"]) for row in rows] == [
        (auth, size) for auth in ("none", "client", "endorsed") for size in (32, 8192, 16384, 32768)
    ]
    for row in rows:
        assert list(row) == COLUMNS
        assert row["backend"] == backend
        assert row["published_tps"] == {32: 193.33, 8192: 173.04, 16384: 131.98, 32768: 65.69}[row["size"]]
        assert row["tps"] > 0
        assert 0 < row["p99_latency"] <= row["max_latency"] >= row["mean_latency"] > 0


def test_the_load_is_what_it_says(tmp_path: Path) -> None:
    """Each client has one transaction on its way at a time, all are durable, and a refusal is raised."""
    with LoadWorld(4) as world, place("embedded", tmp_path) as where, world.begin(where, "endorsed") as ledger:
        before = ledger.head().header.height
        measured = closed_loop(ledger, world.clients(ledger, "endorsed", 32), 40, threads=2)
        assert measured.latencies.shape == (40,)
        assert measured.tps == pytest.approx(40 / measured.seconds)
        entries = [entry for block in ledger.blocks(before + 1) for entry in block.entries]
        assert len(entries) == 40
        assert {entry.transaction.type for entry in entries} == {"endorsed"}
        assert all(len(block.entries) <= 4 for block in ledger.blocks(before + 1))
        assert len(list(ledger.state("deposits").items())) == 40
        verify_ledger(ledger, ContractRegistry([Deposits()]))
        with pytest.raises(InvalidInput, match="evenly"):
            closed_loop(ledger, world.clients(ledger, "endorsed", 32), 41)
        stale = world.clients(ledger, "endorsed", 32)
        closed_loop(ledger, world.clients(ledger, "endorsed", 32), 4)
        with pytest.raises(UsedCounter):
            closed_loop(ledger, stale, 4)
