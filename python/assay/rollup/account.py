"""An account and its leaf.

    leaf   = H(leaf; index, pk.x, pk.y, nonce, packed, reg, salt)
    packed = (credit + 2^39) + 2^40 S + 2^72 blocked + 2^73 revoked

Ranges: index, nonce < 2^16; |credit| < 2^39 and 0 <= S < 2^32, both at scale 2^16; salt < 2^128. All are checked
when an account is made, so that one that exists can be packed, and a packed value opens in one way only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from assay.core.errors import InvalidInput
from assay.rollup.domains import MODULUS, hash_fields

__all__ = [
    "ARITY",
    "CAPACITY",
    "CREDIT_LIMIT",
    "DEPTH",
    "LABEL_LIMIT",
    "NONCE_LIMIT",
    "PAD_INDEX",
    "SCORE_LIMIT",
    "Account",
    "PublicKey",
    "answer_commitment",
    "empty_leaf",
    "registration_commitment",
]

ARITY = 4
DEPTH = 8
CAPACITY = ARITY**DEPTH
"""Accounts in the tree: 2^16."""
PAD_INDEX = CAPACITY - 1
"""Never assigned: pads point at it."""
NONCE_LIMIT = 1 << 16
CREDIT_LIMIT = 1 << 39
SCORE_LIMIT = 1 << 32
LABEL_LIMIT = 1 << 16

PublicKey = tuple[int, int]
"""Affine coordinates on Baby Jubjub."""


def _require(name: str, value: int, low: int, high: int) -> None:
    if type(value) is not int or not low <= value < high:
        raise InvalidInput(f"{name} is {value!r}; it must be an int in [{low}, {high})")


@dataclass(frozen=True, slots=True)
class Account:
    """The state of one account, as its leaf commits to it.

    Attributes:
        index: slot in the tree, below `PAD_INDEX`.
        public_key: the Baby Jubjub key that signs its queries.
        nonce: queries made so far.
        credit: proved credit of the paper's Eq. (3), signed, scale 2^16.
        score: S of the detector, scale 2^16.
        blocked: latched when S reached the threshold.
        revoked: set by the registrar.
        registration: commitment to the registered label.
        salt: 128 bits known to the user and the operator.
    """

    index: int
    public_key: PublicKey
    nonce: int
    credit: int
    score: int
    blocked: bool
    revoked: bool
    registration: int
    salt: int

    def __post_init__(self) -> None:
        _require("index", self.index, 0, PAD_INDEX)
        for name, value in zip(("public_key.x", "public_key.y"), self.public_key, strict=True):
            _require(name, value, 0, MODULUS)
        _require("nonce", self.nonce, 0, NONCE_LIMIT)
        _require("credit", self.credit, 1 - CREDIT_LIMIT, CREDIT_LIMIT)
        _require("score", self.score, 0, SCORE_LIMIT)
        _require("registration", self.registration, 0, MODULUS)
        _require("salt", self.salt, 0, 1 << 128)

    @property
    def packed(self) -> int:
        """Credit, score and both bits in one field element."""
        return (self.credit + CREDIT_LIMIT) + (self.score << 40) + (int(self.blocked) << 72) + (int(self.revoked) << 73)

    def leaf(self) -> int:
        """The leaf of this state."""
        return hash_fields(
            "leaf", [self.index, *self.public_key, self.nonce, self.packed, self.registration, self.salt]
        )


@cache
def empty_leaf() -> int:
    """The leaf of a slot that was never assigned."""
    return hash_fields("empty", [0])


def registration_commitment(label: int, opening: int) -> int:
    """reg = H(registration; label, rho)."""
    _require("label", label, 0, LABEL_LIMIT)
    _require("opening", opening, 0, 1 << 128)
    return hash_fields("registration", [label, opening])


def answer_commitment(label: int, opening: int, public_key: PublicKey, nonce: int) -> int:
    """com = H(answer; label, rho, pk, nonce'), nonce' the one after this query."""
    _require("label", label, 0, LABEL_LIMIT)
    _require("opening", opening, 0, 1 << 128)
    _require("nonce", nonce, 1, NONCE_LIMIT)
    return hash_fields("answer", [label, opening, *public_key, nonce])
