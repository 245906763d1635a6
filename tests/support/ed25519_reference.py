"""Ed25519 by its definition (RFC 8032, section 5.1) on Python integers: what the kernels are compared with.

Affine addition with inversions. Decoding is that of ref10 and OpenSSL: y is reduced, x = 0 takes either sign.
"""

from __future__ import annotations

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]
IDENTITY: Point = (0, 1)


def add(p: Point, q: Point) -> Point:
    (x1, y1), (x2, y2) = p, q
    t = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def neg(p: Point) -> Point:
    return -p[0] % P, p[1]


def mul(k: int, p: Point) -> Point:
    """Double and add, with the fractions of `add` kept as x = X / Z, y = Y / Z: one inversion at the end."""

    def fractions(p: tuple[int, int, int], q: tuple[int, int, int]) -> tuple[int, int, int]:
        (x1, y1, z1), (x2, y2, z2) = p, q
        zz = z1 * z2 % P
        t = D * (x1 * x2 % P) * (y1 * y2 % P) % P  # over zz^2
        square = zz * zz % P
        minus, plus = square - t, square + t
        x, y = (x1 * y2 + x2 * y1) * zz % P, (y1 * y2 + x1 * x2) * zz % P
        return x * minus % P, y * plus % P, minus * plus % P

    total = (0, 1, 1)
    for bit in bin(k)[2:]:
        total = fractions(total, total)
        if bit == "1":
            total = fractions(total, (*p, 1))
    inverse = pow(total[2], -1, P)
    return total[0] * inverse % P, total[1] * inverse % P


def decode(data: bytes) -> Point | None:
    sign, y = divmod(int.from_bytes(data, "little"), 1 << 255)
    y %= P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == -u % P:
        x = x * SQRT_MINUS_ONE % P
    if v * x * x % P != u:
        return None
    return (x if x & 1 == sign else -x % P), y


def encode(p: Point) -> bytes:
    return (p[1] | (p[0] & 1) << 255).to_bytes(32, "little")


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or IDENTITY


def torsion() -> list[Point]:
    """The eight points of order 1, 2, 4 and 8: multiples of one of order 8."""
    for y in range(2, 50):
        point = decode(y.to_bytes(32, "little"))
        if point is not None and mul(4, mul(L, point)) != IDENTITY:
            return [mul(i, mul(L, point)) for i in range(8)]
    raise AssertionError("no point of order 8 L among small y")


def encodings(p: Point) -> list[bytes]:
    """All that decode to p."""
    ys = [y for y in (p[1], p[1] + P) if y < 1 << 255]
    signs = [0, 1] if p[0] == 0 else [p[0] & 1]
    return [(y | sign << 255).to_bytes(32, "little") for y in ys for sign in signs]


def challenge(r: bytes, a: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def sign(k: int, a: bytes, nonce: int, message: bytes, offset: Point = IDENTITY) -> bytes:
    """A signature by the scalar k on R = nonce B + offset, as the holder of an odd key or nonce could make it."""
    r = encode(add(mul(nonce, BASE), offset))
    return r + ((nonce + challenge(r, a, message) * k) % L).to_bytes(32, "little")


def verify(a: bytes, message: bytes, signature: bytes) -> bool:
    s = int.from_bytes(signature[32:], "little")
    point = decode(a)
    if s >= L or point is None:
        return False
    k = challenge(signature[:32], a, message)
    return encode(add(mul(s, BASE), mul(k, neg(point)))) == signature[:32]
