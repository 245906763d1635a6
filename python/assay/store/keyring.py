"""The wrapped keys of sealed objects, in a folder of their own, apart from the objects.

    keys/XY/CID/RECIPIENT   one wrapped key, 80 bytes, mode 0600
    erased/XY/CID           an empty file: the key of this object was destroyed here
    lock

Objects are immutable and may have been copied to anywhere; their keys are few bytes in one place. `erase` destroys
them: it marks the object first (so that nothing opens or wraps it again), then overwrites each wrapped key with zeros,
flushes and deletes it. Interrupted, it is finished by another call.

**What it cannot reach**: keys that were exported or unwrapped elsewhere, backups and snapshots of the folder, copies
that a file system or a flash drive keeps of overwritten blocks, plaintext that was read before. Where those matter,
keep the folder on an encrypted volume without snapshots.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from assay.core.errors import EncodingError, StateError
from assay.core.files import atomic_create, sync_folder
from assay.core.private_files import destroy_private, read_private
from assay.store.cid import Cid
from assay.store.errors import KeyErased, NoKey, explained
from assay.store.locks import locked
from assay.store.recipients import WRAPPED_BYTES, Recipient, RecipientKey

__all__ = ["Keyring"]


class Keyring:
    """A folder of wrapped keys; threads and processes may share it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens the keyring at `path`, or makes one (mode 0700) if nothing is there.

        Raises `StateError` for a folder that others may enter, or that holds something else.
        """
        self.path: Final = Path(path)
        with explained(f"the keyring {self.path} cannot be used"):
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.path.stat().st_mode & 0o077:
                raise StateError(f"the keyring {self.path} is open to others: chmod 700 it")
            foreign = {entry.name for entry in self.path.iterdir()} - {"keys", "erased", "lock"}
            if foreign:
                raise StateError(f"{self.path} is no keyring: it holds {sorted(foreign)[0]!r}")
            for name in ("keys", "erased"):
                (self.path / name).mkdir(mode=0o700, exist_ok=True)

    def add(self, cid: Cid, recipient: Recipient, wrapped: bytes) -> None:
        """Keeps a wrapped key, durably. Raises `KeyErased`; `StateError` if the recipient has one already."""
        if not isinstance(wrapped, bytes) or len(wrapped) != WRAPPED_BYTES:
            raise EncodingError(f"a wrapped key has {WRAPPED_BYTES} bytes")
        with explained(f"the keyring {self.path} cannot be used"), locked(self.path / "lock"):
            self._require_live(cid)
            folder = self._place("keys", cid)
            self._make(folder)
            try:
                atomic_create(folder / str(recipient), wrapped, mode=0o600)
            except FileExistsError:
                raise StateError(f"{recipient} has a key of {cid} already") from None

    def share(self, cid: Cid, key: RecipientKey, recipient: Recipient) -> None:
        """Lets another recipient open an object that `key` opens; the object stays as it is."""
        self.add(cid, recipient, recipient.wrap(cid, self.unwrap(cid, key)))

    def wrapped(self, cid: Cid, recipient: Recipient) -> bytes:
        """The wrapped key, to send to its recipient, who keeps it with `add`. Raises `KeyErased`, `NoKey`."""
        with explained(f"the keyring {self.path} cannot be used"):
            self._require_live(cid)
            path = self._place("keys", cid) / str(recipient)
            if not path.exists():
                raise NoKey(f"the keyring {self.path} has no key of {cid} for {recipient}")
            return read_private(path)

    def unwrap(self, cid: Cid, key: RecipientKey) -> bytes:
        """The key of the object, 32 bytes. Raises `KeyErased`, `NoKey`, `DamagedSeal`."""
        return key.unwrap(cid, self.wrapped(cid, key.recipient))

    def recipients(self, cid: Cid) -> tuple[Recipient, ...]:
        """Who can open the object with a key from here. Raises `KeyErased`; empty for an unknown object."""
        with explained(f"the keyring {self.path} cannot be used"):
            self._require_live(cid)
            folder = self._place("keys", cid)
            names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return tuple(Recipient.parse(name) for name in names if not name.startswith("."))

    def withdraw(self, cid: Cid, recipient: Recipient) -> None:
        """Destroys one recipient's wrapped key. A key that the recipient unwrapped before opens the object still."""
        with explained(f"the keyring {self.path} cannot be used"), locked(self.path / "lock"):
            self._require_live(cid)
            path = self._place("keys", cid) / str(recipient)
            if not path.exists():
                raise NoKey(f"the keyring {self.path} has no key of {cid} for {recipient}")
            destroy_private(path)
            sync_folder(path.parent)

    def erase(self, cid: Cid) -> int:
        """Destroys all wrapped keys of an object: nobody can open it with what is kept here. How many there were.

        Raises `NoKey` for an object of which there never was a key. See above for what this does not reach.
        """
        with explained(f"the keyring {self.path} cannot be used"), locked(self.path / "lock"):
            folder, mark = self._place("keys", cid), self._place("erased", cid)
            if not folder.is_dir() and not mark.exists():
                raise NoKey(f"the keyring {self.path} has no key of {cid}")
            self._make(mark.parent)
            mark.touch(mode=0o600)
            sync_folder(mark.parent)
            paths = list(folder.iterdir()) if folder.is_dir() else []
            for path in paths:
                destroy_private(path)
            if folder.is_dir():
                folder.rmdir()
            if folder.parent.is_dir():
                sync_folder(folder.parent)
            return len(paths)

    def is_erased(self, cid: Cid) -> bool:
        """Whether `erase` was called for this object."""
        return self._place("erased", cid).exists()

    def _require_live(self, cid: Cid) -> None:
        if self.is_erased(cid):
            raise KeyErased(cid)

    def _place(self, kind: str, cid: Cid) -> Path:
        name = str(cid)
        return self.path / kind / name[-3:-1] / name

    def _make(self, folder: Path) -> None:
        missing = [each for each in (folder.parent, folder) if not each.is_dir()]
        for each in missing:
            with suppress(FileExistsError):
                each.mkdir(mode=0o700)
            sync_folder(each.parent)
