"""The requests of etcd's JSON gateway that the ledger needs, typed (etcd 3.4, api/etcdserverpb/rpc.proto).

In JSON, bytes are base64, 64-bit integers are decimal strings, and zeros are left out. Every write is answered with the
revision of the whole store, and each key carries the revision that wrote it: that is what compare-and-swap goes by.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from assay.core.errors import AssayError, EncodingError
from assay.ledger.etcd.errors import Compacted, LeaseGone
from assay.ledger.etcd.transport import Transport, as_object
from assay.ledger.etcd.url import Address

__all__ = [
    "Gateway",
    "KeyValue",
    "Outcome",
    "Range",
    "Status",
    "absent",
    "created_at",
    "delete",
    "end_of",
    "modified_at",
    "put",
    "text",
]

MAX_INT64: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class KeyValue:
    """A key, its value, and the revisions that made and last changed it."""

    key: bytes
    value: bytes
    created: int
    modified: int
    lease: int


@dataclass(frozen=True, slots=True)
class Range:
    """The keys found, the revision at which they were read, and how many there are in all."""

    pairs: tuple[KeyValue, ...]
    revision: int
    count: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a transaction: whether its comparisons held, at which revision, and what its reads found."""

    succeeded: bool
    revision: int
    reads: tuple[tuple[KeyValue, ...], ...]


@dataclass(frozen=True, slots=True)
class Status:
    """One node: its id, that of the node it follows (0: none), its revision, and the size of its data base."""

    member: int
    leader: int
    revision: int
    version: str
    size: int
    in_use: int
    errors: tuple[str, ...]


# --- the parts of a transaction ---------------------------------------------------------------------------------------


def text(raw: bytes) -> str:
    """Bytes as the gateway wants them."""
    return base64.b64encode(raw).decode("ascii")


def end_of(prefix: bytes) -> bytes:
    """The end of the range of all keys that start with `prefix`, whose last byte is not 0xff."""
    return prefix[:-1] + bytes([prefix[-1] + 1])


def put(key: bytes, value: bytes, lease: int = 0) -> dict[str, Any]:
    """The operation that writes a key; with a lease, for as long as that lives."""
    body: dict[str, Any] = {"key": text(key), "value": text(value)}
    if lease:
        body["lease"] = str(lease)
    return {"request_put": body}


def delete(key: bytes, end: bytes = b"") -> dict[str, Any]:
    """The operation that removes a key, or those from `key` up to `end`."""
    return {"request_delete_range": {"key": text(key)} | ({"range_end": text(end)} if end else {})}


def get(key: bytes) -> dict[str, Any]:
    """The operation that reads a key."""
    return {"request_range": {"key": text(key)}}


def modified_at(key: bytes, revision: int) -> dict[str, Any]:
    """The condition that a key was last written at `revision`; 0: that there is none."""
    return {"key": text(key), "target": "MOD", "result": "EQUAL", "mod_revision": str(revision)}


def created_at(key: bytes, revision: int) -> dict[str, Any]:
    """The condition that a key is the one made at `revision`."""
    return {"key": text(key), "target": "CREATE", "result": "EQUAL", "create_revision": str(revision)}


def absent(key: bytes) -> dict[str, Any]:
    """The condition that there is no such key."""
    return created_at(key, 0)


# --- the requests -----------------------------------------------------------------------------------------------------


class Gateway:
    """A client of etcd. Errors are those of `errors`; all methods may be called from any thread."""

    def __init__(self, address: Address, *, timeout: float = 3.0) -> None:
        self.address = address
        self.transport = Transport(address, timeout=timeout)

    def range(
        self, key: bytes, end: bytes = b"", *, limit: int = 0, serializable: bool = False, keys_only: bool = False
    ) -> Range:
        """A key, or those from it up to `end`. `serializable` asks one node only, which may be behind."""
        body: dict[str, Any] = {"key": text(key)}
        if end:
            body["range_end"] = text(end)
        if limit:
            body["limit"] = str(limit)
        if serializable:
            body["serializable"] = True
        if keys_only:
            body["keys_only"] = True
        answer = self.transport.post("/v3/kv/range", body, repeatable=True)
        return Range(_pairs(answer), _revision(answer), integer(answer, "count"))

    def put(self, key: bytes, value: bytes, lease: int = 0) -> int:
        """Write a key; returns the revision."""
        answer = self.transport.post("/v3/kv/put", put(key, value, lease)["request_put"], repeatable=False)
        return _revision(answer)

    def delete(self, key: bytes, end: bytes = b"") -> int:
        """Remove a key, or those up to `end`; returns how many there were."""
        body = delete(key, end)["request_delete_range"]
        return integer(self.transport.post("/v3/kv/deleterange", body, repeatable=True), "deleted")

    def transact(
        self,
        compare: Sequence[dict[str, Any]],
        success: Sequence[dict[str, Any]],
        failure: Sequence[dict[str, Any]] = (),
        *,
        repeatable: bool = False,
        timeout: float | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Outcome:
        """Carry out `success` if all of `compare` holds, else `failure`, as one step."""
        body = {"compare": list(compare), "success": list(success)}
        if failure:
            body["failure"] = list(failure)
        answer = self.transport.post("/v3/kv/txn", body, repeatable=repeatable, timeout=timeout, meanwhile=meanwhile)
        reads = tuple(
            _pairs(as_object(part["response_range"]))
            for part in map(as_object, objects(answer, "responses"))
            if "response_range" in part
        )
        return Outcome(answer.get("succeeded") is True, _revision(answer), reads)

    def compact(self, revision: int) -> None:
        """Forget what was before `revision`; that it is forgotten already is no error."""
        body = {"revision": str(revision), "physical": True}
        with suppress(Compacted):
            self.transport.post("/v3/kv/compaction", body, repeatable=True, timeout=60)

    # --- leases -------------------------------------------------------------------------------------------------------

    def grant(self, seconds: int) -> int:
        """A new lease; its keys vanish unless it is kept alive each `seconds`."""
        # a grant whose answer was lost runs out by itself, so asking again does no harm
        return integer(self.transport.post("/v3/lease/grant", {"TTL": str(seconds)}, repeatable=True), "ID")

    def keep_alive(self, lease: int) -> int:
        """Begin a lease's time anew; returns the seconds it has, 0 when it is gone."""
        answer = self.transport.post("/v3/lease/keepalive", {"ID": str(lease)}, repeatable=True)
        return integer(as_object(answer.get("result", {})), "TTL")

    def revoke(self, lease: int) -> None:
        """End a lease, and its keys with it; one that is gone already is no error."""
        with suppress(LeaseGone):
            self.transport.post("/v3/lease/revoke", {"ID": str(lease)}, repeatable=True)

    # --- the cluster --------------------------------------------------------------------------------------------------

    def status(self, node: int, *, timeout: float | None = None) -> Status:
        """What node `node` of the address says of itself."""
        answer = self.transport.post("/v3/maintenance/status", {}, repeatable=True, at=node, timeout=timeout)
        header = as_object(answer.get("header", {}))
        return Status(
            member=integer(header, "member_id"),
            leader=integer(answer, "leader"),
            revision=integer(header, "revision"),
            version=str(answer.get("version", ""))[:40],
            size=integer(answer, "dbSize"),
            in_use=integer(answer, "dbSizeInUse"),
            errors=tuple(str(error)[:300] for error in objects(answer, "errors")),
        )

    def prefer_leader(self) -> None:
        """Ask the leading node first from now on, which saves a hop for each write."""
        for node in range_of(self.address):
            with suppress(AssayError):  # a node that cannot say is not the one
                status = self.status(node, timeout=0.3)
                if status.leader == status.member != 0:
                    self.transport.prefer(node)
                    return

    def members(self) -> list[tuple[int, str]]:
        """The nodes of the cluster: id and name."""
        answer = self.transport.post("/v3/cluster/member/list", {}, repeatable=True)
        members = map(as_object, objects(answer, "members"))
        return [(integer(member, "ID"), str(member.get("name", ""))[:80]) for member in members]

    def defragment(self, node: int) -> None:
        """Give free space in the data base of node `node` back to the disk; the node stands still meanwhile."""
        self.transport.post("/v3/maintenance/defragment", {}, repeatable=True, at=node, timeout=60)

    def alarms(self) -> list[tuple[int, str]]:
        """The alarms raised: node and kind, as NOSPACE."""
        answer = self.transport.post("/v3/maintenance/alarm", {"action": "GET"}, repeatable=True)
        alarms = map(as_object, objects(answer, "alarms"))
        return [(integer(alarm, "memberID"), str(alarm.get("alarm", ""))[:40]) for alarm in alarms]

    def disarm(self) -> None:
        """Take back the alarm of the space quota."""
        for member, kind in self.alarms():
            body = {"action": "DEACTIVATE", "memberID": str(member), "alarm": kind}
            self.transport.post("/v3/maintenance/alarm", body, repeatable=True)

    def close(self) -> None:
        """Close all connections."""
        self.transport.close()


def range_of(address: Address) -> range:
    """The numbers of an address's nodes."""
    return range(len(address.endpoints))


# --- reading answers --------------------------------------------------------------------------------------------------


def integer(answer: dict[str, Any], name: str) -> int:
    """A 64-bit integer of an answer, 0 when it is left out."""
    value = answer.get(name, 0)
    if isinstance(value, str) and len(value) <= 20 and value.isascii():
        with suppress(ValueError):
            value = int(value)
    if type(value) is not int or not 0 <= value <= MAX_INT64 * 2 + 1:
        raise EncodingError(f"{name!r} in etcd's answer is not a 64-bit integer")
    return value


def objects(answer: dict[str, Any], name: str) -> list[Any]:
    """A list of an answer, empty when it is left out."""
    value = answer.get(name, [])
    if not isinstance(value, list):
        raise EncodingError(f"{name!r} in etcd's answer is not a list")
    return value


def raw_bytes(answer: dict[str, Any], name: str) -> bytes:
    """Bytes of an answer, empty when they are left out."""
    value = answer.get(name, "")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise EncodingError(f"{name!r} in etcd's answer is not base64") from None


def key_value(pair: dict[str, Any]) -> KeyValue:
    """A key with its value."""
    return KeyValue(
        raw_bytes(pair, "key"), raw_bytes(pair, "value"), integer(pair, "create_revision"),
        integer(pair, "mod_revision"), integer(pair, "lease"),
    )  # fmt: skip


def _pairs(answer: dict[str, Any]) -> tuple[KeyValue, ...]:
    return tuple(key_value(as_object(pair)) for pair in objects(answer, "kvs"))


def _revision(answer: dict[str, Any]) -> int:
    return integer(as_object(answer.get("header", {})), "revision")
