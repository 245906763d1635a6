"""`assay bench paillier`: arrays of encrypted floats, beside python-paillier (`phe`) with the same key in the same run.

phe computes one number after the other on one thread, whatever the number of ours; its encryption is the same for our
three, whose blindings differ in what they cost and rest on. Floats are drawn from N(0, 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from assay.bench.harness import Report, measure, sizes
from assay.bench.power_peers import gmpy2_name
from assay.core.errors import DependencyMissing, NotFound, SystemFailure
from assay.crypto import paillier
from assay.crypto.paillier import phe as interop

__all__ = ["BATCH", "BITS", "run"]

BITS: Final = (2048, 3072)
BATCH: Final = 16
TERMS: Final = 30
_TOLERANCE: Final = 1e-6

Floats = npt.NDArray[np.float64]


def run(report: Report, bits: int | None, batch: int | None) -> None:
    """Rows `encrypt_exact`, `encrypt_short`, `encrypt_keyholder`, `decrypt`, `add_float` (encrypted and encrypted),
    `dot30` (size = products of 30 encrypted numbers with 30 weights) and `add_same_exponent` (encrypted integers, no
    peer); size = numbers in the batch."""
    count = BATCH if batch is None else batch
    for length in sizes(BITS, bits):
        _bench(report, length, count)


class _Peer:
    """phe's face of a key, or why there is none."""

    def __init__(self, key: paillier.PrivateKey) -> None:
        self.name, self.why = "phe", None
        try:
            import phe

            self.private = interop.private_key_to_phe(key)
            self.name = f"phe {phe.__version__}, {gmpy2_name()}"
        except (DependencyMissing, ImportError, NotFound) as missing:
            self.private, self.why = None, f"no peer: {missing}"

    def seconds(self, compute: Callable[[Any], object]) -> float | None:
        """Median seconds of compute(phe's private key)."""
        return None if self.private is None else measure(lambda: compute(self.private)).seconds

    def numbers(self, values: Floats) -> list[Any]:
        """Encrypted by phe, each at its own exponent."""
        return [] if self.private is None else [self.private.public_key.encrypt(float(x)) for x in values.flat]


def _bench(report: Report, bits: int, count: int) -> None:
    key = paillier.generate(bits)
    public, peer = key.public_key, _Peer(key)
    rng = np.random.default_rng(1)
    a, b, weights = rng.standard_normal(count), rng.standard_normal(count), rng.standard_normal(TERMS)
    table = rng.standard_normal((count, TERMS))
    wholes = rng.integers(-(2**31), 2**31, count)

    def add(case: str, ours: Callable[[], object], theirs: float | None, name: str | None = peer.name) -> None:
        report.add(case, count, measure(ours), name, theirs, peer.why, bits=bits)

    encrypts = peer.seconds(lambda their: [their.public_key.encrypt(float(x)) for x in a])
    for case, encrypt in (
        ("encrypt_exact", public.encrypt_exact),
        ("encrypt_short", public.encrypt_short),
        ("encrypt_keyholder", key.encrypt_keyholder),
    ):
        _require_close(key.decrypt(encrypt(a)), a, case)
        add(case, lambda encrypt=encrypt: encrypt(a), encrypts)  # type: ignore[misc]

    x, y, rows = key.encrypt_keyholder(a), key.encrypt_keyholder(b), key.encrypt_keyholder(table)
    p, q = peer.numbers(a), peer.numbers(b)
    add("decrypt", lambda: key.decrypt(x), peer.seconds(lambda their: [their.decrypt(c) for c in p]))
    _require_close(key.decrypt(x + y), a + b, "add_float")
    add("add_float", lambda: x + y, peer.seconds(lambda _: [c + d for c, d in zip(p, q, strict=True)]))
    _require_close(key.decrypt(rows @ weights), table @ weights, "dot30")
    cells = peer.numbers(table)
    columns = [cells[i : i + TERMS] for i in range(0, len(cells), TERMS)]
    add("dot30", lambda: rows @ weights, peer.seconds(lambda _: [_dot(row, weights) for row in columns]))
    whole = key.encrypt_keyholder(wholes)
    _require_close(key.decrypt(whole + whole), 2 * wholes, "add_same_exponent")
    add("add_same_exponent", lambda: whole + whole, None, None)


def _dot(row: Sequence[Any], weights: Floats) -> Any:
    total = row[0] * float(weights[0])
    for number, weight in zip(row[1:], weights[1:], strict=True):
        total = total + number * float(weight)
    return total


def _require_close(found: npt.NDArray[Any], expected: npt.NDArray[Any], case: str) -> None:
    if not np.allclose(found, expected, rtol=0, atol=_TOLERANCE):
        raise SystemFailure(f"{case} decrypts to other numbers than it should")
