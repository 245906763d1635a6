"""Baby Jubjub and EdDSA-Poseidon by the definitions, on Python integers: what the circuits are compared with.

Affine addition as in EIP-2494; signatures as iden3 defines them. Only Poseidon comes from the library.
"""

from __future__ import annotations

from assay.crypto.poseidon import hash_ints

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
L = 2736030358979909402780800718157159386076813972158567259200215660948447373041
A, D = 168700, 168696
IDENTITY = (0, 1)
BASE8 = (
    5299619240641551281634865583518297030282874472190772894086521144482721001553,
    16950150798460657717958625567821834550301663161624707787222815936182638968203,
)
# of order 8 l, EIP-2494's G; l G has order 8
GENERATOR = (
    995203441582195749578291179787384436505546430278305826713579947235728471134,
    5472060717959818805561601436314318772137091100104008585924551046643952123905,
)

Point = tuple[int, int]


def on_curve(p: Point) -> bool:
    x, y = p
    return (A * x * x + y * y - 1 - D * x * x * y * y) % R == 0


def add(p: Point, q: Point) -> Point:
    (x1, y1), (x2, y2) = p, q
    t = D * x1 * x2 * y1 * y2 % R
    return (
        (x1 * y2 + y1 * x2) * pow(1 + t, -1, R) % R,
        (y1 * y2 - A * x1 * x2) * pow(1 - t, -1, R) % R,
    )


def times(k: int, p: Point) -> Point:
    out = IDENTITY
    for bit in f"{k:b}":
        out = add(out, out)
        if bit == "1":
            out = add(out, p)
    return out


def negative(p: Point) -> Point:
    return -p[0] % R, p[1]


def public_key(secret: int) -> Point:
    return times(secret, BASE8)


def sign(secret: int, message: int, nonce: int = 0, key: Point | None = None) -> tuple[int, int, int]:
    """(R8.x, R8.y, S); the nonce defaults to a hash of secret and message (for tests only)."""
    r = nonce or hash_ints([secret, message]) % L
    r8 = times(r, BASE8)
    h = hash_ints([*r8, *(key or public_key(secret)), message])
    return (*r8, (r + 8 * h * secret) % L)


def verifies(key: Point, message: int, signature: tuple[int, int, int]) -> bool:
    r8, s = signature[:2], signature[2]
    if not (on_curve(key) and on_curve(r8) and 0 <= s < L) or times(8, key) == IDENTITY:
        return False
    h = hash_ints([*r8, *key, message])
    return times(s, BASE8) == add(r8, times(h, times(8, key)))
