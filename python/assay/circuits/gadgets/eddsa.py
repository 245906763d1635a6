"""EdDSA over Baby Jubjub with Poseidon, as circomlib's `EdDSAPoseidonVerifier` accepts it.

    S B8 = R8 + h 8 A,   h = Poseidon(R8.x, R8.y, A.x, A.y, M) as an integer in [0, r)

Enforced: 0 <= S < l (a signature has one form), R8 and A on the curve, 8 A not the identity, h in its canonical 254
bits. 8 A then has order l, as `variable_base` demands. circomlib leaves the two curve checks to its caller.

With `enabled` = 0 nothing is claimed: any S < l, any R8 and A on the curve pass. The multiplication then runs on B8 in
place of 8 A, so that a witness exists for every such A, the identity too.

Cost: a key 555 (3 on the curve, 15 cofactor, 1 order, 536 multiples; 2 more if `enabled` is a signal), a verification
under a prepared key 2681 (3 on the curve, 343 bits of S, 504 S B8, 321 hash, 332 bits of h, 1164 h 8 A, 12 and 2 the
equation).
"""

from __future__ import annotations

from typing import NamedTuple

from assay.circuits import Builder, Scalar, Signal, template
from assay.circuits.gadgets import edwards, variable_base
from assay.circuits.gadgets.bits import bounded_bits, canonical_bits
from assay.circuits.gadgets.edwards import Point
from assay.circuits.gadgets.fixed_base import multiply_base
from assay.circuits.gadgets.poseidon import poseidon
from assay.circuits.gadgets.variable_base import Multiples
from assay.crypto.babyjubjub import BASE8, ORDER

__all__ = ["PreparedKey", "prepare_key", "select_key", "verify", "verify_prepared"]


class PreparedKey(NamedTuple):
    """A public key and the multiples of 8 A."""

    point: Point
    multiples: Multiples


def prepare_key(c: Builder, point: Point, enabled: Scalar = 1) -> PreparedKey:
    """Checks a public key and computes what verifying under it needs.

    `enabled` is 0 or 1, already checked. With 0 the key must still be on the curve, but its multiples are those of B8.
    """
    edwards.assert_on_curve(c, point)
    eight = edwards.select_point(c, enabled, edwards.cofactor_times(c, point), Point(*BASE8))
    # in the subgroup of order l only the identity has x = 0: 8 A is in it
    c.assert_nonzero(eight.x, "8 A is not the identity: the public key has small order")
    return PreparedKey(point, variable_base.prepare(c, eight))


def select_key(c: Builder, condition: Scalar, p: PreparedKey, q: PreparedKey) -> PreparedKey:
    """One of two keys: 18 constraints."""
    return PreparedKey(
        edwards.select_point(c, condition, p.point, q.point),
        variable_base.select_multiples(c, condition, p.multiples, q.multiples),
    )


@template
def verify_prepared(c: Builder, key: PreparedKey, r8: Point, s: Signal, message: Signal, enabled: Scalar) -> None:
    """Demands, if `enabled`, that (R8, S) signs the field element `message` under the key."""
    edwards.assert_on_curve(c, r8)
    base = multiply_base(c, bounded_bits(c, s, ORDER - 1))
    h = poseidon(c, [r8.x, r8.y, key.point.x, key.point.y, message])
    product, offset = variable_base.multiply_with_offset(c, key.multiples, canonical_bits(c, h))
    left, right = edwards.add(c, base, offset), edwards.add(c, r8, product)
    c.assert_product(enabled, c.sum([left.x]) - right.x, 0, "the signature verifies: x")
    c.assert_product(enabled, c.sum([left.y]) - right.y, 0, "the signature verifies: y")


def verify(c: Builder, public_key: Point, r8: Point, s: Signal, message: Signal, enabled: Scalar = 1) -> None:
    """Demands, if `enabled` (0 or 1, already checked), that (R8, S) signs `message` under the public key."""
    verify_prepared(c, prepare_key(c, public_key, enabled), r8, s, message, enabled)
