"""What a store refuses, beyond the general errors of `core.errors`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from assay.core.errors import AssayError, NotFound, SystemFailure, VerificationError
from assay.store.cid import Cid

__all__ = ["BadFile", "DamagedBlock", "DamagedSeal", "KeyErased", "MissingBlock", "NoKey", "explained"]


class MissingBlock(NotFound):
    """The store does not hold the block `cid`."""

    def __init__(self, cid: Cid) -> None:
        super().__init__(f"the store holds no block {cid}")
        self.cid = cid


class DamagedBlock(VerificationError):
    """What lies under the name `cid` is not the block of that name; it is never returned.

    Putting the block again repairs it.
    """

    def __init__(self, cid: Cid, reason: str) -> None:
        super().__init__(f"the block {cid} is damaged: {reason}")
        self.cid = cid
        self.reason = reason


class BadFile(VerificationError, ValueError):
    """The blocks under `cid` have the names they claim, but do not make up a file."""

    def __init__(self, cid: Cid, reason: str) -> None:
        super().__init__(f"{cid} is no file: {reason}")
        self.cid = cid
        self.reason = reason


class NoKey(NotFound):
    """The keyring holds no key of the object for this recipient."""


class KeyErased(NotFound):
    """The key of the object was destroyed here."""

    def __init__(self, cid: Cid) -> None:
        super().__init__(f"the key of {cid} was erased")
        self.cid = cid


class DamagedSeal(VerificationError):
    """A sealed object, or a wrapped key, was changed, cut, mixed up, or belongs to another key."""


@contextmanager
def explained(what: str) -> Iterator[None]:
    """What the operating system refuses becomes a `SystemFailure`."""
    try:
        yield
    except AssayError:
        raise
    except OSError as error:
        raise SystemFailure(error.errno, f"{what}: {error.strerror}") from error
