"""`assay ledger cluster` and what is under it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.etcd import require_etcd, running
from typer.testing import CliRunner

from assay.cli.ledger import app
from assay.core.errors import DependencyMissing, InvalidInput, NotFound, StateError, SystemFailure
from assay.ledger.etcd.cluster import Cluster, free_ports
from assay.ledger.etcd.gateway import Gateway


def run(*arguments):
    return CliRunner().invoke(app, ["cluster", *map(str, arguments)])


def test_up_status_down_and_up_again(tmp_path):
    require_etcd()
    folder = tmp_path / "c"
    try:
        done = run("up", "--dir", folder, "--nodes", 1, "--json")
        assert done.exit_code == 0, done.output
        facts = json.loads(done.stdout)
        assert facts["url"].startswith("etcd://127.0.0.1:")
        gateway = Gateway(Cluster(folder).address)
        gateway.put(b"a", b"kept")

        status = run("status", "--dir", folder, "--json")
        assert status.exit_code == 0
        shown = json.loads(status.stdout)
        assert (shown["writable"], shown["alarms"], shown["url"]) == (True, [], facts["url"])
        assert [(node["name"], node["state"]) for node in shown["nodes"]] == [("n0", "leader")]
        assert "takes writes" in run("status", "--dir", folder).stdout
        assert run("up", "--dir", folder).stdout.strip() == facts["url"]  # it runs already
        assert json.loads(run("recover", "--dir", folder, "--json").stdout)["after"]
        assert "->" in run("recover", "--ledger", facts["url"]).stdout

        assert "stopped 1" in run("down", "--dir", folder).stdout
        assert not Cluster(folder).running(0)
        assert run("status", "--dir", folder).exit_code == 1
        assert run("up", "--dir", folder).stdout.strip() == facts["url"]
        assert gateway.range(b"a").pairs[0].value == b"kept"
        gateway.close()
    finally:
        Cluster(folder).stop(signal.SIGKILL)


@pytest.mark.parametrize("verb", ["status", "down", "recover"])
def test_no_cluster(tmp_path, verb):
    assert isinstance(run(verb, "--dir", tmp_path).exception, NotFound)


def test_help_has_an_example():
    for verb in ("up", "down", "status", "recover"):
        assert f"Example: assay ledger cluster {verb}" in run(verb, "--help").stdout


def test_what_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="1 to 9 nodes"):
        Cluster.create(tmp_path / "c", nodes=0)
    with pytest.raises(InvalidInput, match="distinct ports"):
        Cluster.create(tmp_path / "d", nodes=1, ports=[5, 5])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(StateError, match="not empty"):
        Cluster.create(tmp_path / "full")
    (tmp_path / "full" / "cluster.json").write_text('{"nodes": [{"name": 1, "evil": 2}]}')
    with pytest.raises(InvalidInput, match="not the state"):
        Cluster(tmp_path / "full")


def test_without_etcd(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("sys.prefix", "/nonexistent")
    cluster = Cluster.create(tmp_path / "c")
    with pytest.raises(DependencyMissing, match="etcd-server"):
        cluster.start()


def test_a_node_that_does_not_start_says_why(tmp_path):
    with running(tmp_path / "c", nodes=1, start=False) as cluster, socket.socket() as squatter:
        squatter.bind(("127.0.0.1", cluster.nodes[0].client))
        squatter.listen()
        with pytest.raises(SystemFailure, match=r"node n0 ended: .*address already in use"):
            cluster.start(tied=True)


def test_ports_are_never_those_of_a_real_etcd():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert not {2379, 2380} & set(ports)


def test_nobody_elses_process_is_killed(tmp_path):
    """The state file may be old and its process numbers somebody else's by now."""
    cluster = Cluster.create(tmp_path / "c", nodes=1)
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    cluster._set(0, bystander.pid)
    again = Cluster(tmp_path / "c")
    assert not again.running(0)
    again.stop()
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


STARTER = """
import sys
from pathlib import Path
from support.etcd import running
with running(Path(sys.argv[1])) as cluster:
    print(*[node.pid for node in cluster.nodes], flush=True)
    sys.stdin.read()
"""


def test_a_killed_test_leaves_no_node_behind(tmp_path):
    require_etcd()
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    }
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path / "c")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=environment,
    )  # fmt: skip
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert len(pids) == 3
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 120
    while any(Path(f"/proc/{pid}/exe").exists() and alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid):
    """Whether a process runs: not one that has ended and waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
