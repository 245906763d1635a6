"""A store on a Kubo node (IPFS), over its RPC interface.

Commands used: add, block/put, block/get, block/stat, pin/add, pin/rm, pin/ls, repo/gc, repo/stat; all with
offline=true, so that the node answers from what it holds and does not search the network for what it lacks. Source:
docs.ipfs.tech/reference/kubo/rpc. **Unproven**: written from that documentation and tested against a server of our own
that follows it, never against a real node.

The node is not trusted with content: the CID of what is sent is computed here and must be the node's answer, and every
block received must hash to its name. It is trusted to keep what it says it pinned. The interface has no access control
of its own: whoever reaches it owns the node. Keep it on 127.0.0.1, or behind TLS and `authorization`.

The node's own garbage collection may run between a block and its pin; then `pin` says which block is missing, and
adding again repairs it. `add` and `put` pin in the same request and are not affected.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from assay.core.errors import EncodingError, NotFound, SystemFailure, VerificationError
from assay.core.progress import SILENT, Progress
from assay.store import layout
from assay.store.base import MAX_BLOCK, Adding, Collected, Store
from assay.store.cid import Cid, Codec
from assay.store.errors import DamagedBlock, MissingBlock
from assay.store.kubo_rpc import KuboError, KuboRpc
from assay.store.layout import Block, Readable, Root
from assay.store.profiles import KUBO_RAW_LEAVES, Profile

__all__ = ["KuboStore"]

_CID: Final = re.compile(r"\bb[a-z2-7]{58}\b")
_ABSENT: Final = ("not found", "could not find", "notfound")
_CODECS: Final[Mapping[Codec, str]] = {Codec.RAW: "raw", Codec.DAG_PB: "dag-pb"}


class KuboStore(Store):
    """Blobs on a Kubo node."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:5001",
        profile: Profile = KUBO_RAW_LEAVES,
        *,
        timeout: float = 60.0,
        authorization: str | None = None,
        ca_file: str | None = None,
    ) -> None:
        """Names the node; the first request connects.

        `timeout` is how long, in seconds, one read or write on the connection may take (pinning and collecting large
        DAGs may need more). `authorization` is the value of that header, if the node or a proxy before it asks for one.
        For https, `ca_file` names the certificates to trust in the place of the system's.
        """
        self.profile = profile.check()
        self._rpc: Final = KuboRpc(url, timeout=timeout, authorization=authorization, ca_file=ca_file)
        self._additions: Final = _Additions()

    def __repr__(self) -> str:
        return f"KuboStore({self._rpc.url!r}, {self.profile.name})"

    def close(self) -> None:
        """Closes this thread's connection; the next request opens another."""
        self._rpc.close()

    # --- files --------------------------------------------------------------------------------------------------------

    def put(self, data: bytes, *, pin: bool = True) -> Cid:
        """See `Store.put`; one request."""
        return self._add(lambda sink: layout.blocks_of_bytes(data, self.profile, sink), pin)

    def _add_stream(self, source: Readable, pin: bool, progress: Progress) -> Cid:
        return self._add(lambda sink: layout.blocks_of_file(source, self.profile, sink, progress), pin)

    def _add(self, build: Any, pin: bool) -> Cid:
        """Sends the leaves, which are the file, while their tree is computed here."""
        options = {
            "cid-version": "1",
            "hash": "sha2-256",
            "raw-leaves": "true",
            "chunker": f"size-{self.profile.chunk}",
            "max-file-links": str(self.profile.links),
            "trickle": "false",
            "wrap-with-directory": "false",
            "progress": "false",
            "pin": "true" if pin else "false",
        }
        with self._additions.one(), self._rpc.upload("add", options) as upload:

            def sink(blocks: Sequence[Block]) -> None:
                for cid, block in blocks:
                    if cid.codec == Codec.RAW:
                        upload.send(block)

            root: Root = build(sink)
            answers = upload.finish()
        named = answers[-1].get("Hash") if answers else None
        if named != str(root.cid):
            raise VerificationError(f"the node stored {named!r} where {root.cid} was sent: not the profile asked for?")
        return root.cid

    # --- blocks -------------------------------------------------------------------------------------------------------

    def load(self, cid: Cid) -> bytes:
        """See `Store.load`."""
        try:
            block = self._rpc.call("block/get", {"arg": str(cid)}, limit=MAX_BLOCK + 1)
        except KuboError as error:
            raise _absent(error, cid) from None
        if len(block) > MAX_BLOCK:
            raise DamagedBlock(cid, f"the node sends more than {MAX_BLOCK} bytes")
        return block

    def has(self, cid: Cid) -> bool:
        """See `Store.has`."""
        try:
            answer = self._rpc.ask("block/stat", {"arg": str(cid)})
        except KuboError as error:
            if isinstance(_absent(error, cid), MissingBlock):
                return False
            raise
        return bool(answer.get("Key") == str(cid))

    @contextmanager
    def adding(self) -> Iterator[Adding]:
        """See `Store.adding`. Keeps away collections by this object, not those that the node begins."""
        with self._additions.one():
            yield _KuboAdding(self)

    # --- pins ---------------------------------------------------------------------------------------------------------

    def pin(self, cid: Cid) -> None:
        """See `Store.pin`."""
        try:
            answer = self._rpc.ask("pin/add", {"arg": str(cid), "recursive": "true"})
        except KuboError as error:
            raise _absent(error, cid) from None
        if answer.get("Pins") != [str(cid)]:
            raise VerificationError(f"the node pinned {answer.get('Pins')!r:.200} where {cid} was asked for")

    def unpin(self, cid: Cid) -> None:
        """See `Store.unpin`."""
        try:
            self._rpc.ask("pin/rm", {"arg": str(cid), "recursive": "true"})
        except KuboError as error:
            if "not pinned" in error.message:
                raise NotFound(f"{cid} is not pinned") from None
            raise

    def pins(self) -> Iterator[Cid]:
        """See `Store.pins`; those of other kinds (not raw or dag-pb under SHA-256) are passed over."""
        for answer in self._rpc.ask_many("pin/ls", {"type": "recursive", "stream": "true"}):
            text = answer.get("Cid")
            if not isinstance(text, str):
                raise VerificationError("the node lists a pin without its CID")
            try:
                yield Cid.from_v0(text) if text.startswith("Qm") else Cid.parse(text)
            except EncodingError:
                continue

    def collect(self, progress: Progress = SILENT) -> Collected:
        """See `Store.collect`: the node's own. The bytes are those that its repository became smaller by."""
        with self._additions.none():
            before = self._repository_size()
            blocks = 0
            with progress.task("collecting on the node") as task:
                for answer in self._rpc.ask_many("repo/gc", {}):
                    if answer.get("Error"):
                        raise SystemFailure(f"the node's collection failed: {answer['Error']!r:.200}")
                    blocks += 1
                    task.advance()
            return Collected(blocks, max(0, before - self._repository_size()))

    def _repository_size(self) -> int:
        size = self._rpc.ask("repo/stat", {"size-only": "true"}).get("RepoSize")
        if not isinstance(size, int):
            raise VerificationError("the node does not tell its repository's size")
        return size


class _KuboAdding(Adding):
    def __init__(self, store: KuboStore) -> None:
        self._store = store

    def save(self, blocks: Sequence[Block]) -> None:
        for cid, block in blocks:
            options = {
                "cid-codec": _CODECS[cid.codec],
                "mhtype": "sha2-256",
                "pin": "false",
                "allow-big-block": "true",  # blocks here have up to 2 MiB, the limit of the exchange between nodes
            }
            with self._store._rpc.upload("block/put", options) as upload:
                upload.send(block)
                answers = upload.finish()
            named = answers[-1].get("Key") if answers else None
            if named != str(cid):
                raise VerificationError(f"the node stored a block as {named!r:.200} where {cid} was sent")

    def pin(self, cid: Cid) -> None:
        self._store.pin(cid)


class _Additions:
    """Lets many threads add, or one collect; those who waited for a collection come before the next one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._adding = self._waiting = 0
        self._collecting = False
        self._mine = threading.local()

    @contextmanager
    def one(self) -> Iterator[None]:
        depth = getattr(self._mine, "depth", 0)
        with self._changed:
            self._waiting += 1
            while self._collecting and depth == 0:
                self._changed.wait()
            self._waiting -= 1
            self._adding += 1
            self._changed.notify_all()
        self._mine.depth = depth + 1
        try:
            yield
        finally:
            self._mine.depth = depth
            with self._changed:
                self._adding -= 1
                self._changed.notify_all()

    @contextmanager
    def none(self) -> Iterator[None]:
        with self._changed:
            while self._collecting or self._waiting:
                self._changed.wait()
            self._collecting = True
            while self._adding:
                self._changed.wait()
        try:
            yield
        finally:
            with self._changed:
                self._collecting = False
                self._changed.notify_all()


def _absent(error: KuboError, cid: Cid) -> Exception:
    """`MissingBlock` if that is what the node says, of the block that it names."""
    if not any(word in error.message.lower() for word in _ABSENT):
        return error
    named = _CID.findall(error.message)
    try:
        return MissingBlock(Cid.parse(named[-1]) if named else cid)
    except EncodingError:
        return MissingBlock(cid)
