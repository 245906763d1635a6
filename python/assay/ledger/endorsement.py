"""Endorsements: signatures of certified identities on what a proposed call does, which the chain takes in its place.

A *proposal* is an endorsed transaction that has neither effects nor endorsements yet. An endorser executes it and signs

    digest("assay/ledger/endorsement/v1", (digest of the proposal, digest of the effects))

The digest of the proposal covers chain, sender, counter, contract, method and payload, so an endorsement counts for one
transaction alone. The transaction then carries

    effects       the canonical bytes of `effects.Effects`, on which all of its endorsers agree
    endorsements  ((account index, signature), ...), ascending by index

and its sender signs all of it. The ledger checks the endorsements (`check_endorsed`), and in `machine` the sender with
its role and counter, and that what was read is unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assay.core.encoding import decode, digest, encode
from assay.core.errors import AuthorizationError, EncodingError, LedgerError, LimitError, RevokedError
from assay.identity.certificate import MAX_INDEX
from assay.identity.keys import SigningKey
from assay.ledger.effects import Effects, effects_digest
from assay.ledger.policy import MAX_ENDORSERS, Policy, satisfied
from assay.ledger.standing import KnownAccounts
from assay.ledger.transactions import SignatureCheck, Transaction

__all__ = [
    "LIFETIME",
    "LIFETIME_BLOCKS",
    "Endorsement",
    "EndorsementExpired",
    "check_endorsed",
    "decode_endorsements",
    "encode_endorsements",
    "sign_endorsement",
    "signed_endorsements",
]

_ENDORSEMENT: Final = "assay/ledger/endorsement/v1"
LIFETIME: Final = 60_000  # ms between the time of the effects and that of the block, either way
LIFETIME_BLOCKS: Final = 10_000  # between the height of the effects and that of the block
_MAX_SIGNATURE_BYTES: Final = 256
_MAX_BYTES: Final = 16 << 10


class EndorsementExpired(LedgerError):
    """The effects of an endorsed transaction are of another time than its block: have it endorsed again."""


@dataclass(frozen=True, slots=True)
class Endorsement:
    """The signature of one account."""

    endorser: int
    signature: bytes


def sign_endorsement(key: SigningKey, proposal: Transaction, effects: Effects) -> bytes:
    """The signature of an endorser, 64 bytes, on what a proposal does."""
    return key.sign_digest(_signed(proposal, effects.digest))


def _signed(proposal: Transaction, effects_digest32: bytes) -> bytes:
    return digest(_ENDORSEMENT, (proposal.digest, effects_digest32))


def signed_endorsements(transaction: Transaction) -> list[tuple[int, bytes, bytes]]:
    """The endorsements of a transaction as (account index, digest signed, signature); worked out once."""
    known: list[tuple[int, bytes, bytes]] | None = transaction.__dict__.get("_signed_endorsements")
    if known is None:
        signed = _signed(transaction.proposal, effects_digest(transaction.effects))
        known = [(one.endorser, signed, one.signature) for one in decode_endorsements(transaction.endorsements)]
        transaction.__dict__["_signed_endorsements"] = known
    return known


def encode_endorsements(endorsements: Sequence[Endorsement]) -> bytes:
    """The canonical bytes, ascending by account."""
    ordered = sorted(endorsements, key=lambda endorsement: endorsement.endorser)
    return encode(tuple((endorsement.endorser, endorsement.signature) for endorsement in ordered), limit=_MAX_BYTES)


def decode_endorsements(data: bytes) -> tuple[Endorsement, ...]:
    """Read what `encode_endorsements` wrote."""
    items = decode(data, limit=_MAX_BYTES)
    if not isinstance(items, tuple) or len(items) > MAX_ENDORSERS:
        raise EncodingError(f"endorsements are a tuple of at most {MAX_ENDORSERS}")
    endorsements: list[Endorsement] = []
    last = -1
    for item in items:
        if type(item) is not tuple or len(item) != 2:
            raise EncodingError("an endorsement is (account index, signature)")
        endorser, signature = item
        if type(endorser) is not int or type(signature) is not bytes:
            raise EncodingError("an endorsement is (account index, signature)")
        if not last < endorser <= MAX_INDEX:
            raise EncodingError("the endorsements do not ascend by account: each endorses once")
        if len(signature) > _MAX_SIGNATURE_BYTES:
            raise LimitError(f"a signature has at most {_MAX_SIGNATURE_BYTES} bytes")
        endorsements.append(Endorsement(endorser, signature))
        last = endorser
    return tuple(endorsements)


def check_endorsed(
    transaction: Transaction,
    policy: Policy,
    known: KnownAccounts,
    *,
    height: int,
    time: int,
    check: SignatureCheck,
) -> Effects:
    """The effects of an endorsed transaction in block `height` at `time`, if those who satisfy `policy` endorsed them.

    Raises `EndorsementExpired`, `SignatureError`, and `AuthorizationError` for
    endorsers that the chain does not know, whose certificate is not in force, or who are too few.
    """
    effects = Effects.decode(transaction.effects)
    if not 0 <= height - effects.height <= LIFETIME_BLOCKS or abs(effects.time - time) > LIFETIME:
        raise EndorsementExpired(
            f"the transaction was endorsed for block {effects.height} at {effects.time} ms, this is block {height} at "
            f"{time} ms: have it endorsed again"
        )
    endorsers = []
    for index, signed, signature in signed_endorsements(transaction):
        found = known.find(index)
        if found is None:
            raise AuthorizationError(f"the chain does not know endorser {index}: publish its certificate first")
        certificate, account = found
        if not account.active(time):
            raise RevokedError(
                f"the certificate of endorser {account.name!r} is not in force: revoked, expired or not yet valid"
            )
        check(certificate, signed, signature)
        endorsers.append(account)
    if not satisfied(policy, endorsers):
        names = ", ".join(f"{account.name!r} ({account.role.value})" for account in endorsers)
        raise AuthorizationError(
            f"endorsed by {names or 'nobody'}: contract {transaction.contract!r} asks for {policy}"
        )
    return effects
