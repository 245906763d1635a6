"""A store in a local folder.

    store.json            what this is: {"format": 1, "profile": {"name": ..., "chunk": ..., "links": ...}}
    blocks/XY/CID         one file a block; XY are the two characters before the last of the CID (as Kubo's flatfs)
    pins/XY/CID           an empty file a pinned root
    incoming/             blocks that are being written
    locks/                see `locks`

A block is written under another name, flushed (fsync) and renamed: under its CID lies the whole block or nothing, also
after kill -9 or a power failure. An addition ends with an fsync of each folder that it changed; only then it is pinned.
Any number of threads and processes may use one folder, on a file system with flock and atomic rename.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from assay.core.errors import AssayError, EncodingError, NotFound, StateError
from assay.core.files import atomic_create, sync_folder
from assay.core.json_text import parse_json
from assay.core.progress import SILENT, Progress
from assay.store import reading
from assay.store.base import Adding, Collected, Store
from assay.store.blockfile import holds, read_block, write_block
from assay.store.cid import Cid
from assay.store.errors import DamagedBlock, MissingBlock, explained
from assay.store.hashing import LANES
from assay.store.layout import Block
from assay.store.locks import Locks
from assay.store.profiles import KUBO_RAW_LEAVES, PROFILES, Profile
from assay.store.verify import DamagedStore, Verified

__all__ = ["FolderStore"]

_FORMAT: Final = 1


class FolderStore(Store):
    """Blobs in a folder."""

    def __init__(self, path: str | os.PathLike[str], profile: Profile | None = None, *, create: bool = True) -> None:
        """Opens the store at `path`, or makes one there if nothing is (unless `create` is false).

        `profile` is recorded in a new store (default `KUBO_RAW_LEAVES`) and must be that of an old one, if given.

        Raises:
            NotFound: no store there, and `create` is false.
            StateError: the folder holds something else, the store has another profile or a newer format.
            SystemFailure: the folder cannot be made or read.
        """
        self.path: Final = Path(path)
        with explained(f"the store {self.path} cannot be opened"):
            found = self._settings()
            if found is None and not create:
                raise NotFound(f"there is no store at {self.path}")
            self.profile = found or self._make((profile or KUBO_RAW_LEAVES).check())
            for name in ("blocks", "pins", "incoming", "locks"):
                (self.path / name).mkdir(mode=0o700, exist_ok=True)
        if profile is not None and profile != self.profile:
            raise StateError(f"the store {self.path} was made with {self.profile}, not {profile}")
        self._locks: Final = Locks(self.path / "locks")
        self._settled: Final[set[Path]] = set()  # shards whose own entry is known to be on the disk

    def __repr__(self) -> str:
        return f"FolderStore({str(self.path)!r}, {self.profile.name})"

    def _settings(self) -> Profile | None:
        try:
            text = (self.path / "store.json").read_bytes()
        except FileNotFoundError:
            return None
        settings = parse_json(text, max_bytes=1 << 16, max_depth=4)
        version = settings.get("format") if isinstance(settings, dict) else None
        if version != _FORMAT:
            raise StateError(f"{self.path} is a store of format {version!r}; this reads {_FORMAT}")
        match settings.get("profile"):
            case {"name": str(name), "chunk": int(chunk), "links": int(links)}:
                profile = Profile(name, chunk, links).check()
                if PROFILES.get(name, profile) == profile:
                    return profile
        raise EncodingError(f"{self.path / 'store.json'} holds no profile that this knows")

    def _make(self, profile: Profile) -> Profile:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        foreign = any(not entry.name.startswith(".store.json") for entry in self.path.iterdir())
        if foreign and self._settings() is None:  # else another process has just made it
            raise StateError(f"{self.path} is no store, and not empty: name an empty or a new folder")
        settings = {"format": _FORMAT, "profile": profile._asdict()}
        with suppress(FileExistsError):  # another process was faster: theirs counts
            atomic_create(self.path / "store.json", json.dumps(settings).encode())
        return self._settings() or profile

    # --- blocks -------------------------------------------------------------------------------------------------------

    def load(self, cid: Cid) -> bytes:
        """See `Store.load`. Links, folders, devices and what is too large are no blocks."""
        return read_block(self._place("blocks", cid), cid)

    def has(self, cid: Cid) -> bool:
        """See `Store.has`."""
        try:
            return stat.S_ISREG(self._place("blocks", cid).lstat().st_mode)
        except FileNotFoundError:
            return False

    def blocks(self) -> Iterator[Cid]:
        """The names of all blocks here, in any order; files with other names are passed over (`verify` tells them)."""
        for _, cid in self._listed("blocks"):
            if cid is not None:
                yield cid

    @contextmanager
    def adding(self) -> Iterator[Adding]:
        """See `Store.adding`. Waits for the sweep of a collection to end."""
        with explained(f"the store {self.path} cannot be written"), self._locks.adding():
            addition = _FolderAdding(self)
            yield addition
            addition.flush()

    # --- pins and collection ------------------------------------------------------------------------------------------

    def pin(self, cid: Cid) -> None:
        """See `Store.pin`. Reads the nodes below, not the raw blocks."""
        with self.adding() as adding:
            for each in self.blocks_under(cid):
                if not self.has(each):
                    raise MissingBlock(each)
            adding.pin(cid)

    def unpin(self, cid: Cid) -> None:
        """See `Store.unpin`."""
        place = self._place("pins", cid)
        with explained(f"the store {self.path} cannot be written"):
            try:
                place.unlink()
            except FileNotFoundError:
                raise NotFound(f"{cid} is not pinned") from None
            sync_folder(place.parent)

    def pins(self) -> Iterator[Cid]:
        """See `Store.pins`. `StateError` for a file whose name is no CID: what it was to keep is unknown."""
        for path, cid in self._listed("pins"):
            if cid is None:
                raise StateError(f"{path} is no pin: a file's name there is the CID of a root")
            yield cid

    def is_pinned(self, cid: Cid) -> bool:
        """Whether this very root is pinned."""
        return self._place("pins", cid).exists()

    def collect(self, progress: Progress = SILENT) -> Collected:
        """See `Store.collect`. Others may add while it looks for what to keep; they wait while it deletes.

        Deletes nothing if a node below a pinned root is missing or damaged, for what it would have kept is unknown:
        raises `MissingBlock` or `DamagedBlock`; put the block again, or unpin the root. Takes about 250 bytes of memory
        for each block that is kept.
        """
        kept: set[Cid] = set()
        with explained(f"the store {self.path} cannot be written"), self._locks.collecting():
            self._keep(kept, progress)
            with self._locks.sweeping():
                self._keep(kept, progress)  # what was pinned since
                return self._sweep(kept, progress)

    def _keep(self, kept: set[Cid], progress: Progress) -> None:
        with progress.task("looking for what to keep") as task:
            for _ in reading.blocks_under(self.get_blocks, self.pins(), kept):
                task.advance()

    def _sweep(self, kept: set[Cid], progress: Progress) -> Collected:
        count = size = 0
        with progress.task("deleting the rest") as task:
            for path, cid in self._listed("blocks"):
                if cid is not None and cid not in kept:
                    size += path.lstat().st_size
                    path.unlink()
                    count += 1
                    task.advance()
        for path in (self.path / "incoming").iterdir():  # nobody adds: those who began these were killed
            path.unlink()
        return Collected(count, size)

    def verify(self, progress: Progress = SILENT) -> Verified:
        """Reads every block and follows every pin. Others may go on meanwhile.

        Raises `DamagedStore` with a list of what is wrong: blocks that do not hash to their names, files that are no
        blocks, pinned roots of which blocks are missing.
        """
        damage: list[str] = []
        count = size = pins = 0
        group: list[Cid] = []
        with progress.task("verifying") as task:
            for path, cid in self._listed("blocks"):
                if cid is None or path != self._place("blocks", cid):
                    damage.append(f"{path} is no block")
                    continue
                group.append(cid)
                if len(group) == LANES:
                    count, size = count + len(group), size + self._verify(group, damage)
                    task.advance(len(group))
                    group.clear()
            count, size = count + len(group), size + self._verify(group, damage)
        for pin in self.pins():
            pins += 1
            self._verify_pin(pin, damage)
        seen = Verified(count, size, pins)
        if damage:
            raise DamagedStore(tuple(damage), seen)
        return seen

    def _verify(self, cids: list[Cid], damage: list[str]) -> int:
        try:
            return sum(map(len, self.get_blocks(cids)))
        except (DamagedBlock, MissingBlock):
            pass
        size = 0
        for cid in cids:  # one by one, to tell which
            try:
                size += len(self.get_block(cid))
            except DamagedBlock as error:
                damage.append(str(error))
            except MissingBlock:
                pass  # collected meanwhile
        return size

    def _verify_pin(self, pin: Cid, damage: list[str]) -> None:
        try:
            for cid in self.blocks_under(pin):
                if not self.has(cid):
                    raise MissingBlock(cid)
        except AssayError as error:
            if self.is_pinned(pin):
                damage.append(f"of the pinned root {pin}: {error}")

    # --- places -------------------------------------------------------------------------------------------------------

    def _place(self, kind: str, cid: Cid) -> Path:
        name = str(cid)
        return self.path / kind / name[-3:-1] / name

    def _listed(self, kind: str) -> Iterator[tuple[Path, Cid | None]]:
        """Every file in the shards of a kind, with the CID that its name writes, None for other names."""
        for shard in sorted((self.path / kind).iterdir()):
            if shard.is_symlink() or not shard.is_dir():
                yield shard, None
                continue
            for path in shard.iterdir():
                try:
                    yield path, Cid.parse(path.name)
                except EncodingError:
                    yield path, None


class _FolderAdding(Adding):
    """Writes blocks, and remembers which folders must be flushed.

    What was found there already counts as changed: its writer may not have flushed it yet.
    """

    def __init__(self, store: FolderStore) -> None:
        self._store = store
        self._changed: set[Path] = set()
        self._unsettled: set[Path] = set()

    def save(self, blocks: Sequence[Block]) -> None:
        for cid, block in blocks:
            place = self._store._place("blocks", cid)
            self._use(place.parent)
            if not holds(place, cid, block):
                write_block(place, block, self._store.path / "incoming")

    def pin(self, cid: Cid) -> None:
        self.flush()
        place = self._store._place("pins", cid)
        self._use(place.parent)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        os.close(descriptor)

    def flush(self) -> None:
        for folder in self._changed | {shard.parent for shard in self._unsettled}:
            sync_folder(folder)
        self._store._settled.update(self._unsettled)
        self._changed.clear()
        self._unsettled.clear()

    def _use(self, shard: Path) -> None:
        """Makes a shard if need be; it and, the first time, the folder that lists it are flushed in the end."""
        if shard not in self._store._settled:
            with suppress(FileExistsError):
                shard.mkdir(mode=0o700)
            self._unsettled.add(shard)
        self._changed.add(shard)
