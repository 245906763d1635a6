"""The stream of changes to a range of keys.

A stream ends when its node loses the others (`hasleader`), or is silent for `idle` seconds: a connection that nobody
cut may still lead nowhere. Whoever watches then begins a new stream, after the last revision that it has seen.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assay.core.json_text import parse_json
from assay.ledger.etcd.errors import Compacted, Unavailable, error_of
from assay.ledger.etcd.gateway import Gateway, KeyValue, integer, key_value, objects, text
from assay.ledger.etcd.transport import MAX_ANSWER_BYTES, MAX_DEPTH, as_object, parse_answer, shut

__all__ = ["Event", "Watch"]

_CODE: Final = 2


@dataclass(frozen=True, slots=True)
class Event:
    """A key was written, or removed (its value is empty then); `pair.modified` is the revision."""

    pair: KeyValue
    removed: bool


class Watch:
    """One stream. Iterate it in one thread; `close` may be called from another and ends the iteration."""

    def __init__(self, gateway: Gateway, key: bytes, end: bytes, *, after: int, idle: float = 5.0) -> None:
        """Watch the keys from `key` up to `end`, from the revision after `after` on.

        Raises `Unavailable`, and `Compacted` when those revisions are gone.
        """
        self._transport = gateway.transport
        self._node = self._transport.preferred
        self._closed = False
        endpoint = self._transport.address.endpoints[self._node]
        request = {
            "create_request": {"key": text(key), "range_end": text(end), "start_revision": str(after + 1)},
        }
        try:
            self._connection = self._transport.connect(endpoint, self._transport.timeout)
        except Unavailable:
            self._transport.avoid(self._node)
            raise
        try:
            headers = self._transport.headers(self._transport.token(self._node)) | {"Grpc-Metadata-hasleader": "true"}
            self._connection.request("POST", "/v3/watch", json.dumps(request).encode(), headers)
            self._response = self._connection.getresponse()
            if self._response.status != 200:
                parse_answer(self._response.status, self._response.read(1 << 16), True)
            self._read()  # the answer that the watch was created
            assert self._connection.sock is not None
            self._connection.sock.settimeout(idle)
        except (OSError, http.client.HTTPException) as fault:
            self._transport.avoid(self._node)
            shut(self._connection)
            raise fault if isinstance(fault, Unavailable) else Unavailable(f"{endpoint}: {fault}") from fault
        except BaseException:
            shut(self._connection)
            raise

    def __iter__(self) -> Iterator[list[Event]]:
        """The changes, those of one or more revisions at a time; ends when the stream does."""
        try:
            while not self._closed:
                events = self._read()
                if events:
                    yield events
        except TimeoutError:
            return
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            if not self._closed:  # http.client raises the last two when another thread closes what it reads from
                self._transport.avoid(self._node)
        finally:
            self.close()

    def _read(self) -> list[Event]:
        line = self._response.readline(MAX_ANSWER_BYTES)
        if not line:
            raise Unavailable("the stream ended")
        answer = as_object(parse_json(line, max_bytes=MAX_ANSWER_BYTES, max_depth=MAX_DEPTH))
        if "error" in answer:
            error = as_object(answer["error"])
            code = error.get("grpc_code", _CODE)
            raise error_of(code if type(code) is int else _CODE, str(error.get("message", "")), repeatable=True)
        result = as_object(answer.get("result", {}))
        if integer(result, "compact_revision"):
            raise Compacted(f"revisions before {integer(result, 'compact_revision')} were compacted away")
        if result.get("canceled") is True:
            raise Unavailable(f"the watch was cancelled: {str(result.get('cancel_reason', ''))[:200]}")
        events = map(as_object, objects(result, "events"))
        return [Event(key_value(as_object(each.get("kv", {}))), each.get("type") == "DELETE") for each in events]

    def close(self) -> None:
        """End the stream."""
        self._closed = True
        shut(self._connection)
