"""The contract of the load with endorsements: each call puts one value into the state, as the paper's load does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from assay.core.encoding import Encodable
from assay.identity import Role
from assay.ledger import Call, Context, Contract, State

__all__ = ["Deposits"]


class Deposits(Contract):
    """A map from the digests of transactions to what they carried."""

    name = "assay.bench.deposits"
    version = 1
    methods: ClassVar[Mapping[str, frozenset[Role]]] = {"put": frozenset({Role.USER})}

    def apply(self, state: State, call: Call, context: Context) -> Encodable:
        """Keep the payload."""
        state.put(context.transaction.hex(), call.payload)
        return True
