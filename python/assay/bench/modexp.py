"""`assay bench modexp`: batches of modular exponentiations, one odd modulus and one exponent of its length, beside
gmpy2, a GMP built for this processor and OpenSSL (`assay.bench.power_peers`)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from assay import _native
from assay.bench.harness import Report, Timing, measure, sizes
from assay.bench.power_peers import PEERS, PowerPeer, Powers, on_threads
from assay.core.errors import NotFound, SystemFailure
from assay.crypto.bigint import Modulus, from_words, to_words

__all__ = ["BATCH", "BITS", "run"]

BITS: Final = (1024, 2048, 3072, 4096, 6144)
BATCH: Final = 16
_CASES: Final = {"power": ("gmpy2", "gmp", "openssl"), "power_var": ("gmpy2", "gmp")}
"""The peers of each case: OpenSSL's function is constant time as `power` is, those of GMP are not."""


def run(report: Report, bits: int | None, batch: int | None) -> None:
    """Rows `power` (constant time, as for secret exponents) and `power_var` (public exponents), one for each peer; size
    = powers in the batch, seconds for all of them, the peers' on as many threads. Different results are an error."""
    count = BATCH if batch is None else batch
    for length in sizes(BITS, bits):
        modulus = secrets.randbits(length) | 1 | 1 << (length - 1)
        exponent = secrets.randbits(length) | 1 << (length - 1)
        powers = Powers([secrets.randbelow(modulus) for _ in range(count)], exponent, modulus)
        expected, ours = _ours(powers)
        theirs = {name: _theirs(peer, powers, expected) for name, peer in PEERS}
        for case, peers in _CASES.items():
            for short in peers:
                name, seconds, why = theirs[short]
                report.add(case, count, ours[case], name or short, seconds, why, bits=length)


def _ours(powers: Powers) -> tuple[list[int], dict[str, Timing]]:
    engine = Modulus(powers.modulus)
    bases, exponent = to_words(powers.bases, engine.words), to_words([powers.exponent])
    found = from_words(engine.power(bases, exponent))
    _require_equal(from_words(engine.power(bases, exponent, secret=False)), found, "power_var")
    return found, {
        "power": measure(lambda: engine.power(bases, exponent)),
        "power_var": measure(lambda: engine.power(bases, exponent, secret=False)),
    }


def _theirs(
    construct: Callable[[], PowerPeer], powers: Powers, expected: list[int]
) -> tuple[str | None, float | None, str | None]:
    """Name and seconds of a peer, or why there is none."""
    try:
        peer = construct()
    except NotFound as missing:
        return None, None, str(missing)
    compute = on_threads(peer, powers, _native.num_threads())
    _require_equal(compute(), expected, peer.name)
    return peer.name, measure(compute).seconds, None


def _require_equal(found: list[int], expected: list[int], who: str) -> None:
    if found != expected:
        raise SystemFailure(f"{who} computes other powers than `power`: one of them is wrong")
