"""Options that both phases of `assay ceremony` read alike."""

from __future__ import annotations

from assay.core.errors import InvalidInput

__all__ = ["hash_option"]


def hash_option(text: str) -> bytes:
    """The 64 bytes of `--expect`, from hexadecimal digits. Raises `InvalidInput`."""
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        digest = b""
    if len(digest) != 64:
        raise InvalidInput(f"--expect takes the 128 hexadecimal digits of a contribution's hash, not {text!r:.200}")
    return digest
