"""The circuit hash of snarkjs: BLAKE2b over a key before its contributions, with which their chain starts.

Fixed points in the order of the file, then number (u32, big-endian) and points of IC, H, L, A, B1, B2, points as
big-endian coordinates. Of H it takes tau^(n + i) - tau^i for i < n - 1 instead of the points of the key. Source:
github.com/iden3/snarkjs 0.7.6, zkey_new.js.

**Its overrun.** H is hashed by chunks of 2^14 points, the last one not shortened: for n >= 2^15 one more difference is
hashed, i = n - 1. Its power tau^(2 n - 1) is there if the file was made for more than n; with powers for exactly n,
snarkjs takes the 64 bytes that follow the section in the file for a point. They are neither below p nor on the curve,
so that what comes out depends on how its arithmetic treats such numbers. `_Wide` repeats that, or the keys of most
public ceremonies could not be verified. The hash still depends on all powers and on nothing else but the file.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from assay import _native
from assay.ceremony.phase1.ptau import POWERS, PowersFile
from assay.ceremony.points import CHUNK, G1, G2
from assay.core.errors import EncodingError
from assay.core.progress import Progress
from assay.crypto import bn254
from assay.crypto.field import Fp, Limbs
from assay.crypto.groth16 import zkey

__all__ = ["circuit_hash"]

_TAU1: Final = POWERS[0]
_SNARKJS_CHUNK: Final = 1 << 14


def circuit_hash(head: zkey.Head, sections: dict[str, Limbs], powers: PowersFile, progress: Progress) -> bytes:
    """64 bytes. head, sections: of the initial key; powers: those it was made from, whose tauG1 are checked here."""
    n = head.domain
    hasher = _native.Blake2b()
    for name, words in zkey.FIXED_WORDS.items():
        hasher.update((G1 if words == 8 else G2).encode(head.points[name].reshape(1, words)))
    with progress.task("circuit hash", total=sum(len(points) for points in sections.values())) as task:
        for name in ("ic", "h", "l", "a", "b1", "b2"):
            total = n - 1 if name == "h" else len(sections[name])
            hasher.update(total.to_bytes(4, "big"))
            for start in range(0, total, CHUNK):
                count = min(CHUNK, total - start)
                if name == "h":
                    hasher.update(G1.encode(_differences(powers, n, start, count)))
                else:
                    points = np.ascontiguousarray(sections[name][start : start + count])
                    hasher.update((G2 if name == "b2" else G1).encode(points))
                task.advance(count)
            if name == "h" and n > _SNARKJS_CHUNK:
                hasher.update(_overrun(powers, n))
    return bytes(hasher.digest())


def _differences(powers: PowersFile, n: int, start: int, count: int) -> Limbs:
    """[tau^(n + i) - tau^i] for i from `start`."""
    high = powers.file.rows(_TAU1.section, G1.limbs, n + start, count)
    low = powers.file.rows(_TAU1.section, G1.limbs, start, count)
    for first, points in ((n + start, high), (start, low)):
        G1.check(points, f"section {_TAU1.section} ({_TAU1.name})", first=first)
    return G1.add(high, G1.from_canonical(bn254.G1.neg(G1.canonical(low))))


def _overrun(powers: PowersFile, n: int) -> bytes:
    """What is hashed for i = n - 1, 64 bytes."""
    if powers.power >= n.bit_length():
        return G1.encode(_differences(powers, n, n - 1, 1))
    last = powers.file.rows(_TAU1.section, G1.limbs, n - 1, 1)
    G1.check(last, f"section {_TAU1.section} ({_TAU1.name})", first=n - 1)
    following = powers.file.bytes_after(_TAU1.section, G1.bytes)
    if len(following) < G1.bytes:
        raise EncodingError(f"{powers.name}: section {_TAU1.section} is the last one; snarkjs hashes what follows it")
    x1, y1 = (int.from_bytes(following[i : i + 32], "little") for i in (0, 32))
    x2, y2 = (int.from_bytes(last[0, i : i + 4].astype("<u8").tobytes(), "little") for i in (0, 4))
    return _Wide.subtract(x1, y1, x2, y2)


class _Wide:
    """wasmcurves' Montgomery arithmetic over F_p, R = 2^256, on any integers below R: its mixed addition of two affine
    points, which for coordinates below p is the chord of the curve y^2 = x^3 + 3."""

    _P: Final = Fp.modulus
    _R: Final = 1 << 256
    _MINUS_INVERSE: Final = -pow(Fp.modulus, -1, 1 << 256) % (1 << 256)

    @classmethod
    def subtract(cls, x1: int, y1: int, x2: int, y2: int) -> bytes:
        """(x1, y1) - (x2, y2), affine, as it is hashed. The coordinates of the second are below p."""
        add, sub, mul = cls._add, cls._sub, cls._mul
        h, slope = sub(x2, x1), sub(sub(0, y2), y1)
        i = add(mul(h, h), mul(h, h))
        i = add(i, i)
        j, r, v = mul(h, i), add(slope, slope), mul(x1, i)
        x3 = sub(sub(mul(r, r), j), add(v, v))
        twice = mul(y1, j)
        y3 = sub(mul(sub(v, x3), r), add(twice, twice))
        z = add(h, h)
        inverse = pow(z * pow(cls._R, -1, cls._P), -1, cls._P) * cls._R % cls._P
        square = mul(inverse, inverse)
        x, y = mul(square, x3), mul(mul(inverse, y3), square)
        return b"".join((w * pow(cls._R, -1, cls._P) % cls._P).to_bytes(32, "big") for w in (x, y))

    @classmethod
    def _reduced(cls, value: int) -> int:
        """One subtraction of p, if there is a carry or the value is not below p."""
        return (value - cls._P) % cls._R if value >= cls._P else value

    @classmethod
    def _add(cls, a: int, b: int) -> int:
        return cls._reduced(a + b)

    @classmethod
    def _sub(cls, a: int, b: int) -> int:
        return a - b if a >= b else (a - b + cls._P) % cls._R

    @classmethod
    def _mul(cls, a: int, b: int) -> int:
        product = a * b
        m = product * cls._MINUS_INVERSE % cls._R
        return cls._reduced((product + m * cls._P) >> 256)
