"""The commands of docs/interop.md, run as they stand."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "interop.md"


@pytest.mark.interop
def test_the_commands_run_one_after_another(node_tool: Any, tmp_path: Path) -> None:
    for name in ("poseidon.circom", "poseidon_constants.circom"):
        shutil.copy(HERE / "node_modules" / "circomlib" / "circuits" / name, tmp_path)
    shutil.copy(HERE / "chain.circom", tmp_path)
    (tmp_path / "input.json").write_text('{"x": "3", "salt": "5"}')
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines() if line]
    assert len(commands) > 15
    for command in commands:
        tool, *arguments = shlex.split(command)
        if tool == "assay":
            script = [sys.executable, "-c", "from assay.cli.main import main; main()", *arguments]
            done = subprocess.run(script, capture_output=True, text=True, cwd=tmp_path, check=False)
            assert done.returncode == 0, f"{command}\n{done.stderr}"
        else:
            node_tool.command(tool, *arguments, cwd=tmp_path)
    assert (tmp_path / "Verifier.sol").read_text().startswith("// SPDX")
