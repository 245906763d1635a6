"""`assay bench NAME`: every benchmark runs at a small size, says why a peer is missing, refuses what it lacks."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.etcd import require_etcd
from typer.testing import CliRunner

from assay import _native
from assay.bench.harness import alternate, measure
from assay.bench.scalars import KINDS, scalars
from assay.cli.main import app
from assay.core.errors import InvalidInput
from assay.crypto.field import Fr

ROW = {
    "case",
    "size",
    "threads",
    "isa",
    "seconds",
    "runs",
    "peak_mib",
    "peer",
    "peer_seconds",
    "ratio",
    "why_no_peer",
    "bits",
}


@pytest.fixture(autouse=True)
def _no_peers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSAY_NODE_MODULES", str(tmp_path))


@pytest.fixture(autouse=True)
def _few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    for timed in (measure, alternate):
        monkeypatch.setitem(timed.__kwdefaults__, "runs", 2)


def report(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["bench", *arguments, "--json"])
    assert done.exit_code == 0, done.output
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


@pytest.mark.parametrize(
    ("arguments", "cases"),
    [
        (("field", "--size", "256"), ["fp_mul", "fr_mul"]),
        (("ntt", "--size", "64"), ["ntt", "ntt_coset"]),
        (("msm", "--size", "64"), ["g1", "g2"]),
        (("msm", "--size", "64", "--scalars", "sparse"), ["g1:sparse", "g2:sparse"]),
        (("pairing", "--size", "2"), ["pairing_check", "further_pair"]),
        (
            ("groth16", "--size", "3"),
            ["setup", "witness", "prove", "prove-resident", "verify", "expand", "prove-expanded"],
        ),
    ],
)
def test_each_benchmark_reports_its_rows(arguments: tuple[str, ...], cases: list[str]) -> None:
    printed = report(*arguments, "--threads", "1", "--isa", "portable", "--curve", "bn254")
    assert (printed["bench"], printed["curve"]) == (arguments[0], "bn254")
    assert [row["case"] for row in printed["results"]] == cases
    for row in printed["results"]:
        assert set(row) == ROW
        assert (row["size"], row["threads"], row["isa"]) == (int(arguments[2]), 1, "portable")
        assert row["peer"] is row["peer_seconds"] is row["ratio"] is None
        assert row["why_no_peer"]
        assert row["seconds"] > 0 or row["case"] == "further_pair"  # a difference of two times
        assert row["peak_mib"] > 10


def test_powers_beside_their_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_BENCH_LIBCRYPTO", "libc.so.6")
    monkeypatch.delenv("ASSAY_BENCH_GMP", raising=False)
    printed = report("modexp", "--bits", "256", "--batch", "3", "--threads", "1", "--isa", "portable")
    assert (printed["bench"], printed["curve"]) == ("modexp", None)
    assert [row["case"] for row in printed["results"]] == ["power"] * 3 + ["power_var"] * 2
    for row in printed["results"]:
        assert set(row) == ROW
        assert (row["bits"], row["size"], row["threads"], row["isa"]) == (256, 3, 1, "portable")
        if row["peer"] is None:
            assert row["peer_seconds"] is row["ratio"] is None
            assert "ASSAY_BENCH_" in row["why_no_peer"]
        else:
            assert row["peer"].startswith("gmpy2 ")
            assert row["ratio"] == pytest.approx(row["peer_seconds"] / row["seconds"])
    assert [row["peer"] is None for row in printed["results"]] == [False, True, True, False, True]


def test_merkle_reports_its_rows_beside_hashlib(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ASSAY_BENCH_HASHTREE", raising=False)
    rows = report("merkle", "--size", "100", "--threads", "1", "--isa", "portable")["results"]
    assert [row["case"] for row in rows] == ["root", "tree", "messages", "stream"]
    assert [row["peer"] for row in rows] == [None, None, "hashlib", "hashlib"]
    for row in rows:
        assert set(row) == ROW
        assert (row["size"], row["threads"], row["isa"]) == (100, 1, "portable")
        assert "hashtree" in row["why_no_peer"] if row["peer"] is None else row["ratio"] > 0
    monkeypatch.setenv("ASSAY_BENCH_HASHTREE", str(tmp_path / "missing"))
    assert CliRunner().invoke(app, ["bench", "merkle", "--size", "4"]).exit_code != 0


PAILLIER = ["encrypt_exact", "encrypt_short", "encrypt_keyholder", "decrypt", "add_float", "dot30", "add_same_exponent"]


@pytest.mark.parametrize("with_peer", [True, False], ids=["phe", "no phe"])
def test_encrypted_arrays_beside_phe(monkeypatch: pytest.MonkeyPatch, with_peer: bool) -> None:
    if not with_peer:
        monkeypatch.setitem(sys.modules, "phe", None)
    printed = report("paillier", "--bits", "2048", "--batch", "1", "--threads", "1")
    assert (printed["bench"], printed["curve"]) == ("paillier", None)
    assert [row["case"] for row in printed["results"]] == PAILLIER
    for row in printed["results"]:
        assert set(row) == ROW
        assert (row["bits"], row["size"], row["threads"]) == (2048, 1, 1)
        if with_peer and row["case"] != "add_same_exponent":
            assert row["peer"].startswith("phe ")
            assert "GMP" in row["peer"]
            assert row["ratio"] == pytest.approx(row["peer_seconds"] / row["seconds"])
        else:
            assert row["peer"] is row["peer_seconds"] is row["ratio"] is None
            assert row["why_no_peer"]


def test_the_level_and_the_threads_are_put_back() -> None:
    before = _native.isa(), _native.num_threads()
    report("field", "--size", "256", "--threads", "1", "--isa", "portable")
    assert (_native.isa(), _native.num_threads()) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("field", "--curve", "bls12_381"), "bn254"),
        (("field", "--isa", "neon"), "portable"),
        (("msm", "--scalars", "even"), "witness"),
        (("groth16", "--size", "40"), "24"),
        (("paillier", "--bits", "1024"), "2048"),
        (("modexp", "--bits", "255"), "256"),
        (("modexp", "--bits", "8193"), "8192"),
        (("modexp", "--batch", "0"), "1"),
        (("nothing",), "nothing"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(arguments: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, ["bench", *arguments])
    assert done.exit_code == 2
    assert said in done.output


@pytest.mark.parametrize("kind", KINDS)
def test_scalars_are_canonical_and_of_their_kind(kind: str) -> None:
    rows = scalars(kind, 2000)
    assert rows.shape == (2000, 4)
    assert rows.dtype == np.uint64
    values = Fr.from_limbs(rows)  # refuses what is not below r
    small = sum(v < 2**16 for v in values) / len(values)
    assert {"random": small == 0, "small": small == 1, "sparse": 0.85 < small < 0.95, "witness": 0.08 < small < 0.3}[
        kind
    ]


def test_unknown_scalars_are_refused() -> None:
    with pytest.raises(InvalidInput):
        scalars("even", 4)


def ledger_rows(*arguments: str) -> dict[str, dict[str, Any]]:
    printed = report("ledger", *arguments)
    assert (printed["bench"], printed["curve"]) == ("ledger", None)
    for row in printed["results"]:
        assert set(row) > ROW
        assert row["tps"] == pytest.approx(row["size"] / row["seconds"])
        if row["peer"] is None:
            assert row["peer_seconds"] is row["ratio"] is None
            assert row["why_no_peer"]
        else:
            assert row["ratio"] == pytest.approx(row["peer_seconds"] / row["seconds"])
    return {row["case"]: row for row in printed["results"]}


def check_ledger_rows(rows: dict[str, dict[str, Any]], backend: str, peer: str) -> None:
    assert list(rows) == ["append", "record", "client", "endorsed", "grow"]
    assert {row["backend"] for row in rows.values()} == {backend}
    assert [row["peer"] is not None for row in rows.values()] == [True, True, False, False, False]
    assert rows["append"]["peer"].startswith(peer)
    assert (rows["append"]["block"], rows["append"]["clients"], rows["client"]["clients"]) == (5, 2, 2)
    for case, signatures in (("client", 1), ("endorsed", 3)):
        row = rows[case]
        assert row["signatures_per_second"] == pytest.approx(signatures * row["tps"])
        assert row["mean_latency"] > 0 < row["p99_latency"]  # one long pause lifts the mean above the percentile
    assert rows["grow"]["first_tps"] > 0 < rows["grow"]["last_tps"]
    assert rows["grow"]["bytes"] > 0


def test_the_embedded_ledger_beside_bare_sqlite(tmp_path: Path) -> None:
    rows = ledger_rows("--size", "50", "--block", "5", "--clients", "2", "--folder", str(tmp_path))
    check_ledger_rows(rows, "embedded", "SQLite 3")
    assert list(tmp_path.iterdir()) == []


def test_the_ledger_on_etcd_beside_a_bare_loop(tmp_path: Path) -> None:
    require_etcd()
    rows = ledger_rows("--backend", "etcd", "--size", "50", "--block", "5", "--clients", "2")
    check_ledger_rows(rows, "etcd", "compare-and-swap on etcd 3.")


@pytest.mark.parametrize(
    "arguments", [["--case", "everything"], ["--backend", "fabric"], ["--case", "grow", "--size", "5"]]
)
def test_a_ledger_that_cannot_be_measured(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["bench", "ledger", *arguments])
    assert isinstance(done.exception, InvalidInput)
