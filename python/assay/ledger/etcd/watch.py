"""The stream of changes to a range of keys.

A stream ends when its node loses the others, or after some seconds by itself (`Transport.stream`). Whoever watches then
begins a new one, after the last revision that it has seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assay.ledger.etcd.errors import Compacted, Unavailable
from assay.ledger.etcd.gateway import Gateway, KeyValue, key_value
from assay.ledger.etcd.messages import WATCH

__all__ = ["Event", "Watch"]


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
        question = {"create_request": {"key": key, "range_end": end, "start_revision": after + 1}}
        try:
            self._stream = self._transport.stream(self._node, WATCH, question, idle)
            try:
                _events(self._stream.next())  # the answer that the watch was created
            except BaseException:
                self._stream.close()
                raise
        except OSError as fault:
            self._transport.avoid(self._node)
            raise fault if isinstance(fault, Unavailable) else Unavailable(f"no watch: {fault}") from fault

    def __iter__(self) -> Iterator[list[Event]]:
        """The changes, those of one or more revisions at a time; ends when the stream does."""
        try:
            while not self._closed:
                events = _events(self._stream.next())
                if events:
                    yield events
        except TimeoutError:
            return
        except (OSError, ValueError):
            if not self._closed:
                self._transport.avoid(self._node)
        finally:
            self.close()

    def close(self) -> None:
        """End the stream."""
        self._closed = True
        self._stream.close()


def _events(answer: dict[str, Any]) -> list[Event]:
    if answer["compact_revision"]:
        raise Compacted(f"revisions before {answer['compact_revision']} were compacted away")
    if answer["canceled"]:
        raise Unavailable(f"the watch was cancelled: {answer['cancel_reason'][:200]}")
    return [Event(key_value(each["kv"]), each["type"] == "DELETE") for each in answer["events"] if "kv" in each]
