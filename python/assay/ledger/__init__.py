"""The ledger: signed, hash-chained blocks of transactions that deterministic contracts execute.

- `base`: the protocol that every back end follows; `embedded`: the one on SQLite (`database` is its file)
- `contracts`: what a contract is, and how it is found; `accounts`: the one that every chain begins with
- `genesis`, `transactions`, `blocks`, `merkle`, `state`: what a chain is made of
- `machine`: executes transactions; `verify`: does it all again; `proofs`: one entry, without the ledger
- `client`: numbers, signs and submits for one identity
"""

from assay.ledger.base import Ledger, QueueFull, Receipt, Snapshot
from assay.ledger.blocks import Block, Entry, Header, SealedHeader
from assay.ledger.client import Client
from assay.ledger.contracts import (
    Account,
    Call,
    Context,
    Contract,
    ContractRegistry,
    Origin,
    Refused,
    State,
    StateReader,
)
from assay.ledger.embedded import EmbeddedLedger
from assay.ledger.genesis import Genesis, Instance
from assay.ledger.machine import ContractFault, UsedCounter
from assay.ledger.proofs import InclusionProof
from assay.ledger.transactions import Transaction
from assay.ledger.verify import BrokenChain, Checkpoint, Report, verify_ledger

__all__ = [
    "Account",
    "Block",
    "BrokenChain",
    "Call",
    "Checkpoint",
    "Client",
    "Context",
    "Contract",
    "ContractFault",
    "ContractRegistry",
    "EmbeddedLedger",
    "Entry",
    "Genesis",
    "Header",
    "InclusionProof",
    "Instance",
    "Ledger",
    "Origin",
    "QueueFull",
    "Receipt",
    "Refused",
    "Report",
    "SealedHeader",
    "Snapshot",
    "State",
    "StateReader",
    "Transaction",
    "UsedCounter",
    "verify_ledger",
]
