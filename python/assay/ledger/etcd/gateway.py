"""The requests to etcd that the ledger needs, typed; they go by gRPC, or by etcd's JSON gateway without `grpcio`.

Every write is answered with the revision of the whole store, and each key carries the revision that wrote it: that is
what compare-and-swap goes by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from assay.core.errors import AssayError
from assay.ledger.etcd.errors import Compacted, LeaseGone
from assay.ledger.etcd.grpc_transport import GrpcTransport, has_grpc
from assay.ledger.etcd.json_transport import JsonTransport
from assay.ledger.etcd.messages import (
    ALARM,
    COMPACT,
    DEFRAGMENT,
    DELETE,
    GRANT,
    KEEP_ALIVE,
    MEMBERS,
    PUT,
    RANGE,
    REVOKE,
    STATUS,
    TXN,
)
from assay.ledger.etcd.transport import Transport
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
]


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


def end_of(prefix: bytes) -> bytes:
    """The end of the range of all keys that start with `prefix`, whose last byte is not 0xff."""
    return prefix[:-1] + bytes([prefix[-1] + 1])


def put(key: bytes, value: bytes, lease: int = 0, *, ignore_lease: bool = False) -> dict[str, Any]:
    """The operation that writes a key; with a lease, for as long as that lives, or for that which it has already."""
    body: dict[str, Any] = {"key": key, "value": value}
    if lease:
        body["lease"] = lease
    if ignore_lease:
        body["ignore_lease"] = True
    return {"request_put": body}


def delete(key: bytes, end: bytes = b"") -> dict[str, Any]:
    """The operation that removes a key, or those from `key` up to `end`."""
    return {"request_delete_range": {"key": key} | ({"range_end": end} if end else {})}


def get(key: bytes) -> dict[str, Any]:
    """The operation that reads a key."""
    return {"request_range": {"key": key}}


def modified_at(key: bytes, revision: int) -> dict[str, Any]:
    """The condition that a key was last written at `revision`; 0: that there is none."""
    return {"key": key, "target": "MOD", "result": "EQUAL", "mod_revision": revision}


def created_at(key: bytes, revision: int) -> dict[str, Any]:
    """The condition that a key is the one made at `revision`."""
    return {"key": key, "target": "CREATE", "result": "EQUAL", "create_revision": revision}


def absent(key: bytes) -> dict[str, Any]:
    """The condition that there is no such key."""
    return created_at(key, 0)


# --- the requests -----------------------------------------------------------------------------------------------------


class Gateway:
    """A client of etcd. Errors are those of `errors`; all methods may be called from any thread."""

    def __init__(self, address: Address, *, timeout: float = 3.0) -> None:
        self.address = address
        grpc = has_grpc() if address.wire is None else address.wire == "grpc"
        self.transport: Transport = (GrpcTransport if grpc else JsonTransport)(address, timeout)

    def range(
        self, key: bytes, end: bytes = b"", *, limit: int = 0, serializable: bool = False, keys_only: bool = False
    ) -> Range:
        """A key, or those from it up to `end`. `serializable` asks one node only, which may be behind."""
        question: dict[str, Any] = {"key": key}
        if end:
            question["range_end"] = end
        if limit:
            question["limit"] = limit
        if serializable:
            question["serializable"] = True
        if keys_only:
            question["keys_only"] = True
        answer = self.transport.call(RANGE, question, repeatable=True)
        return Range(_pairs(answer), _revision(answer), answer["count"])

    def put(self, key: bytes, value: bytes, lease: int = 0) -> int:
        """Write a key; returns the revision."""
        return _revision(self.transport.call(PUT, put(key, value, lease)["request_put"], repeatable=False))

    def delete(self, key: bytes, end: bytes = b"") -> int:
        """Remove a key, or those up to `end`; returns how many there were."""
        deleted: int = self.transport.call(DELETE, delete(key, end)["request_delete_range"], repeatable=True)["deleted"]
        return deleted

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
        question = {"compare": list(compare), "success": list(success)}
        if failure:
            question["failure"] = list(failure)
        answer = self.transport.call(TXN, question, repeatable=repeatable, timeout=timeout, meanwhile=meanwhile)
        parts = (part["response_range"] for part in answer["responses"] if "response_range" in part)
        return Outcome(answer["succeeded"], _revision(answer), tuple(map(_pairs, parts)))

    def compact(self, revision: int) -> None:
        """Forget what was before `revision`; that it is forgotten already is no error."""
        with suppress(Compacted):
            self.transport.call(COMPACT, {"revision": revision, "physical": True}, repeatable=True, timeout=60)

    # --- leases -------------------------------------------------------------------------------------------------------

    def grant(self, seconds: int) -> int:
        """A new lease; its keys vanish unless it is kept alive each `seconds`."""
        # a grant whose answer was lost runs out by itself, so asking again does no harm
        lease: int = self.transport.call(GRANT, {"TTL": seconds}, repeatable=True)["ID"]
        return lease

    def keep_alive(self, lease: int) -> int:
        """Begin a lease's time anew; returns the seconds it has, 0 when it is gone."""
        seconds: int = self.transport.call(KEEP_ALIVE, {"ID": lease}, repeatable=True)["TTL"]
        return seconds

    def revoke(self, lease: int) -> None:
        """End a lease, and its keys with it; one that is gone already is no error."""
        with suppress(LeaseGone):
            self.transport.call(REVOKE, {"ID": lease}, repeatable=True)

    # --- the cluster --------------------------------------------------------------------------------------------------

    def status(self, node: int, *, timeout: float | None = None) -> Status:
        """What node `node` of the address says of itself."""
        answer = self.transport.call(STATUS, {}, repeatable=True, at=node, timeout=timeout)
        return Status(
            member=answer.get("header", {}).get("member_id", 0),
            leader=answer["leader"],
            revision=_revision(answer),
            version=answer["version"][:40],
            size=answer["dbSize"],
            in_use=answer["dbSizeInUse"],
            errors=tuple(error[:300] for error in answer["errors"]),
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
        answer = self.transport.call(MEMBERS, {}, repeatable=True)
        return [(member["ID"], member["name"][:80]) for member in answer["members"]]

    def defragment(self, node: int) -> None:
        """Give free space in the data base of node `node` back to the disk; the node stands still meanwhile."""
        self.transport.call(DEFRAGMENT, {}, repeatable=True, at=node, timeout=60)

    def alarms(self) -> list[tuple[int, str]]:
        """The alarms raised: node and kind, as NOSPACE."""
        answer = self.transport.call(ALARM, {"action": "GET"}, repeatable=True)
        return [(alarm["memberID"], alarm["alarm"][:40]) for alarm in answer["alarms"]]

    def disarm(self) -> None:
        """Take back the alarm of the space quota."""
        for member, kind in self.alarms():
            question = {"action": "DEACTIVATE", "memberID": member, "alarm": kind}
            self.transport.call(ALARM, question, repeatable=True)

    def close(self) -> None:
        """Close all connections."""
        self.transport.close()


def range_of(address: Address) -> range:
    """The numbers of an address's nodes."""
    return range(len(address.endpoints))


# --- reading answers --------------------------------------------------------------------------------------------------


def key_value(pair: dict[str, Any]) -> KeyValue:
    """A key with its value."""
    return KeyValue(pair["key"], pair["value"], pair["create_revision"], pair["mod_revision"], pair["lease"])


def _pairs(answer: dict[str, Any]) -> tuple[KeyValue, ...]:
    return tuple(map(key_value, answer["kvs"]))


def _revision(answer: dict[str, Any]) -> int:
    revision: int = answer.get("header", {}).get("revision", 0)
    return revision
