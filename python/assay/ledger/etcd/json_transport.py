"""etcd's JSON gateway, by HTTP/1.1: one warm connection a thread and node."""

from __future__ import annotations

import http.client
import os
import select
import socket
import threading
import weakref
from contextlib import suppress
from typing import Any, Final

from assay.core.errors import AssayError, EncodingError, LimitError, StateError
from assay.ledger.etcd import json_form
from assay.ledger.etcd.errors import Ambiguous, Unavailable, error_of
from assay.ledger.etcd.messages import Call, Message
from assay.ledger.etcd.transport import MAX_ANSWER_BYTES, Question, Stream, Transport
from assay.ledger.etcd.url import Address, Endpoint

__all__ = ["JsonTransport"]

_MAX_ERROR_BYTES: Final = 64 << 10
_UNKNOWN: Final = 2


class _Connections(threading.local):
    """The connections of one thread, by endpoint."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.open: dict[Endpoint, http.client.HTTPConnection] = {}


class JsonTransport(Transport):
    """Posts JSON to the nodes."""

    def __init__(self, address: Address, timeout: float) -> None:
        super().__init__(address, timeout)
        self._tls = address.tls()
        self._mine = _Connections()
        self._all: weakref.WeakSet[http.client.HTTPConnection] = weakref.WeakSet()
        self._closed = False

    def _exchange(self, node: int, question: Question, token: str) -> dict[str, Any]:
        endpoint = self.address.endpoints[node]
        connection = self._connected(endpoint, question.timeout)
        try:
            _post(connection, question.call, question.fields, token)
            if question.meanwhile is not None:
                question.meanwhile()
            response = connection.getresponse()
            status, raw = response.status, response.read(MAX_ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException) as fault:
            self._drop(endpoint)
            reason = f"{endpoint}: {fault or type(fault).__name__}"
            if question.repeatable:
                raise Unavailable(reason) from fault
            raise Ambiguous(f"{reason}; the request may have been carried out") from fault
        except BaseException:  # Ctrl-C between question and answer: the next question must not get this answer
            self._drop(endpoint)
            raise
        if len(raw) > MAX_ANSWER_BYTES:
            self._drop(endpoint)
        try:
            if status != 200:
                raise _error(status, raw, question.repeatable)
            answer = json_form.parse(raw, MAX_ANSWER_BYTES)
            form = question.call.answer
            return _part(form, answer) if question.call.streams else json_form.read(form, answer)
        except (EncodingError, LimitError) as fault:
            if question.repeatable:
                raise
            raise Ambiguous(f"{endpoint}: {fault}; the request may have been carried out") from fault

    def stream(self, node: int, call: Call, question: dict[str, Any], idle: float) -> Stream:
        """As in `Transport`."""
        endpoint = self.address.endpoints[node]
        token = self.token(node)
        connection = self._connect(endpoint, self.timeout)
        try:
            _post(connection, call, question, token, {"Grpc-Metadata-hasleader": "true"})
            response = connection.getresponse()
            if response.status != 200:
                raise _error(response.status, response.read(_MAX_ERROR_BYTES), True)
            return _JsonStream(connection, response, call.answer, idle)
        except (OSError, http.client.HTTPException) as fault:
            _shut(connection)
            raise fault if isinstance(fault, Unavailable) else Unavailable(f"{endpoint}: {fault}") from fault
        except BaseException:
            _shut(connection)
            raise

    # --- connections --------------------------------------------------------------------------------------------------

    def _connect(self, endpoint: Endpoint, timeout: float) -> http.client.HTTPConnection:
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
            connection = self._mine.open[endpoint] = self._connect(endpoint, timeout)
        connection.sock.settimeout(timeout)
        return connection

    def _drop(self, endpoint: Endpoint) -> None:
        connection = self._mine.open.pop(endpoint, None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """As in `Transport`."""
        self._closed = True
        for connection in list(self._all):
            _shut(connection)


class _JsonStream(Stream):
    """One JSON object a line."""

    def __init__(
        self,
        connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
        answer: Message,
        idle: float,
    ) -> None:
        self._connection = connection
        self._response = response
        self._answer = answer
        self._idle = idle

    def next(self) -> dict[str, Any]:
        """As in `Stream`."""
        try:
            line = self._response.readline(MAX_ANSWER_BYTES)
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as fault:
            # http.client raises the last two when another thread closes what it reads from
            raise Unavailable(f"the stream broke: {fault}") from fault
        if not line:
            raise Unavailable("the stream ended")
        if self._connection.sock is not None:
            self._connection.sock.settimeout(self._idle)
        return _part(self._answer, json_form.parse(line, MAX_ANSWER_BYTES))

    def close(self) -> None:
        """As in `Stream`."""
        _shut(self._connection)


def _post(
    connection: http.client.HTTPConnection,
    call: Call,
    question: dict[str, Any],
    token: str,
    headers: dict[str, str] | None = None,
) -> None:
    headers = {"Content-Type": "application/json"} | (headers or {})
    if token:
        headers["Authorization"] = token
    connection.request("POST", f"/v3/{call.path}", json_form.encode(question), headers)


def _shut(connection: http.client.HTTPConnection) -> None:
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


def _part(message: Message, answer: dict[str, Any]) -> dict[str, Any]:
    """One answer of a stream."""
    if "error" in answer:
        error = json_form.as_object(answer["error"])
        code = error.get("grpc_code", _UNKNOWN)
        raise error_of(code if type(code) is int else _UNKNOWN, str(error.get("message", "")), repeatable=True)
    return json_form.read(message, json_form.as_object(answer.get("result", {})))


def _error(status: int, raw: bytes, repeatable: bool) -> Exception:
    """The error that an answer of HTTP other than 200 stands for."""
    code, message = _UNKNOWN, f"HTTP status {status}"
    try:
        answer = json_form.parse(raw[:_MAX_ERROR_BYTES], _MAX_ERROR_BYTES)
    except AssayError:
        return error_of(code, message, repeatable=repeatable)
    given, told = answer.get("code"), answer.get("message", answer.get("error"))
    if type(given) is int:
        code = given
    if isinstance(told, str):
        message = told
    return error_of(code, message, repeatable=repeatable)
