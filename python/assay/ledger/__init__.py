"""The ledger: signed, hash-chained blocks of transactions that deterministic contracts execute.

- `base`: the protocol that every ledger follows; `sequenced`: a ledger on a back end, with its `sequencer`
- `backend`: what a back end brings; `embedded`: the one on SQLite
- `contracts`: what a contract is, and how it is found; `accounts`: the one that every chain begins with
- `genesis`, `transactions`, `blocks`, `merkle`, `history`, `state`: what a chain is made of
- `machine`: executes transactions; `replica`: does it again, block by block; `verify`: for a whole chain
- `proofs`: of an entry, a block, or two heads, without the ledger
- `client`: numbers, signs and submits for one identity
"""

from assay.ledger.base import Engine, Ledger, QueueFull, Receipt, Snapshot
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
from assay.ledger.embedded import EmbeddedEngine, EmbeddedLedger
from assay.ledger.genesis import ANYONE, NOBODY, Genesis, Instance
from assay.ledger.history import History
from assay.ledger.machine import ContractFault, UsedCounter
from assay.ledger.proofs import ExtensionProof, HistoryProof, InclusionProof
from assay.ledger.replica import Replica
from assay.ledger.transactions import UNAUTHENTICATED, Transaction
from assay.ledger.verify import BrokenChain, Checkpoint, Report, verify_ledger

__all__ = [
    "ANYONE",
    "NOBODY",
    "UNAUTHENTICATED",
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
    "EmbeddedEngine",
    "EmbeddedLedger",
    "Engine",
    "Entry",
    "ExtensionProof",
    "Genesis",
    "Header",
    "History",
    "HistoryProof",
    "InclusionProof",
    "Instance",
    "Ledger",
    "Origin",
    "QueueFull",
    "Receipt",
    "Refused",
    "Replica",
    "Report",
    "SealedHeader",
    "Snapshot",
    "State",
    "StateReader",
    "Transaction",
    "UsedCounter",
    "verify_ledger",
]
