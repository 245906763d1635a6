"""One circuit of circom with its ceremony by snarkjs, which the files of this folder share."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from support.shared import made_once

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def chain_files(node_tool: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files to be read or copied, all by circom and snarkjs: chain.r1cs; chain.wtns for x = 3, salt = 5; powers.ptau,
    2^9 prepared powers; 0.zkey, and 1.zkey with the contribution "first"; verification_key.json."""

    def make(folder: Path) -> None:
        for name in ("poseidon.circom", "poseidon_constants.circom"):  # circom2 sees its own folder only
            shutil.copy(HERE / "node_modules" / "circomlib" / "circuits" / name, folder)
        shutil.copy(HERE / "chain.circom", folder)
        node_tool.command("circom2", "chain.circom", "--r1cs", "--wasm", "--O2", cwd=folder)
        (folder / "input.json").write_text('{"x": "3", "salt": "5"}')
        for command in (
            "wtns calculate chain_js/chain.wasm input.json chain.wtns",
            "powersoftau new bn128 9 0.ptau",
            "powersoftau contribute 0.ptau 1.ptau -e=entropy",
            "powersoftau prepare phase2 1.ptau powers.ptau",
            "groth16 setup chain.r1cs powers.ptau 0.zkey",
            "zkey contribute 0.zkey 1.zkey -n=first -e=entropy",
            "zkey export verificationkey 1.zkey verification_key.json",
        ):
            node_tool.command("snarkjs", *command.split(), cwd=folder)

    return made_once(tmp_path_factory, "chain", make)
