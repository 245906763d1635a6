"""`assay ceremony phase1`: the verbs, their JSON, and the exit status that scripts rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support import cli
from support.cli import Done


def assay(*arguments: str | Path, text: str = "") -> Done:
    return cli.assay("ceremony", "phase1", *arguments, text=text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """0.ptau, 1.ptau, 2.ptau (beacon) and 3.ptau (prepared), by the command line."""
    folder = tmp_path_factory.mktemp("ceremony")
    for arguments in (
        ("new", folder / "0.ptau", "--power", "2"),
        ("contribute", folder / "0.ptau", folder / "1.ptau", "--name", "Alice"),
        ("beacon", folder / "1.ptau", folder / "2.ptau", "0x00ff", "--iterations", "11"),
        ("prepare", folder / "2.ptau", folder / "3.ptau"),
    ):
        done = assay(*arguments)
        assert done.returncode == 0, done.stderr
        assert str(arguments[2 if len(arguments) > 2 and arguments[0] != "new" else 1]) in done.stdout
    return folder


def test_verify_shows_who_contributed(folder: Path) -> None:
    done = assay("verify", folder / "3.ptau")
    assert done.returncode == 0
    assert "about 100 bits" in done.stdout
    assert "contribution 1 'Alice': response" in done.stdout
    assert "contribution 2, beacon 00ff hashed 2^11 times: response" in done.stdout
    assert "prepared for phase 2" in done.stdout


def test_json(folder: Path, tmp_path: Path) -> None:
    new = json.loads(assay("new", tmp_path / "0.ptau", "--power", "2", "--json").stdout)
    assert (new["power"], len(new["challenge"])) == (2, 128)
    receipt = json.loads(
        assay("contribute", tmp_path / "0.ptau", tmp_path / "1.ptau", "--entropy", "-", "--json", text="dice").stdout
    )
    assert receipt["contribution"] == 1
    report = json.loads(assay("verify", tmp_path / "1.ptau", "--json").stdout)
    assert (report["verified"], report["power"], report["prepared"]) == (True, 2, False)
    assert report["contributions"][0]["response"] == receipt["response"]
    assert assay("verify", tmp_path / "1.ptau", "--expect", receipt["response"]).returncode == 0
    assert report["contributions"][0]["next_challenge"] == receipt["next_challenge"]
    last = json.loads(assay("verify", folder / "3.ptau", "--json").stdout)["contributions"][1]
    assert (last["beacon"], last["iterations"]) == ("00ff", 11)
    assert json.loads(assay("prepare", tmp_path / "1.ptau", tmp_path / "2.ptau", "--json").stdout)["file"]


def test_exit_status(folder: Path, tmp_path: Path) -> None:
    refused = assay("verify", folder / "0.ptau", "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout) == {
        "verified": False,
        "where": "0.ptau",
        "check": "there is no contribution: its tau is 1, known to all",
    }
    refused = assay("verify", folder / "0.ptau")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "no contribution" in refused.stderr
    unexpected = assay("verify", folder / "3.ptau", "--expect", "00" * 64, "--json")
    assert (unexpected.returncode, json.loads(unexpected.stdout)["where"]) == (1, "contributions")
    assert assay("verify", folder / "3.ptau", "--expect", "00").returncode == 2
    (tmp_path / "cut.ptau").write_bytes((folder / "3.ptau").read_bytes()[:-1])
    for arguments in (
        ("verify", tmp_path / "cut.ptau"),
        ("verify", tmp_path / "absent.ptau"),
        ("new", tmp_path / "new.ptau", "--power", "29"),
        ("beacon", folder / "1.ptau", tmp_path / "new.ptau", "xyz"),
        ("contribute", folder / "1.ptau", folder / "1.ptau"),
    ):
        done = assay(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "new.ptau").exists()


@pytest.mark.parametrize("verb", ["new", "contribute", "beacon", "verify", "prepare"])
def test_help_has_an_example_and_the_security_of_the_curve(verb: str) -> None:
    text = " ".join(assay(verb, "--help").stdout.split())
    assert f"Example: assay ceremony phase1 {verb}" in text
    assert "about 100 bits" in text


def test_the_status_of_the_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from assay.cli.main import main; main()", "ceremony", "phase1"]
    for status, arguments in (
        (0, ("new", tmp_path / "0.ptau", "--power", "2")),
        (1, ("verify", tmp_path / "0.ptau")),
        (2, ("verify",)),
    ):
        done = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=False)
        assert (done.returncode, bool(done.stdout)) == (status, status == 0)
        assert "Traceback" not in done.stderr
