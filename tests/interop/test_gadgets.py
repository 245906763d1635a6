"""Our Poseidon and EdDSA gadgets and circomlib's, compiled by circom, agree on the same inputs."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.gadget_circuits import CASES, OFF_CURVE, L, R

from assay.circuits import Builder, Circuit, compile
from assay.core.errors import UnsatisfiedError

pytestmark = pytest.mark.interop

HERE = Path(__file__).parent
CIRCOMLIB = HERE / "node_modules" / "circomlib" / "circuits"
MAINS = {
    "eddsa": 'include "eddsaposeidon.circom";\ncomponent main {public [M]} = EdDSAPoseidonVerifier();\n',
    "poseidon_2": 'include "poseidon.circom";\ncomponent main = Poseidon(2);\n',
    "poseidon_5": 'include "poseidon.circom";\ncomponent main = Poseidon(5);\n',
    "poseidon_7": 'include "poseidon.circom";\ncomponent main = Poseidon(7);\n',
    "poseidon_tagged_2": 'include "poseidon.circom";\ncomponent main = PoseidonEx(2, 1);\n',
}


@pytest.fixture(scope="module")
def circom(node_tool: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs one of MAINS on inputs: for each the outputs, or None if it refuses."""
    folder = tmp_path_factory.mktemp("circom")
    for file in CIRCOMLIB.glob("*.circom"):  # circom2 sees its own folder only
        shutil.copy(file, folder)

    @cache
    def compiled(name: str) -> None:
        (folder / f"{name}.circom").write_text("pragma circom 2.0.0;\n" + MAINS[name])
        node_tool.command("circom2", f"{name}.circom", "--wasm", cwd=folder)

    def run(name: str, inputs: list[dict[str, Any]], outputs: int) -> list[list[int] | None]:
        compiled(name)
        request = {"folder": str(folder), "name": name, "inputs": inputs, "outputs": outputs}
        answers = node_tool("circom_witness.mjs", request)
        return [None if answer is None else [int(x) for x in answer] for answer in answers]

    return run


@cache
def ours(name: str) -> Circuit:
    c = Builder(name)
    CASES[name].build(c)
    return compile(c)


def accepts(name: str, inputs: dict[str, Any]) -> bool:
    try:
        ours(name).witness(inputs)
    except UnsatisfiedError:
        return False
    return True


@pytest.mark.parametrize("name", [name for name in MAINS if name.startswith("poseidon")])
def test_hashes_are_those_of_circomlib(circom: Any, name: str) -> None:
    case = CASES[name]
    inputs = [
        {"inputs": [str(x) for x in given["x"]]} | ({"initialState": str(given["tag"])} if "tag" in given else {})
        for given, _ in case.accepted
    ]
    assert circom(name, inputs, 1) == [expected for _, expected in case.accepted]
    for given, _ in case.accepted:
        assert accepts(name, given)


def test_signatures_are_accepted_where_circomlib_accepts_them(circom: Any) -> None:
    case = CASES["eddsa"]
    given = [inputs for inputs, _ in case.accepted] + case.refused
    theirs = [
        {
            "enabled": str(x["enabled"]),
            "Ax": str(x["key"][0]),
            "Ay": str(x["key"][1]),
            "R8x": str(x["r8"][0]),
            "R8y": str(x["r8"][1]),
            "S": str(x["s"] % R),
            "M": str(x["message"]),
        }
        for x in given
    ]
    for inputs, answer in zip(given, circom("eddsa", theirs, 0), strict=True):
        # what we check and circomlib leaves to its caller: a boolean switch, and points and S when switched off
        stricter = inputs["enabled"] == 2 or (
            inputs["enabled"] == 0 and (inputs["s"] >= L or OFF_CURVE in (inputs["r8"], inputs["key"]))
        )
        if not stricter:
            assert accepts("eddsa", inputs) == (answer is not None), inputs
