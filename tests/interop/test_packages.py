"""The oracles themselves: pinned, installed as pinned, and the lock file names no registry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.mark.interop
def test_the_installed_packages_are_the_pinned_ones(node_tool: Any) -> None:
    answer = node_tool("versions.mjs")
    assert answer["installed"] == answer["wanted"]
    assert set(answer["wanted"]) == {
        "circom2",
        "circomlib",
        "circomlibjs",
        "ffjavascript",
        "ipfs-unixfs-importer",
        "snarkjs",
        "solc",
    }


@pytest.mark.interop
def test_command_line_tools_run(node_tool: Any) -> None:
    assert "circom compiler" in node_tool.command("circom2", "--version")


def test_the_lock_file_names_no_registry_host() -> None:
    text = (Path(__file__).parent / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert text.count('"integrity"') > 100
