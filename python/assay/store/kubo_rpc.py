"""Requests to a Kubo node: POST URL/api/v0/COMMAND?option=value, answers in bytes or lines of JSON.

Source: docs.ipfs.tech/reference/kubo/rpc. Each thread has a connection of its own, kept between requests. Every read is
bounded in bytes and, by the time-out, in seconds; redirects are not followed. An error is status 500 with JSON
{"Message": ...}, or after the answer began, the trailer X-Stream-Error, which http.client drops: a cut stream shows in
that the chunks do not end, or in what is missing from the answer.
"""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from assay.core.errors import AssayError, InvalidInput, SystemFailure, VerificationError
from assay.core.json_text import parse_json

__all__ = ["KuboError", "KuboRpc", "Upload"]

_MAX_LINE: Final = 1 << 16
_MAX_ANSWER: Final = 1 << 28
_STALE: Final = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


class KuboError(SystemFailure):
    """The node refused a request; `message` is its reason."""

    def __init__(self, command: str, status: int, message: str) -> None:
        super().__init__(f"the node answers {command} with status {status}: {message[:500]}")
        self.status = status
        self.message = message


class KuboRpc:
    """One node."""

    def __init__(self, url: str, *, timeout: float, authorization: str | None, ca_file: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise InvalidInput(f"the address of a node is http://HOST:PORT or https://..., not {url!r}")
        if parts.username is not None or parts.password is not None:
            raise InvalidInput("a password has no place in the address of a node; give `authorization`")
        if not timeout > 0:
            raise InvalidInput(f"a time-out is above 0 seconds, not {timeout}")
        self.url: Final = url
        self._parts: Final = parts
        self._timeout: Final = timeout
        self._authorization: Final = authorization
        self._tls: Final = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None
        self._mine: Final = threading.local()

    def call(self, command: str, options: Mapping[str, str], *, limit: int) -> bytes:
        """The first `limit` bytes of the answer."""
        with self._explained(command):
            response = self._request(command, options)
            body = response.read(limit)
            self._done(response)
            return body

    def ask(self, command: str, options: Mapping[str, str]) -> dict[str, Any]:
        """The one JSON object of the answer."""
        return _object(self.call(command, options, limit=_MAX_LINE + 1), command)

    def ask_many(self, command: str, options: Mapping[str, str]) -> list[dict[str, Any]]:
        """The JSON objects of the answer, one a line; at most 256 MiB of them."""
        with self._explained(command):
            response = self._request(command, options)
            answers = list(_lines(response, command))
            self._done(response)
            return answers

    @contextmanager
    def upload(self, command: str, options: Mapping[str, str]) -> Iterator[Upload]:
        """A request with a file, sent as it comes. If the block ends by an exception, the node sees a cut request."""
        with self._explained(command):
            self.close()  # the file cannot be sent again if a kept connection turns out to be closed
            connection = self._connection()
            boundary = f"assay-{secrets.token_hex(16)}"
            connection.putrequest("POST", self._path(command, options), skip_accept_encoding=True)
            connection.putheader("Content-Type", f"multipart/form-data; boundary={boundary}")
            connection.putheader("Transfer-Encoding", "chunked")
            if self._authorization is not None:
                connection.putheader("Authorization", self._authorization)
            connection.endheaders()
            upload = Upload(self, connection, command, boundary)
            try:
                yield upload
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Closes this thread's connection."""
        connection = getattr(self._mine, "connection", None)
        self._mine.connection = None
        if connection is not None:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is None:
            host, port = self._parts.hostname or "", self._parts.port
            if self._tls is not None:
                connection = http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._tls)
            else:
                connection = http.client.HTTPConnection(host, port, timeout=self._timeout)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._mine.connection = connection
        return connection

    def _path(self, command: str, options: Mapping[str, str]) -> str:
        return f"{self._parts.path.rstrip('/')}/api/v0/{command}?{urlencode({**options, 'offline': 'true'})}"

    def _request(self, command: str, options: Mapping[str, str]) -> http.client.HTTPResponse:
        headers = {} if self._authorization is None else {"Authorization": self._authorization}
        kept = getattr(self._mine, "connection", None) is not None
        try:
            return self._send(command, options, headers)
        except _STALE:
            if not kept:
                raise
            self.close()  # the node closed a kept connection; all commands may be repeated
            return self._send(command, options, headers)

    def _send(self, command: str, options: Mapping[str, str], headers: dict[str, str]) -> http.client.HTTPResponse:
        connection = self._connection()
        connection.request("POST", self._path(command, options), headers=headers)
        return self._checked(connection.getresponse(), command)

    def _checked(self, response: http.client.HTTPResponse, command: str) -> http.client.HTTPResponse:
        if response.status == http.client.OK:
            return response
        body = response.read(_MAX_LINE)
        self._done(response)
        try:
            message = json.loads(body).get("Message", "")
        except (ValueError, AttributeError, RecursionError):
            message = body.decode("utf-8", "replace").strip()
        raise KuboError(command, response.status, str(message))

    def _done(self, response: http.client.HTTPResponse) -> None:
        """Keeps the connection if the answer was read to its end."""
        if not response.isclosed() and response.read(1):
            self.close()

    @contextmanager
    def _explained(self, command: str) -> Iterator[None]:
        try:
            yield
        except KuboError:
            raise
        except AssayError:
            self.close()
            raise
        except TimeoutError:
            self.close()
            raise SystemFailure(f"the node {self.url} did not answer {command} within {self._timeout} s") from None
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise SystemFailure(f"the node {self.url} cannot be asked {command}: {error!r:.300}") from error


class Upload:
    """The file of one request."""

    def __init__(self, rpc: KuboRpc, connection: http.client.HTTPConnection, command: str, boundary: str) -> None:
        self._rpc = rpc
        self._connection = connection
        self._command = command
        self._boundary = boundary
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="blob"\r\n'
        self._chunk(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode())

    def send(self, piece: bytes | memoryview) -> None:
        """Sends the file's next bytes."""
        if len(piece):
            self._chunk(piece)

    def finish(self) -> list[dict[str, Any]]:
        """Ends the file; the JSON objects of the answer."""
        self._chunk(f"\r\n--{self._boundary}--\r\n".encode())
        self._connection.send(b"0\r\n\r\n")
        response = self._rpc._checked(self._connection.getresponse(), self._command)
        answers = list(_lines(response, self._command, most=1 << 16))
        self._rpc._done(response)
        return answers

    def _chunk(self, data: bytes | memoryview) -> None:
        self._connection.send(b"%x\r\n" % len(data))
        self._connection.send(data)
        self._connection.send(b"\r\n")


def _lines(response: http.client.HTTPResponse, command: str, most: int = _MAX_ANSWER) -> Iterator[dict[str, Any]]:
    size = 0
    while line := response.readline(_MAX_LINE + 1):
        size += len(line)
        if size > most:
            raise VerificationError(f"the node answers {command} with more than {most} bytes")
        if line.strip():
            yield _object(line, command)


def _object(text: bytes, command: str) -> dict[str, Any]:
    try:
        answer = parse_json(text, max_bytes=_MAX_LINE, max_depth=8, floats=True)
    except InvalidInput as error:
        raise VerificationError(f"the node answers {command} with no JSON: {error}") from None
    if not isinstance(answer, dict):
        raise VerificationError(f"the node answers {command} with JSON that is no object")
    return answer
