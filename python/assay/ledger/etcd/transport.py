"""HTTP to the nodes of etcd: one warm connection a thread and node, the next node when one fails.

A request that cannot have reached a node is sent to the next one. One that may have is sent again only when it is
`repeatable` (reads, and writes that change nothing the second time); for the others the caller gets `Ambiguous`.
What a node answers is treated as hostile: bounded in size and depth, and of the types we expect.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import socket
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from assay.core.errors import AssayError, EncodingError, LimitError, StateError
from assay.core.json_text import parse_json
from assay.ledger.etcd.errors import Ambiguous, TokenExpired, Unavailable, error_of
from assay.ledger.etcd.url import Address, Endpoint

__all__ = ["MAX_ANSWER_BYTES", "MAX_DEPTH", "Transport"]

MAX_ANSWER_BYTES: Final = 32 << 20
MAX_DEPTH: Final = 16
_MAX_ERROR_BYTES: Final = 64 << 10


class _Connections(threading.local):
    """The connections of one thread, by endpoint."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.open: dict[Endpoint, http.client.HTTPConnection] = {}


class Transport:
    """Posts JSON to the nodes of `address`. All methods may be called from any thread."""

    def __init__(self, address: Address, *, timeout: float = 3.0) -> None:
        self.address = address
        self.timeout = timeout
        self._tls = address.tls()
        self._preferred = 0
        self._mine = _Connections()
        self._all: weakref.WeakSet[http.client.HTTPConnection] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._token = ""
        self._closed = False

    def post(
        self,
        path: str,
        body: dict[str, Any],
        *,
        repeatable: bool,
        timeout: float | None = None,
        at: int | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        """The answer to `body` at `path`, from the first node that gives one (or from node `at` alone).

        `meanwhile` is called between question and answer, each time that the question is sent.
        """
        encoded = json.dumps(body, separators=(",", ":")).encode()
        first = self._preferred if at is None else at
        failure: Exception = Unavailable("no node was asked")
        for step in range(len(self.address.endpoints) if at is None else 1):
            node = (first + step) % len(self.address.endpoints)
            try:
                answer = self._post(node, path, encoded, repeatable, timeout or self.timeout, meanwhile)
            except Unavailable as fault:
                failure = fault
                self.avoid(node)
                continue
            except Ambiguous:
                self.avoid(node)
                raise
            return answer
        raise failure

    def _post(
        self,
        node: int,
        path: str,
        body: bytes,
        repeatable: bool,
        timeout: float,
        meanwhile: Callable[[], None] | None,
    ) -> dict[str, Any]:
        token = self.token(node)
        try:
            return self._exchange(node, path, body, repeatable, timeout, token, meanwhile)
        except TokenExpired:
            if not self.address.user:
                raise
            return self._exchange(node, path, body, repeatable, timeout, self.token(node, instead_of=token), meanwhile)

    def _exchange(
        self,
        node: int,
        path: str,
        body: bytes,
        repeatable: bool,
        timeout: float,
        token: str,
        meanwhile: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        endpoint = self.address.endpoints[node]
        connection = self._connected(endpoint, timeout)
        try:
            connection.request("POST", path, body, self.headers(token))
            if meanwhile is not None:
                meanwhile()
            response = connection.getresponse()
            status, raw = response.status, response.read(MAX_ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException) as fault:
            self._drop(endpoint)
            reason = f"{endpoint}: {fault or type(fault).__name__}"
            if repeatable:
                raise Unavailable(reason) from fault
            raise Ambiguous(f"{reason}; the request may have been carried out") from fault
        except BaseException:  # Ctrl-C between question and answer: the next question must not get this answer
            self._drop(endpoint)
            raise
        if len(raw) > MAX_ANSWER_BYTES:
            self._drop(endpoint)
        try:
            return parse_answer(status, raw, repeatable)
        except (EncodingError, LimitError) as fault:
            if repeatable:
                raise
            raise Ambiguous(f"{endpoint}: {fault}; the request may have been carried out") from fault

    def headers(self, token: str) -> dict[str, str]:
        """The headers of a request."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = token
        return headers

    # --- connections --------------------------------------------------------------------------------------------------

    def connect(self, endpoint: Endpoint, timeout: float) -> http.client.HTTPConnection:
        """A new connection, which the caller owns; `Unavailable` when there is none to be had."""
        if self._closed:
            raise StateError("the client of etcd is closed")
        connection = (
            http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=timeout)
            if self._tls is None
            else http.client.HTTPSConnection(endpoint.host, endpoint.port, timeout=timeout, context=self._tls)
        )
        try:
            connection.connect()  # sets TCP_NODELAY
        except OSError as fault:
            connection.close()
            raise Unavailable(f"{endpoint}: {fault}") from fault
        self._all.add(connection)
        return connection

    def _connected(self, endpoint: Endpoint, timeout: float) -> http.client.HTTPConnection:
        if self._mine.process != os.getpid():  # after a fork the parent's connections are not ours
            self._mine.process, self._mine.open = os.getpid(), {}
        connection = self._mine.open.get(endpoint)
        if connection is not None and (connection.sock is None or self._closed or _has_ended(connection.sock)):
            self._drop(endpoint)
            connection = None
        if connection is None:
            connection = self._mine.open[endpoint] = self.connect(endpoint, timeout)
        connection.sock.settimeout(timeout)
        return connection

    def _drop(self, endpoint: Endpoint) -> None:
        connection = self._mine.open.pop(endpoint, None)
        if connection is not None:
            connection.close()

    @property
    def preferred(self) -> int:
        """The node that is asked first."""
        return self._preferred

    def prefer(self, node: int) -> None:
        """Ask `node` first from now on."""
        self._preferred = node

    def avoid(self, node: int) -> None:
        """Ask the node after `node` first, if `node` was."""
        with self._lock:
            if self._preferred == node:
                self._preferred = (node + 1) % len(self.address.endpoints)

    def close(self) -> None:
        """Close all connections; a request under way fails."""
        self._closed = True
        for connection in list(self._all):
            shut(connection)

    # --- authentication -----------------------------------------------------------------------------------------------

    def token(self, node: int, *, instead_of: str = "") -> str:
        """The token of the session, empty without a user; a new one when it is still `instead_of`."""
        if not self.address.user:
            return ""
        with self._lock:
            if self._token and self._token != instead_of:
                return self._token
        body = json.dumps({"name": self.address.user, "password": self.address.password()}).encode()
        answer = self._exchange(node, "/v3/auth/authenticate", body, True, self.timeout, "")
        token = answer.get("token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise EncodingError("etcd gave no token")
        with self._lock:
            self._token = token
        return token


def shut(connection: http.client.HTTPConnection) -> None:
    """Close a connection that another thread may be reading from; that thread gets an error."""
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
    connection.close()


def _has_ended(sock: socket.socket) -> bool:
    """Between two requests nothing is due on a connection: what can be read is its end."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def parse_answer(status: int, raw: bytes, repeatable: bool) -> dict[str, Any]:
    """The JSON object in an answer of HTTP; raises the error that it stands for."""
    if status == 200:
        return as_object(parse_json(raw, max_bytes=MAX_ANSWER_BYTES, max_depth=MAX_DEPTH))
    code, message = 2, f"HTTP status {status}"
    try:
        answer = as_object(parse_json(raw[:_MAX_ERROR_BYTES], max_bytes=_MAX_ERROR_BYTES, max_depth=MAX_DEPTH))
    except AssayError:
        raise error_of(code, message, repeatable=repeatable) from None
    given, told = answer.get("code"), answer.get("message", answer.get("error"))
    if type(given) is int:
        code = given
    if isinstance(told, str):
        message = told
    raise error_of(code, message, repeatable=repeatable)


def as_object(value: Any) -> dict[str, Any]:
    """`value`, which must be a JSON object."""
    if not isinstance(value, dict):
        raise EncodingError(f"etcd's answer is a {type(value).__name__}, not an object")
    return value
