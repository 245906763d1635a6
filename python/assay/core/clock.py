"""Time, as a value that can be injected: whole milliseconds since 1970-01-01 UTC."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

__all__ = ["Clock", "from_datetime", "system_clock", "to_datetime"]

Clock: TypeAlias = Callable[[], int]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def system_clock() -> int:
    """Now, in ms since 1970, UTC."""
    return time.time_ns() // 1_000_000


def to_datetime(time_ms: int) -> datetime:
    """The aware UTC datetime of a time in ms."""
    return _EPOCH + time_ms * _MS


def from_datetime(moment: datetime) -> int:
    """The time in ms of an aware datetime, rounded down."""
    return (moment - _EPOCH) // _MS
