"""`assay store`: what it prints and the status it ends with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support import kubo_node
from typer.testing import CliRunner

from assay.cli.store import app
from assay.store import FolderStore

HELLO = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_STORE", "blobs")
    monkeypatch.setenv("ASSAY_KEYRING", "keys")
    (tmp_path / "hello").write_bytes(b"hello world")
    (tmp_path / "zeros").write_bytes(bytes(262_145))


def run(*arguments, status=0, text=None):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], input=text)
    assert done.exit_code == status, done.output
    return done


def facts(*arguments, status=0):
    return json.loads(run(*arguments, "--json", status=status).stdout)


def test_add_and_read(tmp_path):
    added = facts("add", "hello", "zeros")
    zeros = "bafybeigllfqgfpqydppr6cmv56g7ax4wyhruzswvcefv6j5kj77nzttfki"
    assert added == {"profile": "kubo-raw-leaves", "pinned": True, "files": {"hello": HELLO, "zeros": zeros}}
    assert run("add", "hello").stdout == f"{HELLO}  hello\n"
    assert run("cat", HELLO).stdout_bytes == b"hello world"
    assert facts("get", zeros, "--out", "copy") == {"cid": zeros, "bytes": 262_145, "path": "copy"}
    assert (tmp_path / "copy").read_bytes() == bytes(262_145)
    assert facts("cid", "hello", "zeros")["files"] == added["files"]
    assert facts("cid", "zeros", "--profile", "unixfs-v1-2025")["files"]["zeros"].startswith("bafkrei")
    assert facts("pins") == {"pins": sorted([HELLO, zeros])}


def test_standard_input_and_output():
    command = [sys.executable, "-c", "from assay.cli.main import main; main()", "store"]
    done = subprocess.run([*command, "add", "-"], input=b"hello world", capture_output=True, check=True)
    assert done.stdout.split()[0].decode() == HELLO
    done = subprocess.run([*command, "cat", HELLO], capture_output=True, check=True)
    assert done.stdout == b"hello world"


def test_pins_and_gc():
    run("add", "hello", "--no-pin")
    run("add", "zeros")
    run("pin", HELLO)
    assert facts("gc") == {"blocks": 0, "bytes": 0}
    run("unpin", HELLO)
    assert "not pinned" in run("unpin", HELLO, status=2).stderr
    assert facts("gc") == {"blocks": 1, "bytes": 11}
    assert "holds no block" in facts("get", HELLO, "--out", "copy", status=2)["error"]
    assert not Path("copy").exists()


def test_verify(tmp_path):
    run("add", "hello", "zeros")
    assert facts("verify") == {"verified": True, "blocks": 4, "bytes": 262_260, "pins": 2, "damage": []}
    FolderStore("blobs")._place("blocks", next(FolderStore("blobs").pins())).write_bytes(b"forged")
    found = facts("verify", status=1)
    assert not found["verified"]
    assert "hash to" in found["damage"][0]
    assert "DAMAGED" in run("verify", status=1).stderr


def test_damage_is_refused_with_status_1(tmp_path):
    run("add", "hello")
    next((tmp_path / "blobs" / "blocks").glob("*/*")).write_bytes(b"hello w0rld")
    assert "is damaged" in run("cat", HELLO, status=1).stderr
    assert "is damaged" in run("get", HELLO, "--out", "copy", status=1).stderr
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["cat", "nonsense"],
        ["cat", HELLO, "--store", "nothing"],
        ["add", "nothing"],
        ["add", "hello", "--profile", "unixfs-v0-2015"],
        ["get", HELLO],
        ["cid", "nothing"],
        ["pin", HELLO],
        ["seal", "hello", "--to", "12"],
        ["seal", "hello"],
        ["erase", HELLO],
        ["open", HELLO, "--key", "nothing", "--out", "copy"],
    ],
)
def test_usage(arguments):
    FolderStore("blobs")
    run(*arguments, status=2)
    assert not Path("nothing").exists()


def test_another_profile_than_the_stores():
    FolderStore("blobs")
    assert "was made with" in run("add", "hello", "--profile", "unixfs-v1-2025", status=1).stderr


def test_sealed_files(tmp_path):
    alice = facts("key", "alice.pem")["recipient"]
    bob = run("key", "bob.pem", "--passphrase", text="word\nword\n").stdout.strip().splitlines()[-1]
    cid = facts("seal", "hello", "--to", alice)["cid"]
    assert facts("open", cid, "--key", "alice.pem", "--out", "copy")["bytes"] == 11
    assert (tmp_path / "copy").read_bytes() == b"hello world"
    assert (
        "no key" in run("open", cid, "--key", "bob.pem", "--out", "x", "--passphrase", status=2, text="word\n").stderr
    )
    assert facts("share", cid, "--key", "alice.pem", "--to", bob)["recipients"] == sorted([alice, bob])
    run("open", cid, "--key", "bob.pem", "--out", "bobs", "--passphrase", text="word\n")
    assert (tmp_path / "bobs").read_bytes() == b"hello world"
    assert facts("erase", cid) == {"cid": cid, "erased": True, "keys": 2}
    assert "was erased" in run("open", cid, "--key", "alice.pem", "--out", "x", status=1).stderr
    assert not (tmp_path / "x").exists()
    assert "never overwritten" in run("key", "alice.pem", status=1).stderr


def test_on_a_node():
    with kubo_node.running() as node:
        assert facts("add", "hello", "--store", node.url)["files"] == {"hello": HELLO}
        assert run("cat", HELLO, "--store", node.url).stdout_bytes == b"hello world"
        assert facts("pins", "--store", node.url) == {"pins": [HELLO]}
        assert "verifies folders" in run("verify", "--store", node.url, status=2).stderr
    assert "cannot be asked" in run("cat", HELLO, "--store", node.url, status=2).stderr


@pytest.mark.parametrize(
    "command", ["add", "get", "cat", "cid", "pin", "unpin", "pins", "gc", "verify", "seal", "erase"]
)
def test_help_has_an_example(command):
    assert f"Example: assay store {command}" in " ".join(run(command, "--help").stdout.split())
