"""A whole chain as one stream of bytes: written from any ledger, read back with everything checked again.

    stream = "ASLGEXP\\n" | u32 version (1) | frame G (genesis) | frame B (block 0) | ... | frame B (block h) | frame E
    frame  = its letter | u32 length | bytes
    G      = the genesis
    B      = ("assay.ledger.block", 1, header, seals, tuple of entries), each in its canonical bytes
    E      = ("assay.ledger.export.end", 1, height h, hash of block h)

Integers are big-endian. A stream that was cut lacks its end and is refused, as are longer frames than a chain can give
rise to, blocks out of order, and bytes after the end. Whether the blocks keep the rules of their chain, `restore` finds
out by executing them; whether it is the chain that was meant, `chain_id` and `checkpoint` say.

JSON lines (`write_json_lines`) are for reading, and are not read back.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from assay.core.clock import to_datetime
from assay.core.encoding import decode, decode_record, encode_record
from assay.core.errors import EncodingError, LimitError
from assay.core.progress import SILENT, Progress
from assay.ledger.base import Ledger
from assay.ledger.blocks import MAX_BLOCK_BYTES, MAX_BLOCK_ENTRIES, Block, Entry, SealedHeader
from assay.ledger.genesis import Genesis

__all__ = ["MAGIC", "ExportReader", "export", "write_json_lines"]

MAGIC: Final = b"ASLGEXP\n"
VERSION: Final = 1
_VERSION: Final = struct.Struct(">I")
_FRAME: Final = struct.Struct(">cI")
_LIMITS: Final = {b"G": 4 << 20, b"B": MAX_BLOCK_BYTES + (4 << 20), b"E": 256}
_BLOCK, _END = "assay.ledger.block", "assay.ledger.export.end"


def export(ledger: Ledger, out: BinaryIO, *, progress: Progress = SILENT) -> SealedHeader:
    """Write the chain of `ledger` up to its present head; returns that head."""
    head = ledger.head()
    height = head.header.height
    out.write(MAGIC + _VERSION.pack(VERSION))
    _write(out, b"G", ledger.genesis.encoded)
    with progress.task("exporting blocks", total=height + 1) as task:
        for block in ledger.blocks(0, height + 1):
            entries = tuple(entry.encoded for entry in block.entries)
            header, seals = block.header.encoded, block.sealed.encoded_seals
            _write(out, b"B", encode_record(_BLOCK, 1, header, seals, entries))
            task.advance()
    _write(out, b"E", encode_record(_END, 1, height, head.header.hash))
    return head


def _write(out: BinaryIO, letter: bytes, content: bytes) -> None:
    out.write(_FRAME.pack(letter, len(content)))
    out.write(content)


class ExportReader:
    """Reads a stream, which may be hostile: `genesis`, then `blocks()` once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        if self._exactly(len(MAGIC), "the opening") != MAGIC:
            raise EncodingError("this is not the export of a ledger: it does not open with its magic")
        (version,) = _VERSION.unpack(self._exactly(_VERSION.size, "the version"))
        if version != VERSION:
            raise EncodingError(f"the export has version {version}, this assay reads {VERSION}: upgrade assay")
        self.genesis = Genesis.decode(self._frame(b"G", "the genesis")[1])

    def blocks(self) -> Iterator[Block]:
        """The blocks in order; raises `EncodingError` unless the stream ends where it says, with the last of them."""
        height, last = 0, b""
        while True:
            letter, content = self._frame(b"BE", f"block {height}")
            if letter == b"E":
                break
            block = _decode_block(content)
            if block.header.height != height:
                raise EncodingError(f"block {block.header.height} of the export stands where block {height} is due")
            yield block
            height, last = height + 1, block.header.hash
        if decode_record(content, _END, 1, int, bytes) != (height - 1, last):
            raise EncodingError(f"the export ends after block {height - 1}, and its last frame says otherwise")
        if self._stream.read(1):
            raise EncodingError("bytes follow the end of the export")

    def _frame(self, due: bytes, what: str) -> tuple[bytes, bytes]:
        letter, length = _FRAME.unpack(self._exactly(_FRAME.size, what))
        if letter not in due:
            raise EncodingError(f"a frame {letter!r} of the export stands where {what} is due")
        if length > _LIMITS[letter]:
            raise LimitError(f"{what} of the export claims {length} bytes, above the limit of {_LIMITS[letter]}")
        return letter, self._exactly(length, what)

    def _exactly(self, size: int, what: str) -> bytes:
        parts: list[bytes] = []
        while size:
            part = self._stream.read(min(size, 1 << 20))
            if not part:
                raise EncodingError(f"the export is cut short at {what}")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _decode_block(frame: bytes) -> Block:
    header, seals, entries = decode_record(frame, _BLOCK, 1, bytes, bytes, tuple, limit=_LIMITS[b"B"])
    if len(entries) > MAX_BLOCK_ENTRIES or not all(type(entry) is bytes for entry in entries):
        raise EncodingError(f"the entries of a block are bytes, at most {MAX_BLOCK_ENTRIES} of them")
    return Block(SealedHeader.decode(header, seals), tuple(map(Entry.decode, entries)))


# --- for people -------------------------------------------------------------------------------------------------------


def write_json_lines(ledger: Ledger, out: BinaryIO, *, progress: Progress = SILENT) -> SealedHeader:
    """Write a line of JSON for the genesis and one for each block; bytes are hexadecimal. Returns the head."""
    head = ledger.head()
    genesis = ledger.genesis
    first = {"chain_id": genesis.chain_id, "label": genesis.label, "signers": genesis.signers, "quorum": genesis.quorum}
    _write_line(out, first)
    with progress.task("exporting blocks", total=head.header.height + 1) as task:
        for block in ledger.blocks(0, head.header.height + 1):
            _write_line(out, _plain_block(block))
            task.advance()
    return head


def _plain_block(block: Block) -> dict[str, object]:
    header = block.header
    return {
        "height": header.height,
        "hash": header.hash,
        "previous": header.previous,
        "time": to_datetime(header.time).isoformat(),
        "entries_root": header.entries_root,
        "state_digest": header.state_digest,
        "seals": block.sealed.seals,
        "entries": [_plain_entry(entry) for entry in block.entries],
    }


def _plain_entry(entry: Entry) -> dict[str, object]:
    transaction = entry.transaction
    fields: dict[str, object] = {
        "type": transaction.type,
        "sender": transaction.sender,
        "counter": transaction.counter,
        "contract": transaction.contract,
        "method": transaction.method,
        "payload": transaction.payload,
        "digest": transaction.digest,
        "result": decode(entry.result),
    }
    return {name: value for name, value in fields.items() if value != ""}


def _write_line(out: BinaryIO, value: dict[str, object]) -> None:
    out.write(json.dumps(_plain(value), ensure_ascii=False).encode() + b"\n")


def _plain(value: object) -> object:
    """JSON for what the canonical encoding knows."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value
