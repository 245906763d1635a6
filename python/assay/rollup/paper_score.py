"""The attack rate xi of the Bio-Rollup paper, from the credit that the circuit proves. For reproduction only.

    credit' = credit + b 2^16 - (1 - b) T[nonce'],   T[i] = round(2^16 log_base(i + 1)),   nonce' = nonce + 1    (Eq. 3)
    xi = 1 - C / N = 1 - credit / (2^16 nonce),   suspect when xi > 1/2                                          (Eq. 4)

Source: J. Yun, Y. Lu, X. Liu, J. Guan, "Bio-Rollup", PeerJ Computer Science (2024), doi:10.7717/peerj-cs.2268, Eq. (3)
and (4). The paper's `&` is read as equality of labels; it does not say the base of its logarithm, 10 is the one that
gives its count of 588.

Why it is not the default: xi averages over the account's life, so legal queries made first pay for later theft, and
honest accounts of a model with 13 % errors are expected to cross 1/2 near query 1,900, because a mismatch costs more
the older the account.

Ranges: nonce < 2^16, so credit <= (2^16 - 1) 2^16 < 2^32, and credit >= -sum(T). `credit_table` refuses a base whose
sum reaches 2^39; for base 10 the sum is 18,821,527,120 < 2^35, so |credit| < 2^39 holds in every order of matches and
mismatches.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InvalidInput, StateError

SCALE = 1 << 16
"""One unit of credit."""

NONCE_LIMIT = 1 << 16
"""Nonces, and entries of the table, lie below this; an account at nonce 2^16 - 1 is full."""

CREDIT_LIMIT = 1 << 39
"""|credit| stays below this."""

WARNING = (
    "paper_score is the published score, for reproduction only: legal queries made first hide a later theft, "
    "and honest accounts of an imperfect model are blocked in time; use the CUSUM detector"
)


def credit_table(base: float = 10.0) -> NDArray[np.int64]:
    """T[i] = round(2^16 log_base(i + 1)) for i = 0 .. 2^16 - 1, as a read-only int64[65536]; T[0] = 0.

    Correctly rounded on every machine: an entry whose double-precision value lies within 2^-20 of a rounding boundary
    (double arithmetic errs by less than 2^-30 here) is computed again with 60 decimal digits.

    Raises:
        InvalidInput: base not finite, not above 1, or so near 1 that the credit could reach -2^39.
    """
    if not 1.0 < base < math.inf:
        raise InvalidInput(f"base is {base}; the logarithm needs a finite base above 1")
    return _credit_table(float(base))


@functools.lru_cache(maxsize=4)
def _credit_table(base: float) -> NDArray[np.int64]:
    values = SCALE * np.log(np.arange(1, NONCE_LIMIT + 1, dtype=np.float64)) / math.log(base)
    if values.sum() >= CREDIT_LIMIT - NONCE_LIMIT:
        raise InvalidInput(
            f"base is {base}: its logarithms are so large that a credit could reach -2^39; choose a larger base"
        )
    table = np.rint(values).astype(np.int64)
    fraction = values - np.floor(values)
    with localcontext() as context:
        context.prec = 60
        log_base = Decimal(base).ln()
        for i in np.flatnonzero(np.abs(fraction - 0.5) < 2.0**-20):
            exact = SCALE * Decimal(int(i) + 1).ln() / log_base
            table[i] = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    table.setflags(write=False)
    return table


def paper_score(credit: int, nonce: int) -> float:
    """xi = 1 - C / N of Eq. (4) from a credit at scale 2^16; 0.0 before the first query.

    It is a score, not a probability: it can be far above 1, and is never below 0.
    """
    if not 0 <= nonce < NONCE_LIMIT:
        raise InvalidInput(f"nonce is {nonce}; it must lie between 0 and 2^16 - 1")
    if not -CREDIT_LIMIT < credit <= nonce * SCALE:
        raise InvalidInput(f"credit is {credit} at nonce {nonce}; it must lie above -2^39 and at most at 2^16 nonce")
    return 1.0 - credit / (SCALE * nonce) if nonce else 0.0


@dataclass(frozen=True, slots=True)
class PaperDetector:
    """Block by xi > 1/2, as the paper does. Insecure: every result made with it carries `warning`.

    Attributes:
        base: base of the logarithm of Eq. (3).
    """

    base: float = 10.0

    def __post_init__(self) -> None:
        credit_table(self.base)

    @property
    def warning(self) -> str:
        """What every result must say."""
        return WARNING

    def step(self, credit: int, nonce: int, match: bool) -> tuple[int, int, bool]:
        """(credit', nonce', blocked) after one audited query of an account that stands at (credit, nonce).

        Raises:
            InvalidInput: credit or nonce out of range.
            StateError: the account is full (nonce 2^16 - 1) or blocked already.
        """
        if self.is_blocked(credit, nonce):
            raise StateError(f"the account is blocked (xi = {paper_score(credit, nonce):.3f} > 0.5)")
        if nonce + 1 >= NONCE_LIMIT:
            raise StateError(f"the account is full: nonce {nonce} is the last, and nonces never wrap")
        after = credit + (SCALE if match else -int(credit_table(self.base)[nonce + 1]))
        return after, nonce + 1, self.is_blocked(after, nonce + 1)

    def is_blocked(self, credit: int, nonce: int) -> bool:
        """Whether xi > 1/2, that is 2 credit < 2^16 nonce, in integers."""
        paper_score(credit, nonce)  # refuses values out of range
        return 2 * credit < SCALE * nonce
