"""Transactions: what is signed, by whom, and how it travels.

    M = H(tag of the kind; ctx, a, b)

with (a, b) = (com, 0) for a query, (EMPTY, new leaf) for a registration, (old leaf, new leaf) for rotate, revoke and
clear. The authority is the recognition service for a query and the registrar for the rest; the holder is the
account's owner (query: under the old key; register and rotate: under the new one, which proves possession).

A transaction carries the openings that its audit needs: it goes to the operator alone, and its `repr` shows none of
them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar

from assay.core.encoding import decode_record, digest_bytes, encode_record
from assay.core.errors import EncodingError, InvalidInput
from assay.crypto.eddsa import Signature
from assay.rollup.account import LABEL_LIMIT, PAD_INDEX, PublicKey
from assay.rollup.domains import hash_fields

__all__ = [
    "Clear",
    "Kind",
    "Opening",
    "Query",
    "Register",
    "Revoke",
    "Rotate",
    "Transaction",
    "decode",
    "encode",
    "message",
    "transaction_id",
]

_VERSION = 1
_LIMIT = 4096  # bytes of an encoded transaction


class Kind(IntEnum):
    """The six kinds, in the order of the circuit's selector."""

    QUERY = 0
    REGISTER = 1
    ROTATE = 2
    REVOKE = 3
    CLEAR = 4
    PAD = 5


def message(kind: Kind, context: int, a: int, b: int) -> int:
    """The field element that the parties sign."""
    if kind is Kind.PAD:
        raise InvalidInput("a pad carries no signature")
    return hash_fields(kind.name.lower(), [context, a, b])


@dataclass(frozen=True, slots=True)
class Opening:
    """A label and the 128 random bits that hide it in a commitment."""

    label: int
    rho: int = field(repr=False)

    def __post_init__(self) -> None:
        if type(self.label) is not int or not 0 <= self.label < LABEL_LIMIT:
            raise InvalidInput(f"a label is an int in [0, {LABEL_LIMIT}), got {self.label!r}")
        if type(self.rho) is not int or not 0 <= self.rho < 1 << 128:
            raise InvalidInput("rho is an int of at most 128 bits")


def _check_index(index: int) -> None:
    if type(index) is not int or not 0 <= index < PAD_INDEX:
        raise InvalidInput(f"an account index is an int in [0, {PAD_INDEX}), got {index!r}")


@dataclass(frozen=True, slots=True)
class Query:
    """A model query: the service's commitment to its answer, signed by it and co-signed by the user."""

    kind: ClassVar[Kind] = Kind.QUERY
    index: int
    nonce: int
    answer: Opening = field(repr=False)
    authority: Signature
    holder: Signature

    def __post_init__(self) -> None:
        _check_index(self.index)


@dataclass(frozen=True, slots=True)
class Register:
    """A new account in an empty slot."""

    kind: ClassVar[Kind] = Kind.REGISTER
    index: int
    public_key: PublicKey
    registered: Opening = field(repr=False)
    salt: int = field(repr=False)
    authority: Signature
    holder: Signature

    def __post_init__(self) -> None:
        _check_index(self.index)


@dataclass(frozen=True, slots=True)
class Rotate:
    """A new key for an account; ends a revocation."""

    kind: ClassVar[Kind] = Kind.ROTATE
    index: int
    public_key: PublicKey
    salt: int = field(repr=False)
    authority: Signature
    holder: Signature

    def __post_init__(self) -> None:
        _check_index(self.index)


@dataclass(frozen=True, slots=True)
class Revoke:
    """The registrar takes an account out of service."""

    kind: ClassVar[Kind] = Kind.REVOKE
    index: int
    authority: Signature

    def __post_init__(self) -> None:
        _check_index(self.index)


@dataclass(frozen=True, slots=True)
class Clear:
    """The registrar lifts a block and sets the score to 0."""

    kind: ClassVar[Kind] = Kind.CLEAR
    index: int
    authority: Signature

    def __post_init__(self) -> None:
        _check_index(self.index)


Transaction = Query | Register | Rotate | Revoke | Clear


def encode(transaction: Transaction) -> bytes:
    """The canonical bytes of a transaction."""
    t = transaction
    match t:
        case Query():
            body = (t.nonce, t.answer.label, t.answer.rho, t.authority.to_bytes(), t.holder.to_bytes())
            return encode_record(_record(t.kind), _VERSION, t.index, *body)
        case Register():
            opening = (t.registered.label, t.registered.rho)
            signatures = (t.authority.to_bytes(), t.holder.to_bytes())
            return encode_record(_record(t.kind), _VERSION, t.index, *t.public_key, *opening, t.salt, *signatures)
        case Rotate():
            signatures = (t.authority.to_bytes(), t.holder.to_bytes())
            return encode_record(_record(t.kind), _VERSION, t.index, *t.public_key, t.salt, *signatures)
        case Revoke() | Clear():
            return encode_record(_record(t.kind), _VERSION, t.index, t.authority.to_bytes())


def decode(kind: Kind, data: bytes) -> Transaction:
    """The transaction of a kind in `data`; EncodingError for anything that `encode` did not write."""
    record, signature = _record(kind), Signature.from_bytes
    match kind:
        case Kind.QUERY:
            i, nonce, label, rho, s1, s2 = decode_record(
                data, record, _VERSION, int, int, int, int, bytes, bytes, limit=_LIMIT
            )
            return Query(i, nonce, Opening(label, rho), signature(s1), signature(s2))
        case Kind.REGISTER:
            i, x, y, label, rho, salt, s1, s2 = decode_record(
                data, record, _VERSION, int, int, int, int, int, int, bytes, bytes, limit=_LIMIT
            )
            return Register(i, (x, y), Opening(label, rho), salt, signature(s1), signature(s2))
        case Kind.ROTATE:
            i, x, y, salt, s1, s2 = decode_record(
                data, record, _VERSION, int, int, int, int, bytes, bytes, limit=_LIMIT
            )
            return Rotate(i, (x, y), salt, signature(s1), signature(s2))
        case Kind.REVOKE | Kind.CLEAR:
            i, s1 = decode_record(data, record, _VERSION, int, bytes, limit=_LIMIT)
            return (Revoke if kind is Kind.REVOKE else Clear)(i, signature(s1))
    raise EncodingError("a pad is not a transaction that anyone sends")


def transaction_id(transaction: Transaction) -> bytes:
    """SHA-256 under a tag of the canonical bytes: names the transaction in receipts."""
    return digest_bytes("assay/rollup/transaction-id/v1", encode(transaction))


def _record(kind: Kind) -> str:
    return f"assay/rollup/{kind.name.lower()}"
