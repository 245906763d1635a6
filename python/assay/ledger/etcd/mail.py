"""What a process and the leader write into the process's mailbox: transactions, and what became of them.

    request = (sequence, height up to which the sender has the chain, encoded transactions)
    answer  = (sequence, height at which it was judged, fates), fate = (index, height, position, error classes, message)

A mailbox holds one of them or nothing. Transactions that came onto the chain above the request's height are answered by
their block; an answer names only the others: refused, or on the chain already. It takes the place of the request in one
step, so that no later leader can accept what the sender was told is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assay.core import errors
from assay.core.encoding import decode_record, encode_record
from assay.core.errors import AssayError, EncodingError, LedgerError
from assay.ledger.base import QueueFull
from assay.ledger.contracts import Refused
from assay.ledger.effects import StaleRead
from assay.ledger.endorsement import EndorsementExpired
from assay.ledger.etcd.layout import MAX_BODY_BYTES
from assay.ledger.machine import ContractFault, UsedCounter
from assay.ledger.quorum import NoQuorum
from assay.ledger.seal_journal import Equivocation

__all__ = [
    "MAX_BATCH",
    "MAX_BATCH_BYTES",
    "MAX_MAILBOXES",
    "Answer",
    "Fate",
    "Request",
    "error_names",
    "is_answer",
    "known_error",
]

MAX_MAILBOXES: Final = 64
MAX_BATCH: Final = 500
MAX_BATCH_BYTES: Final = 2 << 20
_REQUEST: Final = "assay.ledger.etcd.request"
_ANSWER: Final = "assay.ledger.etcd.answer"
_MAX_MESSAGE: Final = 500  # characters of one refusal
_MESSAGES: Final = 100_000  # characters of all refusals in an answer, which must not need the store
_KNOWN: Final[dict[str, type[AssayError]]] = {
    each.__name__: each
    for each in (
        AssayError, LedgerError, Refused, UsedCounter, ContractFault, QueueFull, errors.InvalidInput,
        errors.EncodingError, errors.LimitError, errors.WrongType, errors.NotFound, errors.StateError,
        errors.SystemFailure, errors.AuthorizationError, errors.RevokedError, errors.VerificationError,
        errors.SignatureError, errors.ProofError, StaleRead, EndorsementExpired, NoQuorum, Equivocation,
    )
}  # fmt: skip


def error_names(error: AssayError) -> tuple[str, ...]:
    """The classes of an error, the narrowest first, of which the reader takes the first that it knows."""
    return tuple(each.__name__[:80] for each in type(error).__mro__ if issubclass(each, AssayError))[:10]


def known_error(names: tuple[str, ...], message: str) -> AssayError:
    """The error of the first class in `names` that is known here."""
    return next((_KNOWN[name] for name in names if name in _KNOWN), LedgerError)(message)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of transaction `index`: its place on the chain, or its refusal."""

    index: int
    height: int = 0
    position: int = 0
    refusal: AssayError | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """Transactions for the leader."""

    sequence: int
    height: int
    transactions: tuple[bytes, ...]

    @property
    def encoded(self) -> bytes:
        """The canonical bytes."""
        return encode_record(_REQUEST, 1, self.sequence, self.height, self.transactions, limit=MAX_BODY_BYTES)

    @classmethod
    def decode(cls, data: bytes) -> Request:
        """Read what `encoded` gave."""
        sequence, height, transactions = decode_record(data, _REQUEST, 1, int, int, tuple, limit=MAX_BODY_BYTES)
        if len(transactions) > MAX_BATCH or any(type(each) is not bytes for each in transactions):
            raise EncodingError(f"a request holds at most {MAX_BATCH} encoded transactions")
        return cls(sequence, height, transactions)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of those transactions of a request that no block answers."""

    sequence: int
    height: int
    fates: tuple[Fate, ...]

    @property
    def encoded(self) -> bytes:
        """The canonical bytes."""
        room = min(_MAX_MESSAGE, _MESSAGES // max(1, len(self.fates)))
        fates = tuple(
            (each.index, each.height, each.position, (), "")
            if each.refusal is None
            else (each.index, 0, 0, error_names(each.refusal), str(each.refusal)[:room])
            for each in self.fates
        )
        return encode_record(_ANSWER, 1, self.sequence, self.height, fates)

    @classmethod
    def decode(cls, data: bytes) -> Answer:
        """Read what `encoded` gave."""
        sequence, height, parts = decode_record(data, _ANSWER, 1, int, int, tuple, limit=4 << 20)
        if len(parts) > MAX_BATCH:
            raise EncodingError(f"an answer holds at most {MAX_BATCH} fates")
        return cls(sequence, height, tuple(_fate(part) for part in parts))


def _fate(part: object) -> Fate:
    if type(part) is not tuple or [type(field) for field in part] != [int, int, int, tuple, str]:
        raise EncodingError("a fate is (index, height, position, error classes, message)")
    index, height, position, names, message = part
    if any(type(name) is not str for name in names) or len(names) > 10:
        raise EncodingError("the error classes of a fate are at most 10 names")
    return Fate(index, height, position, known_error(names, message) if names else None)


def is_answer(body: bytes) -> bool:
    """Whether a mailbox holds an answer."""
    return _ANSWER.encode() in body[:100]
