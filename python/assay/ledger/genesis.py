"""The genesis: what a chain is. Its digest is the chain's id, which every block and transaction names.

genesis  = ("assay.ledger.genesis", 2, label, time, signers, quorum, contracts, records, callers)
chain id = digest_bytes("assay/ledger/genesis/v2", genesis)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import NoneType
from typing import Final, Literal

from assay.core.clock import Clock, system_clock
from assay.core.encoding import decode_record, digest_bytes, encode_record
from assay.core.errors import EncodingError, InvalidInput, WrongType
from assay.identity.certificate import AuthorityCertificate
from assay.identity.revocation import RevocationList
from assay.identity.roles import EVERYONE, Role
from assay.ledger.accounts import ACCOUNTS, Accounts, accounts_parameters
from assay.ledger.contracts import ContractRegistry
from assay.ledger.policy import HasRole, Member, OutOf, Policy, decode_policy, encode_policy

__all__ = ["ANYONE", "NOBODY", "Genesis", "Instance"]

ANYONE: Final = "anyone"
NOBODY: Final[frozenset[Role]] = frozenset()

_KIND = "assay.ledger.genesis"
_MAX_BYTES = 4 << 20
_MAX_SIGNERS = 100
_RESERVED = ("ledger",)


@dataclass(frozen=True, slots=True)
class Instance:
    """A contract at work on a chain: its name there, the contract, the digest of its code, and its parameters.

    With a `policy` it takes endorsed transactions alone, whose endorsers satisfy it; without one it takes calls alone.
    """

    instance: str
    name: str
    code: bytes
    parameters: bytes
    policy: Policy | None = None


@dataclass(frozen=True)
class Genesis:
    """Label, time (ms), who may seal blocks (Ed25519 keys, `quorum` of them each block), and the contracts.

    `records` says who may append records: accounts of these roles, or `ANYONE`: all accounts, and without a signature
    whoever takes a sender's number from `UNAUTHENTICATED` on. `callers` are the roles that may call contracts at all,
    whatever the contracts allow; certificates and revocations anybody certified may bring.
    """

    label: str
    time: int
    signers: tuple[bytes, ...]
    quorum: int
    contracts: tuple[Instance, ...]
    records: frozenset[Role] | Literal["anyone"] = NOBODY
    callers: frozenset[Role] = EVERYONE

    def __post_init__(self) -> None:
        if not 1 <= len(self.signers) <= _MAX_SIGNERS or len(set(self.signers)) != len(self.signers):
            raise InvalidInput(f"a chain has 1 to {_MAX_SIGNERS} distinct signers, not {len(self.signers)}")
        if any(len(signer) != 32 for signer in self.signers):
            raise InvalidInput("a signer is an Ed25519 public key of 32 bytes")
        if not 1 <= self.quorum <= len(self.signers):
            raise InvalidInput(f"quorum {self.quorum} lies outside [1, {len(self.signers)}]")
        if self.time < 0:
            raise InvalidInput("time is in ms since 1970")
        if self.records != ANYONE and not all(isinstance(role, Role) for role in self.records):
            raise InvalidInput(f"records may be appended by a set of roles or by ANYONE, not {self.records!r}")
        if not isinstance(self.callers, frozenset) or not all(isinstance(role, Role) for role in self.callers):
            raise InvalidInput(f"contracts may be called by a set of roles, not {self.callers!r}")
        names = [contract.instance for contract in self.contracts]
        if names[:1] != [ACCOUNTS] or self.contracts[0].name != Accounts.name or len(set(names)) != len(names):
            raise InvalidInput(f"the first contract of a chain is {ACCOUNTS!r}, and no two have one name: {names}")
        if not all(isinstance(contract.policy, (Member, HasRole, OutOf, NoneType)) for contract in self.contracts):
            raise WrongType("the policy of a contract is Member, HasRole, OutOf or None")
        if self.contracts[0].policy is not None:
            raise InvalidInput(
                f"{ACCOUNTS!r} takes no policy: certificates and revocations carry a signature that counts"
            )
        for name in names:
            if not name or len(name) > 64 or not name.isascii() or not name.isprintable() or name in _RESERVED:
                raise InvalidInput(f"{name!r} cannot name a contract: 1 to 64 printable ASCII characters, not reserved")

    @classmethod
    def begin(
        cls,
        label: str,
        *,
        signers: Sequence[bytes],
        authority: AuthorityCertificate,
        revocations: RevocationList,
        contracts: Sequence[tuple[str, str, bytes]] = (),
        policies: Mapping[str, Policy] | None = None,
        registry: ContractRegistry | None = None,
        quorum: int = 1,
        records: frozenset[Role] | Literal["anyone"] = NOBODY,
        callers: frozenset[Role] = EVERYONE,
        clock: Clock = system_clock,
    ) -> Genesis:
        """The genesis of a new chain whose identities `authority` certifies.

        `contracts` holds (instance, name, parameters); names are looked up in `registry` at their highest version.
        `policies` says by instance whose endorsements it takes.
        """
        registry = registry or ContractRegistry()
        policies = policies or {}
        wanted = [(ACCOUNTS, Accounts.name, accounts_parameters(authority, revocations)), *contracts]
        instances = [
            Instance(instance, name, registry.named(name)[1], parameters, policies.get(instance))
            for instance, name, parameters in wanted
        ]
        if not policies.keys() <= {contract.instance for contract in instances}:
            raise InvalidInput(f"there are policies for {sorted(policies)}, not all of them contracts of the chain")
        return cls(label, clock(), tuple(signers), quorum, tuple(instances), records, callers)

    @cached_property
    def encoded(self) -> bytes:
        """The canonical bytes."""
        contracts = tuple((c.instance, c.name, c.code, c.parameters, encode_policy(c.policy)) for c in self.contracts)
        records = (ANYONE,) if self.records == ANYONE else _names(self.records)
        fields = (self.label, self.time, self.signers, self.quorum, contracts, records, _names(self.callers))
        return encode_record(_KIND, 2, *fields, limit=_MAX_BYTES)

    @cached_property
    def chain_id(self) -> bytes:
        """The 32 bytes that name the chain."""
        return digest_bytes("assay/ledger/genesis/v2", self.encoded)

    @classmethod
    def decode(cls, data: bytes) -> Genesis:
        """Read what `encoded` gave."""
        types = (str, int, tuple, int, tuple, tuple, tuple)
        fields = decode_record(data, _KIND, 2, *types, limit=_MAX_BYTES)
        label, time, signers, quorum, contracts, records, callers = fields
        if not all(type(signer) is bytes for signer in signers):
            raise EncodingError("the signers of a genesis are bytes")
        for contract in contracts:
            if type(contract) is not tuple or [type(part) for part in contract] != [str, str, bytes, bytes, bytes]:
                raise EncodingError("a contract of a genesis is (instance, name, code, parameters, policy)")
        instances = tuple(
            Instance(instance, name, code, parameters, decode_policy(policy))
            for instance, name, code, parameters, policy in contracts
        )
        leave: frozenset[Role] | Literal["anyone"] = ANYONE if records == (ANYONE,) else _roles(records)
        return cls(label, time, signers, quorum, instances, leave, _roles(callers))


def _names(roles: frozenset[Role]) -> tuple[str, ...]:
    return tuple(sorted(role.value for role in roles))


def _roles(names: tuple[object, ...]) -> frozenset[Role]:
    try:
        roles = frozenset(Role(name) for name in names)
    except ValueError:
        raise EncodingError(f"{names!r} in the genesis are not roles") from None
    if _names(roles) != names:
        raise EncodingError("the roles in a genesis ascend")
    return roles
