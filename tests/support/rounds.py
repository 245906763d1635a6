"""How often a test of faults runs: once, or as often as ASSAY_CRASH_REPEATS says (`make crash`: twenty times)."""

import pytest

from assay.core.config import env_int

ROUNDS = range(env_int("ASSAY_CRASH_REPEATS", 1, low=1, high=10_000))
repeated = pytest.mark.parametrize("attempt", ROUNDS)
