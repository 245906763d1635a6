"""The code in the documentation runs as it stands, block after block of a page in one namespace."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[str]:
    return BLOCK.findall((ROOT / page).read_text())


def test_the_readme_proves_and_verifies() -> None:
    assert blocks("README.md")
    namespace: dict[str, object] = {}
    for block in blocks("README.md"):
        exec(compile(block, "README.md", "exec"), namespace)
    assert "proof" in namespace


def test_the_first_circuit_of_the_page_on_circuits_solves() -> None:
    namespace: dict[str, object] = {}
    exec(compile(blocks("docs/circuits.md")[0], "docs/circuits.md", "exec"), namespace)
    assert "witness" in namespace


def test_the_page_on_other_tools_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for block in blocks("docs/interop.md"):
        exec(compile(block, "docs/interop.md", "exec"), namespace)
    assert "contract Squares" in str(namespace["source"])


def test_the_page_on_keys_proves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    exec(compile(blocks("docs/groth16.md")[0], "docs/groth16.md", "exec"), namespace)
    assert "proof" in namespace


def test_the_page_on_big_integers_holds() -> None:
    namespace: dict[str, object] = {}
    exec(compile(blocks("docs/bigint.md")[0], "docs/bigint.md", "exec"), namespace)
    assert "public" in namespace


def test_the_page_on_paillier_decrypts() -> None:
    namespace: dict[str, object] = {}
    for block in blocks("docs/paillier.md"):
        exec(compile(block, "docs/paillier.md", "exec"), namespace)
    assert "lies outside the encoding" in str(namespace["refusal"])


def test_the_page_on_the_ledger_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first block is a module of its own, `counter.py`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    module, *rest = blocks("docs/ledger.md")
    (tmp_path / "counter.py").write_text(module)
    namespace: dict[str, object] = {}
    exec(compile("from counter import Refused, encode", "docs/ledger.md", "exec"), namespace)
    try:
        for block in rest:
            exec(compile(block, "docs/ledger.md", "exec"), namespace)
        assert namespace["refusal"] == "amount -5 is not a positive number"
    finally:
        sys.modules.pop("counter", None)
        for opened in ("ledger", "authority"):
            if opened in namespace:
                namespace[opened].close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("docs/*.md")))
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text()):
        assert target.startswith("http") or ((ROOT / page).parent / target).exists(), target


def test_the_page_on_number_theory_holds() -> None:
    namespace: dict[str, object] = {}
    exec(compile(blocks("docs/number-theory.md")[0], "docs/number-theory.md", "exec"), namespace)
    assert "member" in namespace


def test_the_page_on_the_store_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for block in blocks("docs/store.md"):
        exec(compile(block, "docs/store.md", "exec"), namespace)
    assert (tmp_path / "report.txt").read_bytes() == b"the report"
    said = capsys.readouterr().out
    assert "Collected(blocks=4, bytes=300119)" in said
    assert "was erased" in said
