"""How the prover takes its key: whole, window by window, or with multiples of its points."""

from __future__ import annotations

from typing import Final, Literal, get_args

from assay.core.errors import InvalidInput

__all__ = ["Mode", "require_mode", "window_size"]

Mode = Literal["streamed", "resident", "expanded"]

_LEAST_LOG: Final = 15  # smaller windows cost time: fewer wires share the buckets
_MOST_LOG: Final = 18  # larger ones bring little


def require_mode(mode: str) -> Mode:
    """`mode`, or `InvalidInput`."""
    for known in get_args(Mode):
        if mode == known:
            return known  # type: ignore[no-any-return]
    raise InvalidInput(f"mode is one of {', '.join(get_args(Mode))}; got {mode!r:.40}")


def window_size(domain_log: int) -> int:
    """Wires in a window of the streamed prover: a quarter of the domain, within limits."""
    return 1 << min(max(domain_log - 2, _LEAST_LOG), _MOST_LOG)
