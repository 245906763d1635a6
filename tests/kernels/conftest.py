"""Fixtures of the kernels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay import num_threads, set_num_threads


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """Runs the test on one thread, and on a number that divides no power of two."""
    before = num_threads()
    set_num_threads(request.param)
    yield request.param
    set_num_threads(before)
