"""Points that hostile files and proofs hold: on the curve, but outside the group."""

from __future__ import annotations

import itertools

from assay.crypto.field import Fp

P = Fp.modulus


def g2_outside_subgroup() -> tuple:
    """A point of the twist that is not of order r: the first x = (k, 1) with a square right side."""
    xi_inverse = fp2_inverse((9, 1))
    b = (3 * xi_inverse[0] % P, 3 * xi_inverse[1] % P)
    for k in itertools.count(1):
        x = (k, 1)
        cube = fp2_mul(fp2_mul(x, x), x)
        y = fp2_sqrt(((cube[0] + b[0]) % P, (cube[1] + b[1]) % P))
        if y is not None:
            return (x, y)
    raise AssertionError


def fp2_mul(a: tuple, b: tuple) -> tuple:
    return ((a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P)


def fp2_inverse(a: tuple) -> tuple:
    n = pow(a[0] * a[0] + a[1] * a[1], -1, P)
    return (a[0] * n % P, -a[1] * n % P)


def fp2_sqrt(a: tuple) -> tuple | None:
    """By the complex method: p = 3 mod 4."""
    norm = (a[0] * a[0] + a[1] * a[1]) % P
    root = pow(norm, (P + 1) // 4, P)
    for s in (root, P - root):
        half = (a[0] + s) * pow(2, -1, P) % P
        c0 = pow(half, (P + 1) // 4, P)
        if c0 and c0 * c0 % P == half:
            y = (c0, a[1] * pow(2 * c0, -1, P) % P)
            if fp2_mul(y, y) == a:
                return y
    return None
