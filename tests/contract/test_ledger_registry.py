"""How contracts are found (registered, built in, installed), and what their code digest covers."""

import importlib
import sys

import pytest

from assay.core.errors import LedgerError, NotFound, WrongType
from assay.ledger import ContractRegistry
from assay.ledger.contracts import code_digest

SOURCE = """
from assay.ledger import Contract

class Installed(Contract):
    name = "example.installed"
    version = {version}
    methods = {{}}
    code = {code!r}

    def apply(self, state, call, context):
        return {result}
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """`install(module, entry, ...)`: a package with one contract and an entry point, as pip would leave it."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def make(module, entry="example.installed", *, version=1, code=(), result=1, source=None, newline="\n"):
        text = source if source is not None else SOURCE.format(version=version, code=code, result=result)
        (tmp_path / f"{module}.py").write_bytes(text.replace("\n", newline).encode())
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[assay.contracts]\n{entry} = {module}:Installed\n")
        importlib.invalidate_caches()
        made.append(module)

    yield make
    for module in made:
        sys.modules.pop(module, None)


def digest_of(module):
    return code_digest(importlib.import_module(module).Installed())


def test_found_by_entry_point(install):
    install("contract_a")
    contract, code = ContractRegistry().named("example.installed")
    assert type(contract).__module__ == "contract_a"
    assert ContractRegistry().find("example.installed", code).version == 1
    with pytest.raises(LedgerError, match="unknown contract"):
        ContractRegistry(installed=False).find("example.installed", code)
    with pytest.raises(NotFound):
        ContractRegistry(installed=False).named("example.installed")
    with pytest.raises(LedgerError, match="is here with code"):
        ContractRegistry().find("example.installed", bytes(32))


def test_versions_live_side_by_side(install):
    install("contract_b", "example.installed@1", version=1)
    install("contract_c", "example.installed@2", version=2)
    registry = ContractRegistry()
    assert registry.named("example.installed")[0].version == 2
    assert registry.find("example.installed", digest_of("contract_b")).version == 1


def test_what_the_digest_covers(install):
    install("contract_d")
    install("contract_e", result=2)
    install("contract_f", newline="\r\n")
    install("contract_g", version=2)
    install("contract_h", code=("contract_d",))
    install("contract_i", code=("contract_e",))
    digests = {name: digest_of(f"contract_{name}") for name in "defghi"}
    assert digests["d"] == digests["f"]
    assert len(set(digests.values())) == 5


def test_what_cannot_be_loaded(install):
    install("contract_j", source="raise RuntimeError('broken package')")
    with pytest.raises(LedgerError, match="broken package"):
        ContractRegistry().find("example.installed", bytes(32))


def test_what_has_no_source(install):
    install("contract_k", code=("sys",))
    with pytest.raises(LedgerError, match="no source file"):
        ContractRegistry().named("example.installed")


def test_the_accounts_are_always_there():
    contract, code = ContractRegistry(installed=False).named("assay.accounts")
    assert ContractRegistry().find("assay.accounts", code).name == contract.name


def test_only_instances_are_registered():
    from support.ledgers import Tally

    with pytest.raises(WrongType):
        ContractRegistry([Tally])
