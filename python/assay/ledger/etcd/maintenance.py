"""Getting etcd to take writes again after its space quota was reached.

etcd keeps every value that a key ever had until it is told to compact; the space of what was compacted is used again,
and goes back to the disk by defragmenting. The alarm NOSPACE, once raised, stays until it is taken back (disarmed).
What remains are the blocks themselves: a chain that has outgrown the quota needs a larger one.
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.core.errors import AssayError
from assay.ledger.etcd.gateway import Gateway, range_of

__all__ = ["Recovery", "recover"]


@dataclass(frozen=True, slots=True)
class Recovery:
    """Bytes of the nodes' data bases before and after; None for a node that did not answer."""

    before: tuple[int | None, ...]
    after: tuple[int | None, ...]


def recover(gateway: Gateway) -> Recovery:
    """Compact at the newest revision, defragment each node in turn, and disarm. Harmless when nothing is wrong."""
    before = _sizes(gateway)
    gateway.compact(gateway.range(b"\0").revision)
    for node, size in enumerate(before):
        if size is not None:
            gateway.defragment(node)
    gateway.disarm()
    return Recovery(before, _sizes(gateway))


def _sizes(gateway: Gateway) -> tuple[int | None, ...]:
    sizes: list[int | None] = []
    for node in range_of(gateway.address):
        try:
            sizes.append(gateway.status(node).size)
        except AssayError:
            sizes.append(None)
    return tuple(sizes)
