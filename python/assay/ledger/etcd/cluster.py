"""A local cluster of etcd in one folder: for trying things out, for tests, and for a ledger on one machine.

    folder/cluster.json     nodes, ports, processes
    folder/NAME/            the data of a node
    folder/NAME.log         what it says

The nodes listen on the loopback interface only, without TLS unless `options` say so. A started cluster outlives its
starter, unless it is `tied` to it: then the kernel ends the nodes when the process (the thread) that started them ends,
however that happens.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from assay.core.errors import AssayError, DependencyMissing, InvalidInput, NotFound, StateError, SystemFailure
from assay.core.files import atomic_write
from assay.core.json_text import parse_json
from assay.ledger.etcd.gateway import Gateway
from assay.ledger.etcd.url import Address, Endpoint

__all__ = ["Cluster", "Node", "find_etcd"]

_STATE: Final = "cluster.json"
_HOST: Final = "127.0.0.1"
_RESERVED: Final = (2379, 2380)
_MAX_NODES: Final = 9
_PR_SET_PDEATHSIG: Final = 1
_libc = ctypes.CDLL(None, use_errno=True)


def find_etcd() -> str:
    """The path of `etcd`, from $PATH or beside this Python; raises `DependencyMissing`."""
    program = shutil.which("etcd") or shutil.which("etcd", path=f"{sys.prefix}/bin")
    if program is None:
        raise DependencyMissing("this needs the program etcd 3.4 or newer: apt install etcd-server", name="etcd")
    return program


@dataclass(frozen=True, slots=True)
class Node:
    """One node: where it listens to clients and to the others, and its process (0: none was started)."""

    name: str
    client: int
    peer: int
    advertised: int
    pid: int = 0


class Cluster:
    """The cluster in `folder`, which `create` made."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).absolute()
        try:
            raw = (self.folder / _STATE).read_bytes()
        except OSError as error:
            raise NotFound(f"there is no cluster in {self.folder}: {error.strerror}") from None
        state = parse_json(raw, max_bytes=1 << 16, max_depth=4)
        try:
            self.nodes = [Node(**node) for node in state["nodes"]]
            self._token = str(state["token"])
            self._options = [str(option) for option in state["options"]]
            self._scheme = str(state["scheme"])
        except (TypeError, KeyError):
            raise InvalidInput(f"{self.folder / _STATE} is not the state of a cluster") from None
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        nodes: int = 3,
        ports: Sequence[int] = (),
        options: Sequence[str] = (),
        scheme: str = "http",
        peers_through: Sequence[int] = (),
    ) -> Cluster:
        """Lay out a cluster in a new or empty folder; `start` starts it.

        `ports` are two a node, client and peer (free ones when empty); `options` go to each node's command line;
        `peers_through` are the ports under which the nodes reach each other, when something stands between.
        """
        if not 1 <= nodes <= _MAX_NODES:
            raise InvalidInput(f"a local cluster has 1 to {_MAX_NODES} nodes, not {nodes}")
        folder = Path(folder).absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise StateError(f"{folder} is not empty: start the cluster that is there, or give another folder")
        chosen = list(ports) or free_ports(2 * nodes)
        if len(set(chosen)) != 2 * nodes or any(not 1 <= port <= 65535 for port in chosen):
            raise InvalidInput(f"{nodes} nodes need {2 * nodes} distinct ports, not {chosen}")
        laid_out = [
            Node(f"n{i}", chosen[2 * i], chosen[2 * i + 1], peers_through[i] if peers_through else chosen[2 * i + 1])
            for i in range(nodes)
        ]
        _write(folder, laid_out, secrets.token_hex(8), options, scheme)
        return cls(folder)

    @property
    def address(self) -> Address:
        """Where a client finds the nodes; without prefix or credentials."""
        return Address(tuple(Endpoint(_HOST, node.client) for node in self.nodes))

    def url(self, prefix: str = "/assay") -> str:
        """The etcd:// address of a ledger on this cluster."""
        return str(replace(self.address, prefix="/" + prefix.strip("/") + "/"))

    # --- starting and stopping ----------------------------------------------------------------------------------------

    def start(self, *, tied: bool = False, wait: float = 30.0, address: Address | None = None) -> None:
        """Start the nodes that do not run, and wait until the cluster takes writes (0: do not wait)."""
        for number in range(len(self.nodes)):
            if not self.running(number):
                self.start_node(number, tied=tied)
        if wait:
            self.wait(wait, address=address)

    def start_node(self, number: int, *, tied: bool = False) -> None:
        """Start node `number`; does not wait."""
        node = self.nodes[number]
        everyone = ",".join(f"{each.name}={self._scheme}://{_HOST}:{each.advertised}" for each in self.nodes)
        client = f"{self._client_scheme}://{_HOST}:{node.client}"
        command = [
            find_etcd(), "--name", node.name, "--data-dir", str(self.folder / node.name),
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", f"{self._scheme}://{_HOST}:{node.peer}",
            "--initial-advertise-peer-urls", f"{self._scheme}://{_HOST}:{node.advertised}",
            "--initial-cluster", everyone, "--initial-cluster-state", "new", "--initial-cluster-token", self._token,
            "--logger", "zap", "--log-level", "warn", *self._options,
        ]  # fmt: skip
        with (self.folder / f"{node.name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={name: value for name, value in os.environ.items() if not name.startswith("ETCD_")},
                start_new_session=not tied,
                preexec_fn=_end_with_parent if tied else None,
            )
        self._children[number] = process
        self._set(number, process.pid)

    @property
    def _client_scheme(self) -> str:
        return "https" if "--cert-file" in self._options else "http"

    def wait(self, seconds: float, *, address: Address | None = None) -> None:
        """Wait until all nodes know their leader and a write goes through; `SystemFailure` when they do not."""
        deadline = time.monotonic() + seconds
        gateway = Gateway(address or self.address, timeout=2.0)
        fault: Exception | None = None
        try:
            while time.monotonic() < deadline:
                for number, node in enumerate(self.nodes):
                    if not self.running(number):
                        raise SystemFailure(f"node {node.name} ended: {self.last_words(number)}")
                try:
                    if all(gateway.status(number).leader for number in range(len(self.nodes))):
                        gateway.delete(b"\0assay/cluster/probe")
                        return
                except AssayError as error:
                    fault = error
                time.sleep(0.05)
        finally:
            gateway.close()
        raise SystemFailure(f"the cluster in {self.folder} is not up after {seconds:g} s: {fault}")

    def kill(self, number: int, sign: int = signal.SIGKILL) -> None:
        """Send a signal to node `number` and wait until it has ended."""
        pid = self.nodes[number].pid
        if self.running(number):
            with suppress(ProcessLookupError):
                os.kill(pid, sign)
            deadline = time.monotonic() + 15
            while self.running(number):
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                time.sleep(0.005)
        self._children.pop(number, None)
        self._set(number, 0)

    def stop(self, sign: int = signal.SIGTERM) -> None:
        """End all nodes at once; their data stays."""
        for number, node in enumerate(self.nodes):
            if self.running(number):
                with suppress(ProcessLookupError):
                    os.kill(node.pid, sign)
        for number in range(len(self.nodes)):
            self.kill(number, sign)

    def running(self, number: int) -> bool:
        """Whether the process of node `number` lives; it is told from others by its data folder."""
        child = self._children.get(number)
        if child is not None:
            return child.poll() is None
        node = self.nodes[number]
        try:
            arguments = Path(f"/proc/{node.pid}/cmdline").read_bytes().split(b"\0") if node.pid else []
        except OSError:
            return False
        return os.fsencode(self.folder / node.name) in arguments

    def leader(self, address: Address | None = None) -> int:
        """The number of the node that leads; `StateError` when none does."""
        gateway = Gateway(address or self.address, timeout=1.0)
        try:
            for number in range(len(self.nodes)):
                with suppress(AssayError):
                    status = gateway.status(number)
                    if status.leader == status.member != 0:
                        return number
        finally:
            gateway.close()
        raise StateError(f"no node of the cluster in {self.folder} leads")

    def last_words(self, number: int) -> str:
        """The end of a node's log."""
        log = self.folder / f"{self.nodes[number].name}.log"
        try:
            lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:
            return "it left no log"
        return next((line[-500:] for line in reversed(lines) if line.strip()), "its log is empty")

    def _set(self, number: int, pid: int) -> None:
        self.nodes[number] = replace(self.nodes[number], pid=pid)
        _write(self.folder, self.nodes, self._token, self._options, self._scheme)


def _write(folder: Path, nodes: Sequence[Node], token: str, options: Sequence[str], scheme: str) -> None:
    state: dict[str, Any] = {
        "nodes": [asdict(node) for node in nodes],
        "token": token,
        "options": list(options),
        "scheme": scheme,
    }
    with atomic_write(folder / _STATE, mode=0o600) as file:
        file.write(json.dumps(state, indent=1).encode())


def free_ports(count: int) -> list[int]:
    """Distinct ports of the loopback interface on which nobody listens now; never etcd's own two."""
    held: list[socket.socket] = []
    try:
        while len(held) < count:
            holder = socket.socket()
            holder.bind((_HOST, 0))
            if holder.getsockname()[1] in _RESERVED:
                holder.close()
            else:
                held.append(holder)
        return [holder.getsockname()[1] for holder in held]
    finally:
        for holder in held:
            holder.close()


def _end_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
