"""The ledger: signed, hash-chained blocks of transactions that deterministic contracts execute.

- `base`: the protocol that every ledger follows; `sequenced`: a ledger on a back end, with its `sequencer`
- `backend`: what a back end brings; `embedded`: the one on SQLite; `etcd`: the one on many machines
- `contracts`: what a contract is, and how it is found; `accounts`: the one that every chain begins with
- `genesis`, `transactions`, `blocks`, `merkle`, `history`, `state`: what a chain is made of
- `view`: one state of a chain; `change`: what the next block changes about it
- `machine`: executes transactions; `replica`: does it again, block by block; `verify`: for a whole chain
- `proofs`: of an entry, a block, or two heads, without the ledger
- `policy`, `effects`, `endorsement`, `endorser`: calls that several parties execute and sign before a block takes them
- `signatures`: many verified at once; `standing`: who is certified and in force, remembered for a block
- `sealing`: who seals blocks; `quorum`: several parties, by `cosigning`, each with a `seal_journal`
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
from assay.ledger.cosigning import Cosigner, RemoteCosigner
from assay.ledger.effects import Effects, StaleRead
from assay.ledger.embedded import EmbeddedEngine, EmbeddedLedger
from assay.ledger.endorsement import EndorsementExpired
from assay.ledger.endorser import Disagreement, EndorsementRefused, Endorser, RemoteEndorser
from assay.ledger.genesis import ANYONE, NOBODY, Genesis, Instance
from assay.ledger.history import History
from assay.ledger.machine import ContractFault, UsedCounter
from assay.ledger.policy import AllOf, AnyOf, HasRole, Member, OutOf, Policy
from assay.ledger.proofs import ExtensionProof, HistoryProof, InclusionProof
from assay.ledger.quorum import NoQuorum, QuorumSealer
from assay.ledger.replica import Replica
from assay.ledger.seal_journal import Equivocation, JournaledKey
from assay.ledger.transactions import UNAUTHENTICATED, Transaction
from assay.ledger.verify import BrokenChain, Checkpoint, Report, verify_ledger

__all__ = [
    "ANYONE",
    "NOBODY",
    "UNAUTHENTICATED",
    "Account",
    "AllOf",
    "AnyOf",
    "Block",
    "BrokenChain",
    "Call",
    "Checkpoint",
    "Client",
    "Context",
    "Contract",
    "ContractFault",
    "ContractRegistry",
    "Cosigner",
    "Disagreement",
    "Effects",
    "EmbeddedEngine",
    "EmbeddedLedger",
    "EndorsementExpired",
    "EndorsementRefused",
    "Endorser",
    "Engine",
    "Entry",
    "Equivocation",
    "ExtensionProof",
    "Genesis",
    "HasRole",
    "Header",
    "History",
    "HistoryProof",
    "InclusionProof",
    "Instance",
    "JournaledKey",
    "Ledger",
    "Member",
    "NoQuorum",
    "Origin",
    "OutOf",
    "Policy",
    "QueueFull",
    "QuorumSealer",
    "Receipt",
    "Refused",
    "RemoteCosigner",
    "RemoteEndorser",
    "Replica",
    "Report",
    "SealedHeader",
    "Snapshot",
    "StaleRead",
    "State",
    "StateReader",
    "Transaction",
    "UsedCounter",
    "verify_ledger",
]
