"""What a block changes: found when it is made or executed again, and stored with it as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.ledger import merkle
from assay.ledger.blocks import NO_BLOCK, Header
from assay.ledger.genesis import Genesis
from assay.ledger.history import History, Node
from assay.ledger.machine import Execution
from assay.ledger.state import Overlay, StateDigest
from assay.ledger.view import Done, View

__all__ = ["Change"]


@dataclass(frozen=True)
class Change:
    """A block and all that it changes."""

    header: Header
    entries: Sequence[bytes]  # encoded
    writes: Mapping[tuple[str, str], bytes | None]  # (space, key) -> the new value, None: deleted
    clients: Mapping[int, Done]
    state_digest: StateDigest | None  # after the block; None when it wrote nothing
    history: History  # of all blocks, this one among them
    nodes: Sequence[Node]  # of the history, that this block completes

    @classmethod
    def first(cls, genesis: Genesis, state: Overlay) -> Change:
        """Block 0 of a chain, with the state that its contracts begin with."""
        digest = StateDigest()
        state.move(digest)
        header = Header(
            genesis.chain_id, 0, NO_BLOCK, genesis.time, 0, merkle.root([]), digest.digest(), History().root()
        )
        return cls(header, [], state.writes, {}, digest, *History().grow(header.hash))

    @classmethod
    def following(cls, before: View, execution: Execution, time: int) -> Change:
        """The block that follows `before` at `time`, of what was executed on it."""
        entries = [entry.encoded for entry in execution.entries]
        return cls.appending(before, entries, execution.overlay, execution.clients, time)

    @classmethod
    def appending(
        cls, before: View, entries: Sequence[bytes], state: Overlay, clients: Mapping[int, Done], time: int
    ) -> Change:
        """The block of these encoded entries that follows `before` at `time`, with what they write."""
        head, history = before.head().header, before.history()
        digest = None
        if state.writes:
            digest = before.state_digest()
            state.move(digest)
        header = Header(
            chain_id=head.chain_id,
            height=head.height + 1,
            previous=head.hash,
            time=time,
            count=len(entries),
            entries_root=merkle.root(entries),
            state_digest=head.state_digest if digest is None else digest.digest(),
            history_root=history.root(),
        )
        return cls(header, entries, state.writes, clients, digest, *history.grow(header.hash))
