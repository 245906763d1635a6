"""The machine that executes transactions: the same steps for whoever makes blocks and for whoever verifies them.

For each transaction, in this order: form and size; chain; certificate (attached or known), signed by the authority and
the newest of its account; the sender's signature; the revocation list fresh and the certificate in force at block time;
counter; contract, method and role; then the contract's own decision. A refusal at any step leaves the state as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from assay.core.encoding import decode_record, encode, encode_record
from assay.core.errors import AssayError, AuthorizationError, LedgerError, NotFound, RevokedError, VerificationError
from assay.core.logging import get_logger
from assay.identity.certificate import Certificate
from assay.ledger import accounts
from assay.ledger.accounts import ACCOUNTS, REVOKE
from assay.ledger.blocks import MAX_BLOCK_BYTES, MAX_BLOCK_ENTRIES, MAX_RESULT_BYTES, Entry
from assay.ledger.contracts import Account, Call, Context, Contract, ContractRegistry, Origin, StateReader
from assay.ledger.genesis import Genesis
from assay.ledger.state import Overlay, SpaceState, Store
from assay.ledger.transactions import Transaction

__all__ = ["ContractFault", "Done", "Execution", "Machine", "UsedCounter", "last_of"]

_LEDGER = "ledger"
_CLIENT = "assay.ledger.client"
_log = get_logger(__name__)


class ContractFault(LedgerError):
    """A contract raised something that is not a refusal: a bug in it. The state is as it was."""


class UsedCounter(LedgerError):
    """The counter of a transaction is not the sender's next one."""


@dataclass(frozen=True, slots=True)
class Done:
    """Where a transaction stands on the chain."""

    counter: int
    digest: bytes
    height: int
    position: int


@dataclass(frozen=True, slots=True)
class Execution:
    """What came of a list of transactions: the entries of a block, its writes, and the fate of each transaction."""

    entries: tuple[Entry, ...]
    overlay: Overlay
    outcomes: tuple[Done | AssayError, ...]


def last_of(store: Store, sender: int) -> Done | None:
    """The sender's last transaction, the one that may be sent again."""
    raw = store.load(_LEDGER, f"client/{sender}")
    if raw is None:
        return None
    return Done(*decode_record(raw, _CLIENT, 1, int, bytes, int, int))


class Machine:
    """Executes the transactions of one chain."""

    def __init__(self, genesis: Genesis, registry: ContractRegistry) -> None:
        self.genesis = genesis
        self._contracts: dict[str, Contract] = {}
        for instance in genesis.contracts:
            self._contracts[instance.instance] = registry.find(instance.name, instance.code)

    def begin(self, store: Store) -> Overlay:
        """The state of block 0."""
        overlay = Overlay(store)
        for instance in self.genesis.contracts:
            origin = Origin(self.genesis.chain_id, instance.instance, self.genesis.time)
            contract = self._contracts[instance.instance]
            with _faults(instance.instance):
                contract.begin(SpaceState(overlay, instance.instance), instance.parameters, origin)
        return overlay

    def execute(self, store: Store, transactions: Sequence[Transaction], *, height: int, time: int) -> Execution:
        """Execute transactions in order as block `height` at `time` (ms). Refused ones get no entry.

        Transactions beyond the limits of a block are left over: `outcomes` is then shorter than `transactions`.
        """
        block = Overlay(store)
        entries: list[Entry] = []
        outcomes: list[Done | AssayError] = []
        size = 0
        for transaction in transactions:
            try:
                if entries and (len(entries) == MAX_BLOCK_ENTRIES or size + len(transaction.encoded) > MAX_BLOCK_BYTES):
                    break
                last = last_of(block, transaction.sender)
                if last is not None and (last.counter, last.digest) == (transaction.counter, transaction.digest):
                    done = last  # sent again
                else:
                    due = 1 if last is None else last.counter + 1
                    done = Done(transaction.counter, transaction.digest, height, len(entries))
                    entries.append(Entry(transaction, self._execute(block, transaction, done, due, time)))
                    size += len(entries[-1].encoded)
                outcomes.append(done)
            except AssayError as refusal:
                outcomes.append(refusal)
        return Execution(tuple(entries), block, tuple(outcomes))

    def _execute(self, block: Overlay, transaction: Transaction, done: Done, due: int, time: int) -> bytes:
        transaction.check_form()
        if transaction.chain_id != self.genesis.chain_id:
            raise VerificationError(
                f"the transaction is for chain {transaction.chain_id.hex()}, this is {self.genesis.chain_id.hex()}"
            )
        overlay = Overlay(block)
        known = SpaceState(overlay, ACCOUNTS)
        transaction.check_signature(_sender_certificate(known, transaction))
        sender = accounts.account(known, transaction.sender)
        assert sender is not None
        if (transaction.contract, transaction.method) != (ACCOUNTS, REVOKE):
            accounts.check_fresh(known, time)
        if not sender.active(time):
            raise RevokedError(f"the certificate of {sender.name!r} is not in force: revoked, expired or not yet valid")
        if transaction.counter != due:
            raise UsedCounter(f"counter {transaction.counter} of sender {transaction.sender}: {due} is the next one")
        result = self._call(overlay, known, transaction, sender, done.height, time)
        overlay.writes[_LEDGER, f"client/{transaction.sender}"] = encode_record(
            _CLIENT, 1, done.counter, done.digest, done.height, done.position
        )
        overlay.merge_into(block)
        return result

    def _call(
        self, overlay: Overlay, known: StateReader, transaction: Transaction, sender: Account, height: int, time: int
    ) -> bytes:
        contract = self._contracts.get(transaction.contract)
        if contract is None:
            raise NotFound(f"no contract {transaction.contract!r} on this chain; there are {sorted(self._contracts)}")
        roles = contract.methods.get(transaction.method)
        if roles is None:
            raise NotFound(f"contract {transaction.contract!r} has no method {transaction.method!r}")
        if sender.role not in roles:
            raise AuthorizationError(
                f"{sender.name!r} is a {sender.role.value} and may not call {transaction.contract}.{transaction.method}"
            )
        context = Context(
            chain_id=self.genesis.chain_id,
            contract=transaction.contract,
            time=time,
            height=height,
            sender=sender,
            transaction=transaction.digest,
            account=lambda index: accounts.account(known, index),
        )
        state = SpaceState(overlay, transaction.contract)
        with _faults(transaction.contract):
            result = contract.apply(state, Call(transaction.method, transaction.payload), context)
            return encode(result, limit=MAX_RESULT_BYTES)


@contextmanager
def _faults(contract: str) -> Iterator[None]:
    """Tell a contract's refusals from its bugs; running out of memory is neither."""
    try:
        yield
    except (AssayError, MemoryError):
        raise
    except Exception as bug:
        _log.exception("contract %r failed", contract)
        raise ContractFault(f"contract {contract!r} failed: {type(bug).__name__}: {bug}") from bug


def _sender_certificate(known: SpaceState, transaction: Transaction) -> Certificate:
    if transaction.certificate:
        certificate = accounts.admit(known, transaction.certificate)
        if certificate.index != transaction.sender:
            raise AuthorizationError(f"{certificate!r} is attached to a transaction of sender {transaction.sender}")
        return certificate
    newest = accounts.certificate_of(known, transaction.sender)
    if newest is None:
        raise AuthorizationError(
            f"the chain does not know sender {transaction.sender} yet: attach the certificate to the first transaction"
        )
    return newest
