"""Bodies of blocks: small ones in etcd itself, large ones in a store that all who use the channel share.

A body is in the store before anything in etcd names it. A name is the hash of its body, so what the store gives back is
the body or an error; and every block is checked against its sealed header besides.
"""

from __future__ import annotations

from typing import Final

from assay.core.encoding import decode_record, encode_record
from assay.core.errors import AssayError, EncodingError, LedgerError, StateError, SystemFailure
from assay.ledger.etcd.layout import MAX_BODY_BYTES
from assay.store import Cid, Store

__all__ = ["INLINE_BYTES", "Bodies", "MissingBody"]

INLINE_BYTES: Final = 256 << 10
_KIND: Final = "assay.ledger.etcd.body"


class MissingBody(LedgerError):
    """The store that this process was given does not hold a body that the chain names."""


class Bodies:
    """Packs bodies into the values of etcd's keys, and back."""

    def __init__(self, store: Store | None) -> None:
        self._store = store

    def pack(self, body: bytes) -> bytes:
        """The value for a body, stored first when it is large."""
        if len(body) <= INLINE_BYTES:
            return encode_record(_KIND, 1, body, "")
        if self._store is None:
            raise StateError(
                f"a body of {len(body)} bytes is above the {INLINE_BYTES} that etcd keeps, and there is no store: "
                "give one (store=FOLDER in the address), the same to all who use the channel"
            )
        return encode_record(_KIND, 1, b"", str(self._store.put(body)))

    def unpack(self, value: bytes) -> bytes:
        """The body that a value holds or names."""
        body, name = decode_record(value, _KIND, 1, bytes, str, limit=INLINE_BYTES + 1024)
        if not name:
            return bytes(body)
        if body or len(name) > 200:
            raise EncodingError("a body is given or named, not both")
        cid = Cid.parse(name)
        if self._store is None:
            raise StateError(f"the chain keeps a body in a store, under {cid}: give that store (store=FOLDER)")
        try:
            return self._store.get(cid, limit=MAX_BODY_BYTES)
        except SystemFailure:
            raise
        except AssayError as fault:
            raise MissingBody(f"body {cid} of the chain cannot be had from the store: {fault}") from fault
