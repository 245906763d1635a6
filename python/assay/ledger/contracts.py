"""Contracts: deterministic state machines that every reader of the chain can execute again.

A contract is a subclass of `Contract` without instance state. The ledger calls it with three things:

- `state`: the contract's own map from str keys to canonical values (`State`). What `apply` writes takes effect together
  when it returns; when it raises, nothing does. `get` returns a fresh value each time.
- `call`: the method's name and its payload, hostile bytes that the contract decodes with `core.encoding`.
- `context`: chain id, height, block time, the certified sender, the transaction's digest, and the standing of every
  account at block time (`context.active(index)`). Nothing else may be looked at: no clock, no randomness, no files, no
  floating point whose result depends on the machine.

`apply` returns the result that goes into the receipt and is committed to by the block. It refuses by raising an
`AssayError` (`Refused` where nothing fits better). Which roles may call which method is declared in `methods` and
checked by the ledger, after the signature and the certificate and before `apply`:

    class Counter(Contract):
        name = "example.counter"
        version = 1
        methods = {"add": frozenset({Role.USER})}

        def begin(self, state, parameters, origin):
            state.put("total", 0)

        def apply(self, state, call, context):
            (amount,) = decode_record(call.payload, "counter.add", 1, int)
            if amount <= 0:
                raise Refused(f"amount {amount} is not positive")
            state.put("total", state.get("total") + amount)
            return state.get("total")

The genesis names every contract with the digest of its code (`code_digest`), which covers the source file that defines
it and the modules in `code`. A released contract file is therefore never edited: the next version is a new module, so
that old chains stay readable. Contracts are found by entry point (group `assay.contracts`, entry `NAME` or
`NAME@VERSION`) or registered by hand; an unknown name or another digest is an error, never a guess.
"""

from __future__ import annotations

import hashlib
import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from assay.core.encoding import Encodable, Value, digest
from assay.core.errors import LedgerError, NotFound, WrongType
from assay.identity.roles import Role

__all__ = [
    "ENTRY_POINT_GROUP",
    "Account",
    "Call",
    "Context",
    "Contract",
    "ContractRegistry",
    "Origin",
    "Refused",
    "State",
    "StateReader",
    "code_digest",
]

ENTRY_POINT_GROUP = "assay.contracts"
_BUILT_IN = {"assay.accounts": "assay.ledger.accounts:Accounts"}  # every chain begins with it


class Refused(LedgerError):
    """A contract refused a transaction; its state is as it was."""


class StateReader(Protocol):
    """A contract's state, to read."""

    def get(self, key: str) -> Value:
        """The value under `key`, or None (a stored value is never None)."""

    def items(self, prefix: str = "") -> Iterator[tuple[str, Value]]:
        """All pairs whose key starts with `prefix`, ascending by the UTF-8 bytes of the key."""


class State(StateReader, Protocol):
    """A contract's state during one call."""

    def put(self, key: str, value: Encodable) -> None:
        """Store a value other than None under `key` (1 to 256 bytes of UTF-8)."""

    def delete(self, key: str) -> None:
        """Remove `key`; nothing happens when it is absent."""


@dataclass(frozen=True, slots=True)
class Account:
    """A certified identity as the ledger knows it: its newest certificate. Times in ms since 1970, UTC."""

    index: int
    generation: int
    role: Role
    name: str
    babyjubjub: tuple[int, int]
    fingerprint: bytes
    serial: int
    not_before: int
    not_after: int
    revoked_at: int | None = None

    def active(self, time: int) -> bool:
        """Whether the certificate is in force at `time`: begun, not expired, not revoked."""
        return self.not_before <= time <= self.not_after and (self.revoked_at is None or time < self.revoked_at)


@dataclass(frozen=True, slots=True)
class Call:
    """What a transaction asks a contract to do."""

    method: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """What a contract knows when the chain begins."""

    chain_id: bytes
    contract: str  # the name of this instance in the genesis
    time: int  # ms since 1970, UTC


@dataclass(frozen=True, slots=True)
class Context(Origin):
    """What a contract knows about the transaction it executes; `time` is that of the block."""

    height: int
    sender: Account
    transaction: bytes  # 32-byte digest
    account: Callable[[int], Account | None]  # the account with an index, None when the ledger has not seen it

    def active(self, index: int) -> bool:
        """Whether account `index` is known and its certificate is in force at block time (fails closed)."""
        account = self.account(index)
        return account is not None and account.active(self.time)


class Contract(ABC):
    """A deterministic state machine; see the module's text for the rules."""

    name: ClassVar[str]
    version: ClassVar[int]
    methods: ClassVar[Mapping[str, frozenset[Role]]]
    code: ClassVar[tuple[str, ...]] = ()  # further modules whose source is part of the contract's identity

    def begin(self, state: State, parameters: bytes, origin: Origin) -> None:
        """Fill the initial state from the genesis parameters; raises to refuse them."""
        if parameters:
            raise Refused(f"contract {self.name!r} takes no parameters")

    @abstractmethod
    def apply(self, state: State, call: Call, context: Context) -> Encodable:
        """Execute one call; returns the result for the receipt, raises to refuse."""


def code_digest(contract: Contract) -> bytes:
    """The 32-byte digest of a contract's name, version and source files (newlines normalised)."""
    modules = [type(contract).__module__, *contract.code]
    sources = [hashlib.sha256(_source(module)).digest() for module in modules]
    return digest("assay/ledger/contract/v1", (contract.name, contract.version, sources))


def _source(module: str) -> bytes:
    path = Path(getattr(importlib.import_module(module), "__file__", None) or "")
    if path.suffix != ".py" or not path.is_file():
        raise LedgerError(f"module {module!r} has no source file, so a contract in it has no code digest")
    return path.read_bytes().replace(b"\r\n", b"\n")


class ContractRegistry:
    """The contracts that this process can execute: those registered, then those installed (by entry point)."""

    def __init__(self, contracts: Iterable[Contract] = (), *, installed: bool = True) -> None:
        self._contracts: dict[tuple[str, bytes], Contract] = {}
        self._installed = installed
        for contract in contracts:
            self.register(contract)

    def register(self, contract: Contract) -> bytes:
        """Make a contract known; returns its code digest. Several versions of one name may coexist."""
        if not isinstance(contract, Contract):
            raise WrongType(f"{contract!r} is not a Contract instance")
        code = code_digest(contract)
        self._contracts[contract.name, code] = contract
        return code

    def find(self, name: str, code: bytes) -> Contract:
        """The contract of that name and code digest; `LedgerError` when there is none or only another version."""
        contract = self._contracts.get((name, code))
        if contract is None:
            self._load(name)
            contract = self._contracts.get((name, code))
        if contract is not None:
            return contract
        others = [known.hex() for other, known in self._contracts if other == name]
        if others:
            raise LedgerError(
                f"contract {name!r} is here with code {', '.join(others)}, but the chain was begun with {code.hex()}: "
                "use the version of the package that the chain was begun with"
            )
        raise LedgerError(f"unknown contract {name!r}: install the package that provides it (entry point {name!r})")

    def named(self, name: str) -> tuple[Contract, bytes]:
        """The contract of that name with the highest version, and its code digest, to begin a chain with."""
        self._load(name)
        found = [(contract, code) for (other, code), contract in self._contracts.items() if other == name]
        if not found:
            raise NotFound(f"unknown contract {name!r}: register it or install the package that provides it")
        return max(found, key=lambda pair: pair[0].version)

    def _load(self, name: str) -> None:
        from importlib.metadata import EntryPoint, entry_points  # 30 ms that most processes need not spend

        if name in _BUILT_IN:
            self.register(EntryPoint(name, _BUILT_IN[name], ENTRY_POINT_GROUP).load()())
        if not self._installed:
            return
        for entry in entry_points(group=ENTRY_POINT_GROUP):
            if entry.name.partition("@")[0] == name:
                try:
                    contract = entry.load()()
                except Exception as error:
                    raise LedgerError(f"contract {name!r} ({entry.value}) cannot be loaded: {error}") from error
                self.register(contract)
