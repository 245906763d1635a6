"""`assay ledger`: what it prints and the status it ends with."""

import json
import sqlite3

import pytest
from support.etcd import running
from support.ledgers import World, add
from typer.testing import CliRunner

from assay.cli.ledger import app
from assay.ledger.etcd import EtcdEngine

TALLY = ["--contract", "support.ledgers:Tally"]


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture
def etcd(tmp_path):
    with running(tmp_path / "cluster", nodes=1) as cluster:
        yield cluster


@pytest.fixture
def path(world, tmp_path):
    path = tmp_path / "chain.ledger"
    with world.embedded(path) as ledger:
        user, operator = world.clients(ledger)
        user.submit("tally", "add", add(5))
        operator.submit("tally", "add", add(6))
    return path


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_verified(path, world):
    done = run("verify", path, *TALLY)
    assert done.exit_code == 0
    assert "verified  3 blocks, 2 transactions" in done.stdout
    assert "no --chain-id" in done.stdout
    done = run("verify", path, "--json", "--chain-id", world.genesis.chain_id.hex(), *TALLY)
    facts = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (facts["verified"], facts["height"], facts["chain_id_pinned"]) == (True, 2, True)
    assert run("verify", path, *TALLY, "--checkpoint", f"2:{facts['hash']}").exit_code == 0


def test_refused(path):
    assert run("verify", path, *TALLY, "--chain-id", "00" * 32).exit_code == 1
    assert run("verify", path, *TALLY, "--checkpoint", "2:" + "00" * 32).exit_code == 1
    assert run("verify", path, *TALLY, "--checkpoint", "9:" + "00" * 32).exit_code == 1
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("UPDATE blocks SET seals = X'010800000000' WHERE height = 1")
    database.close()
    done = run("verify", path, "--json", *TALLY)
    facts = json.loads(done.stdout)
    assert (done.exit_code, facts["verified"], facts["height"]) == (1, False, 1)
    done = run("verify", path, *TALLY)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("REFUSED  block 1: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify"],
        ["verify", "/nonexistent"],
        ["verify", __file__],
        ["info", __file__],
        ["verify", "PATH", "--chain-id", "xyz"],
        ["verify", "PATH", "--checkpoint", "xyz"],
        ["verify", "PATH", "--checkpoint", "1:xyz"],
        ["verify", "PATH", "--contract", "nothing:There"],
        ["verify", "PATH", "--contract", "json:JSONDecoder"],
        ["verify", "PATH"],  # the contract is not installed, so nothing can be said
    ],
)
def test_usage_and_unreadable(path, arguments):
    done = run(*[path if argument == "PATH" else argument for argument in arguments])
    assert done.exit_code == 2
    assert done.stderr
    assert "Traceback" not in done.output


def test_info(path, world):
    done = run("info", path)
    assert done.exit_code == 0
    assert world.genesis.chain_id.hex() in done.stdout
    facts = json.loads(run("info", path, "--json").stdout)
    assert facts["height"] == 2
    assert [each["instance"] for each in facts["contracts"]] == ["accounts", "tally", "other"]


def test_help_has_an_example():
    for verb in ("verify", "info", "export", "backup", "restore"):
        assert f"Example: assay ledger {verb}" in run(verb, "--help").stdout


# --- copies ----------------------------------------------------------------------------------------------------------


def test_backup_export_restore(path, world, tmp_path):
    done = run("backup", path, tmp_path / "copy.ledger")
    assert done.exit_code == 0, done.output
    assert "copied" in done.stdout
    facts = json.loads(run("export", path, tmp_path / "chain.export", "--json").stdout)
    assert (facts["height"], facts["chain_id"]) == (2, world.genesis.chain_id.hex())
    assert facts["bytes"] == (tmp_path / "chain.export").stat().st_size
    pins = ["--chain-id", facts["chain_id"], "--checkpoint", f"2:{facts['hash']}", *TALLY]
    for source in ("copy.ledger", "chain.export"):
        target = tmp_path / f"{source}.restored"
        done = run("restore", tmp_path / source, target, "--json", *pins)
        assert done.exit_code == 0, done.output
        restored = json.loads(done.stdout)
        assert (restored["verified"], restored["hash"], restored["transactions"]) == (True, facts["hash"], 2)
        assert run("verify", target, *pins).exit_code == 0
        again = run("restore", tmp_path / source, target, *pins)
        assert again.exit_code == 2
        assert "exists already" in again.stderr
    done = run("restore", tmp_path / "chain.export", tmp_path / "third", *TALLY)
    assert done.exit_code == 0
    assert "3 blocks, 2 transactions" in done.stdout


def test_restore_refuses(path, world, tmp_path):
    assert run("export", path, tmp_path / "chain.export").exit_code == 0
    assert run("export", path, tmp_path / "chain.export").exit_code == 2
    for source in (path, tmp_path / "chain.export"):
        done = run("restore", source, tmp_path / "new", "--json", "--chain-id", "00" * 32, *TALLY)
        assert (done.exit_code, json.loads(done.stdout)["verified"]) == (1, False)
        assert run("restore", source, tmp_path / "new", "--checkpoint", "7:" + "00" * 32, *TALLY).exit_code == 1
        assert run("restore", source, tmp_path / "new").exit_code == 2  # the contract is not installed
    raw = (tmp_path / "chain.export").read_bytes()
    (tmp_path / "cut.export").write_bytes(raw[:-5])
    done = run("restore", tmp_path / "cut.export", tmp_path / "new", *TALLY)
    assert done.exit_code == 2
    assert "cut short" in done.stderr
    for source in (__file__, "/nonexistent", tmp_path):
        assert run("restore", source, tmp_path / "new").exit_code == 2
    assert run("backup", __file__, tmp_path / "new").exit_code == 2
    assert not (tmp_path / "new").exists()


def test_lines_of_json(path):
    done = run("export", path, "-", "--lines")
    assert done.exit_code == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("height") for line in lines] == [None, 0, 1, 2]
    assert lines[2]["entries"][0]["method"] == "add"


def test_a_channel_on_etcd(etcd, world, tmp_path):
    """Verified, shown and exported like a file; which channel, where there are several, has to be said."""
    address = etcd.url("cli")
    with EtcdEngine(address, registry=world.registry, clock=world.clock) as engine:
        with engine.create("first", world.genesis, world.key) as ledger:
            world.clients(ledger)[0].submit("tally", "add", add(5))
        done = run("verify", address, "--json", "--chain-id", world.genesis.chain_id.hex(), *TALLY)
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["transactions"] == 1
        engine.create("second", world.new_genesis("other"), world.key).close()
    done = run("verify", address, *TALLY)
    assert (done.exit_code, "first, second" in done.stderr) == (2, True)
    shown = json.loads(run("info", address, "--channel", "first", "--json", *TALLY).stdout)
    assert (shown["height"], shown["bytes"]) == (1, None)
    assert run("export", address, tmp_path / "first.export", "--channel", "first", *TALLY).exit_code == 0
    done = run("restore", tmp_path / "first.export", tmp_path / "first.ledger", "--json", *TALLY)
    assert json.loads(done.stdout)["hash"] == shown["hash"]
    assert run("info", tmp_path / "first.ledger", "--channel", "first").exit_code == 2
    assert run("info", etcd.url("nothing")).exit_code == 2
