"""Envelope encryption: sealed objects in a store, their keys, wrapped for the recipients, in a keyring.

    vault = Vault(FolderStore("blobs"), Keyring("keys"))
    cid = vault.seal("report.pdf", [alice.recipient, bob.recipient])
    vault.open_to(cid, alice, "copy.pdf")
    vault.erase(cid)                       # from now on nobody opens it, wherever the sealed bytes were copied

Each object has a fresh key. Plaintext is never on the disk unless `open_to` writes it; objects of any size stream.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from assay.core.errors import InvalidInput
from assay.core.files import atomic_write
from assay.core.progress import SILENT, Progress
from assay.store.base import Store
from assay.store.cid import Cid
from assay.store.keyring import Keyring
from assay.store.layout import Readable
from assay.store.recipients import Recipient, RecipientKey
from assay.store.sealing import KEY_BYTES, Sealer, unsealed

__all__ = ["Vault"]


class Vault:
    """A store and a keyring; threads and processes may share them."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self.store: Final = store
        self.keyring: Final = keyring

    def seal(
        self,
        source: str | os.PathLike[str] | Readable,
        recipients: Sequence[Recipient],
        *,
        progress: Progress = SILENT,
    ) -> Cid:
        """Stores a file, given by its path or opened, so that only `recipients` can read it; its sealed form's CID.

        The object is pinned after its keys are kept: interrupted before, it is collected like any loose block.
        """
        if isinstance(source, (str, os.PathLike)):
            with Path(source).open("rb", buffering=0) as file:
                return self.seal(file, recipients, progress=progress)
        if not recipients or len(set(recipients)) != len(recipients):
            raise InvalidInput("an object is sealed for one or more different recipients")
        key = bytearray(os.urandom(KEY_BYTES))
        try:
            with self.store.adding() as adding:
                cid = self.store.add(Sealer(key, source), pin=False, progress=progress)
                for recipient in recipients:
                    self.keyring.add(cid, recipient, recipient.wrap(cid, key))
                adding.pin(cid)
        finally:
            key[:] = bytes(KEY_BYTES)
        return cid

    def open(self, cid: Cid, key: RecipientKey) -> Iterator[bytes]:
        """The plaintext, piece by piece. That it is whole is known when the iteration ends without an exception.

        Raises, at once or at any piece:
            KeyErased: the key was destroyed.
            NoKey: the keyring has none for this recipient.
            DamagedSeal: the wrapped key or the object was changed, cut or mixed up.
            MissingBlock, DamagedBlock, BadFile: as `Store.cat`.
        """
        return unsealed(self.keyring.unwrap(cid, key), self.store.cat(cid))

    def open_to(
        self, cid: Cid, key: RecipientKey, path: str | os.PathLike[str], *, progress: Progress = SILENT
    ) -> None:
        """Writes the plaintext to a file of mode 0600, which appears when all of it has verified, or not at all."""
        pieces = self.open(cid, key)
        with atomic_write(path, mode=0o600) as file, progress.task("opening") as task:
            for piece in pieces:
                file.write(piece)
                task.advance(len(piece))

    def share(self, cid: Cid, key: RecipientKey, recipient: Recipient) -> None:
        """Adds a recipient to an object that `key` opens; what is stored stays as it is."""
        self.keyring.share(cid, key, recipient)

    def erase(self, cid: Cid) -> int:
        """Destroys the keys of an object (`keyring` says what that reaches); the sealed bytes stay until collected."""
        return self.keyring.erase(cid)
