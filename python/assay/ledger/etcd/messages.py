"""The messages and calls of etcd that the ledger needs (etcd 3.4, etcdserver/etcdserverpb/rpc.proto, mvccpb/kv.proto).

A message is a dictionary by the names of its fields: bytes, strings, 64-bit integers, truth values, names of an
enumeration, messages, or lists of these. What is asked is sent as it stands. In what is answered every field is there
but for messages that were left out; fields that are not named here are skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

__all__ = [
    "ALARM", "AUTHENTICATE", "COMPACT", "DEFRAGMENT", "DELETE", "GRANT", "KEEP_ALIVE", "MAX_INTEGER", "MEMBERS", "PUT",
    "RANGE", "REVOKE", "STATUS", "TXN", "WATCH", "Call", "Enumeration", "Field", "Message", "Repeated",
]  # fmt: skip

MAX_INTEGER: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Enumeration:
    """Names for 0, 1, and so on."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A list."""

    of: type | Message


class Message:
    """Fields by name: a number, and what stands there."""

    def __init__(self, **fields: tuple[int, Field]) -> None:
        self.fields: Final = fields
        self.numbers: Final = {number: (name, kind) for name, (number, kind) in fields.items()}
        self._empty = {name: _empty(kind) for name, (_, kind) in fields.items() if not isinstance(kind, Message)}

    def empty(self) -> dict[str, Any]:
        """A message in which nothing was sent."""
        return {name: [] if value == [] else value for name, value in self._empty.items()}


Field: TypeAlias = type | Enumeration | Message | Repeated


def _empty(kind: Field) -> Any:
    if isinstance(kind, Repeated):
        return []
    if isinstance(kind, Enumeration):
        return kind.names[0]
    assert isinstance(kind, type)
    return kind()


@dataclass(frozen=True, slots=True)
class Call:
    """A call: its names in gRPC and in the JSON gateway, question and answer; `streams` when many answers may come."""

    name: str
    path: str
    question: Message
    answer: Message
    streams: bool = False


# --- messages ---------------------------------------------------------------------------------------------------------

_HEADER: Final = Message(member_id=(2, int), revision=(3, int))
_KEY_VALUE: Final = Message(
    key=(1, bytes), create_revision=(2, int), mod_revision=(3, int), value=(5, bytes), lease=(6, int),
)  # fmt: skip
_RANGE: Final = Message(
    key=(1, bytes), range_end=(2, bytes), limit=(3, int), serializable=(7, bool), keys_only=(8, bool),
)  # fmt: skip
_RANGED: Final = Message(header=(1, _HEADER), kvs=(2, Repeated(_KEY_VALUE)), count=(4, int))
_PUT: Final = Message(key=(1, bytes), value=(2, bytes), lease=(3, int), ignore_lease=(6, bool))
_DELETE: Final = Message(key=(1, bytes), range_end=(2, bytes))
_HEADED: Final = Message(header=(1, _HEADER))
_COMPARE: Final = Message(
    result=(1, Enumeration(("EQUAL", "GREATER", "LESS", "NOT_EQUAL"))),
    target=(2, Enumeration(("VERSION", "CREATE", "MOD", "VALUE", "LEASE"))),
    key=(3, bytes), create_revision=(5, int), mod_revision=(6, int),
)  # fmt: skip
_OPERATION: Final = Message(request_range=(1, _RANGE), request_put=(2, _PUT), request_delete_range=(3, _DELETE))
_TXN: Final = Message(
    compare=(1, Repeated(_COMPARE)), success=(2, Repeated(_OPERATION)), failure=(3, Repeated(_OPERATION)),
)  # fmt: skip
_DONE: Final = Message(
    header=(1, _HEADER), succeeded=(2, bool), responses=(3, Repeated(Message(response_range=(1, _RANGED)))),
)  # fmt: skip
_WATCH: Final = Message(
    create_request=(1, Message(key=(1, bytes), range_end=(2, bytes), start_revision=(3, int))),
)  # fmt: skip
_WATCHED: Final = Message(
    created=(3, bool), canceled=(4, bool), compact_revision=(5, int), cancel_reason=(6, str),
    events=(11, Repeated(Message(type=(1, Enumeration(("PUT", "DELETE"))), kv=(2, _KEY_VALUE)))),
)  # fmt: skip
_LEASE: Final = Message(ID=(1, int))
_LEASED: Final = Message(ID=(2, int), TTL=(3, int))
_ALARMS: Final = Enumeration(("NONE", "NOSPACE", "CORRUPT"))
_RAISED: Final = Message(memberID=(1, int), alarm=(2, _ALARMS))
_STATUS: Final = Message(
    header=(1, _HEADER), version=(2, str), dbSize=(3, int), leader=(4, int), errors=(8, Repeated(str)),
    dbSizeInUse=(9, int),
)  # fmt: skip
_NOTHING: Final = Message()

# --- calls ------------------------------------------------------------------------------------------------------------

RANGE: Final = Call("KV/Range", "kv/range", _RANGE, _RANGED)
PUT: Final = Call("KV/Put", "kv/put", _PUT, _HEADED)
DELETE: Final = Call("KV/DeleteRange", "kv/deleterange", _DELETE, Message(deleted=(2, int)))
TXN: Final = Call("KV/Txn", "kv/txn", _TXN, _DONE)
COMPACT: Final = Call("KV/Compact", "kv/compaction", Message(revision=(1, int), physical=(2, bool)), _NOTHING)
WATCH: Final = Call("Watch/Watch", "watch", _WATCH, _WATCHED, streams=True)
GRANT: Final = Call("Lease/LeaseGrant", "lease/grant", Message(TTL=(1, int)), _LEASED)
KEEP_ALIVE: Final = Call("Lease/LeaseKeepAlive", "lease/keepalive", _LEASE, _LEASED, streams=True)
REVOKE: Final = Call("Lease/LeaseRevoke", "lease/revoke", _LEASE, _NOTHING)
STATUS: Final = Call("Maintenance/Status", "maintenance/status", _NOTHING, _STATUS)
DEFRAGMENT: Final = Call("Maintenance/Defragment", "maintenance/defragment", _NOTHING, _NOTHING)
ALARM: Final = Call(
    "Maintenance/Alarm",
    "maintenance/alarm",
    Message(action=(1, Enumeration(("GET", "ACTIVATE", "DEACTIVATE"))), memberID=(2, int), alarm=(3, _ALARMS)),
    Message(alarms=(2, Repeated(_RAISED))),
)
MEMBERS: Final = Call(
    "Cluster/MemberList",
    "cluster/member/list",
    _NOTHING,
    Message(members=(2, Repeated(Message(ID=(1, int), name=(2, str))))),
)
AUTHENTICATE: Final = Call(
    "Auth/Authenticate",
    "auth/authenticate",
    Message(name=(1, str), password=(2, str)),
    Message(token=(2, str)),
)
