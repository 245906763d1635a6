"""Clusters of etcd for tests: three nodes on free loopback ports, ended with the test process however that ends."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from assay.core.errors import DependencyMissing
from assay.ledger.etcd.cluster import Cluster, find_etcd, free_ports
from assay.ledger.etcd.gateway import Gateway


def require_etcd():
    """Skip the test without etcd, or fail it where it is required (CI)."""
    try:
        find_etcd()
    except DependencyMissing as absent:
        missing = str(absent)
        if os.environ.get("CI") or os.environ.get("ASSAY_REQUIRE_INTEROP"):
            pytest.fail(f"tests on etcd are required here, but {missing}")
        pytest.skip(missing)


@contextmanager
def running(folder, *, nodes=3, options=(), proxied=False, start=True):
    """A cluster in the new folder `folder`; with `proxied`, the nodes and clients reach it through a `Network`."""
    require_etcd()
    network = None
    ports = free_ports(4 * nodes if proxied else 2 * nodes)
    through = ports[2 * nodes + nodes :] if proxied else ()
    options = ["--snapshot-count", "1000", *options]  # small snapshots, so that a lagging node gets one
    cluster = Cluster.create(folder, nodes=nodes, ports=ports[: 2 * nodes], options=options, peers_through=through)
    try:
        if proxied:
            network = cluster.network = Network(cluster, ports[2 * nodes : 3 * nodes], through)
        if start:
            cluster.start(tied=True, wait=120)
        yield cluster
    finally:
        cluster.stop(signal.SIGKILL)
        if network is not None:
            network.close()


class Network:
    """The proxies between a cluster's nodes, and between it and its clients."""

    def __init__(self, cluster, clients, peers):
        self.cluster = cluster
        self.clients = list(clients)
        targets = [node.client for node in cluster.nodes] + [node.peer for node in cluster.nodes]
        pairs = [f"{listen}:{target}" for listen, target in zip([*clients, *peers], targets, strict=True)]
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("proxy.py")), *pairs],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout.readline() == "ok\n"

    def _tell(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "ok\n"

    def cut_clients(self, *numbers):
        """No client reaches these nodes."""
        for number in numbers:
            self._tell(f"cut {number}")

    def isolate(self, number):
        """Node `number` and the others do not reach each other; clients still do."""
        gateway = Gateway(self.cluster.address)
        names = {name: member for member, name in gateway.members()}
        gateway.close()
        nodes = len(self.cluster.nodes)
        for other in range(nodes):
            sender = "" if other == number else f" {names[self.cluster.nodes[number].name]:x}"
            self._tell(f"cut {nodes + other}{sender}")

    def heal(self):
        """Everything flows again."""
        self._tell("heal")

    def close(self):
        self._process.stdin.close()  # its end
        self._process.wait(120)
        self._process.stdout.close()
