"""Endorsement policies: whose signatures an endorsed transaction needs.

    policy  = Member(index)                 the account with that index
            | HasRole(role)                 any account of that role
            | OutOf(n, policy, policy, ...) n of these policies, 1 <= n <= their number

A set of endorsers satisfies a policy when they can be assigned to its leaves (`Member`, `HasRole`), *each endorser to
at most one leaf and each leaf at most one endorser*, such that the leaves served satisfy the tree. So nobody counts
twice, wherever the policy names them twice: `OutOf(2, HasRole(USER), HasRole(USER))` takes two users, and
`AllOf(Member(1), HasRole(OPERATOR))` takes another operator than account 1. More endorsers never do harm. The order of
neither endorsers nor members matters.

The search is exact. It goes through the choices of each `OutOf`, in which endorsers that fit the same leaves are one,
and leaves a branch as soon as a bound says that too few members can be satisfied: as many leaves as a maximum matching
serves (Kuhn's augmenting paths), and the nested policies that could each be satisfied if they were alone. For a policy
without nesting the bound is exact, so nothing is tried in vain; for nested ones the problem is NP-hard in general, and
the limits below keep it small. The verdict is remembered for each set of endorsers: the same ones sign again and again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol, TypeAlias

from assay.core.encoding import Encodable, Value, decode, encode
from assay.core.errors import EncodingError, InvalidInput, LimitError, WrongType
from assay.identity.certificate import MAX_INDEX
from assay.identity.roles import Role

__all__ = [
    "MAX_ENDORSERS",
    "MAX_POLICY_DEPTH",
    "MAX_POLICY_LEAVES",
    "AllOf",
    "AnyOf",
    "HasRole",
    "Member",
    "OutOf",
    "Policy",
    "decode_policy",
    "encode_policy",
    "satisfied",
]

MAX_POLICY_DEPTH: Final = 8  # levels of OutOf
MAX_POLICY_LEAVES: Final = 32
MAX_ENDORSERS: Final = 32
_MAX_BYTES: Final = 8 << 10


@dataclass(frozen=True, slots=True)
class Member:
    """The account with this index."""

    index: int

    def __post_init__(self) -> None:
        if type(self.index) is not int or not 0 <= self.index <= MAX_INDEX:
            raise InvalidInput(f"{self.index!r} is not an account index")

    def __str__(self) -> str:
        return f"account {self.index}"


@dataclass(frozen=True, slots=True)
class HasRole:
    """Any account of this role."""

    role: Role

    def __post_init__(self) -> None:
        if not isinstance(self.role, Role):
            raise WrongType(f"{self.role!r} is not a Role")

    def __str__(self) -> str:
        return f"a {self.role.value}"


@dataclass(frozen=True, slots=True, init=False)
class OutOf:
    """`needed` of `members`: `OutOf(2, Member(0), Member(3), HasRole(Role.OPERATOR))`."""

    needed: int
    members: tuple[Policy, ...]

    def __init__(self, needed: int, *members: Policy) -> None:
        if type(needed) is not int or not 1 <= needed <= len(members):
            raise InvalidInput(f"{needed!r} of {len(members)} members: it takes 1 to {len(members)} of at least one")
        if not all(isinstance(member, (Member, HasRole, OutOf)) for member in members):
            raise WrongType("the members of OutOf are Member, HasRole and OutOf")
        object.__setattr__(self, "needed", needed)
        object.__setattr__(self, "members", members)
        if _depth(self) > MAX_POLICY_DEPTH:
            raise LimitError(f"a policy nests at most {MAX_POLICY_DEPTH} levels of OutOf")
        if _leaves(self) > MAX_POLICY_LEAVES:
            raise LimitError(f"a policy has at most {MAX_POLICY_LEAVES} leaves")

    def __str__(self) -> str:
        return f"{self.needed} of ({', '.join(map(str, self.members))})"


Policy: TypeAlias = Member | HasRole | OutOf


def AllOf(*members: Policy) -> OutOf:  # noqa: N802 - reads like the classes beside it
    """All of these policies."""
    return OutOf(len(members), *members)


def AnyOf(*members: Policy) -> OutOf:  # noqa: N802
    """One of these policies."""
    return OutOf(1, *members)


def _depth(policy: Policy) -> int:
    return 1 + max(map(_depth, policy.members)) if isinstance(policy, OutOf) else 0


def _leaves(policy: Policy) -> int:
    return sum(map(_leaves, policy.members)) if isinstance(policy, OutOf) else 1


# --- who satisfies it -------------------------------------------------------------------------------------------------


class Identity(Protocol):
    """What a policy looks at: an account, or a certificate."""

    @property
    def index(self) -> int:
        """The index of the account."""

    @property
    def role(self) -> Role:
        """Its role."""


def satisfied(policy: Policy, endorsers: Iterable[Identity]) -> bool:
    """Whether `endorsers` satisfy `policy`; an account that occurs twice counts once.

    Raises `LimitError` above `MAX_ENDORSERS`.
    """
    people = tuple(sorted({(endorser.index, endorser.role.value) for endorser in endorsers}))
    if len(people) > MAX_ENDORSERS:
        raise LimitError(f"{len(people)} endorsers, of at most {MAX_ENDORSERS}")
    return _satisfied(policy, people)


@lru_cache(maxsize=4096)
def _satisfied(policy: Policy, people: tuple[tuple[int, str], ...]) -> bool:
    named = set(_members_named(policy))
    kinds = Counter((index if index in named else None, role) for index, role in people)  # None: only the role matters
    search = _Search(list(kinds))
    return next(search.ways(policy, tuple(kinds.values())), None) is not None


def _members_named(policy: Policy) -> Iterator[int]:
    if isinstance(policy, OutOf):
        for member in policy.members:
            yield from _members_named(member)
    elif isinstance(policy, Member):
        yield policy.index


class _Search:
    """Ways to serve a policy. `free` counts the endorsers of each kind that serve no leaf yet."""

    def __init__(self, kinds: list[tuple[int | None, str]]) -> None:
        self._kinds = kinds

    def ways(self, policy: Policy, free: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """What is left of `free` after each way to serve `policy` from it, each at least once."""
        if isinstance(policy, OutOf):
            yield from self._choose(policy.members, policy.needed, free, set())
            return
        for at in self._fitting(policy, free):
            yield (*free[:at], free[at] - 1, *free[at + 1 :])

    def _fitting(self, leaf: Member | HasRole, free: tuple[int, ...]) -> Iterator[int]:
        """The kinds with endorsers left that fit a leaf."""
        for at, (index, role) in enumerate(self._kinds):
            if free[at] and (index == leaf.index if isinstance(leaf, Member) else role == leaf.role.value):
                yield at

    def _bound(self, members: tuple[Policy, ...], free: tuple[int, ...]) -> int:
        """How many of `members` can be satisfied at most."""
        serving: list[list[int]] = [[] for _ in free]  # the leaves that endorsers of each kind serve
        leaves = [member for member in members if not isinstance(member, OutOf)]

        def serve(leaf: int, tried: set[int]) -> bool:
            for kind in self._fitting(leaves[leaf], free):
                if kind in tried:
                    continue
                tried.add(kind)
                if len(serving[kind]) < free[kind]:
                    serving[kind].append(leaf)
                    return True
                for at, other in enumerate(serving[kind]):
                    if serve(other, tried):
                        serving[kind][at] = leaf
                        return True
            return False

        matched = sum(serve(leaf, set()) for leaf in range(len(leaves)))
        nested = (member for member in members if isinstance(member, OutOf))
        return matched + sum(1 for member in nested if next(self.ways(member, free), None) is not None)

    def _choose(
        self,
        members: tuple[Policy, ...],
        needed: int,
        free: tuple[int, ...],
        seen: set[tuple[int, int, tuple[int, ...]]],
    ) -> Iterator[tuple[int, ...]]:
        if needed == 0:
            yield free
            return
        state = (len(members), needed, free)
        if len(members) < needed or state in seen:
            return
        seen.add(state)
        if self._bound(members, free) < needed:
            return
        for rest in self.ways(members[0], free):
            yield from self._choose(members[1:], needed - 1, rest, seen)
        yield from self._choose(members[1:], needed, free, seen)


# --- canonical bytes --------------------------------------------------------------------------------------------------


def encode_policy(policy: Policy | None) -> bytes:
    """The canonical bytes; b"" for None, which stands for no policy."""
    return b"" if policy is None else encode(_plain(policy))


def _plain(policy: Policy) -> Encodable:
    if isinstance(policy, Member):
        return ("member", policy.index)
    if isinstance(policy, HasRole):
        return ("role", policy.role.value)
    return ("out of", policy.needed, tuple(map(_plain, policy.members)))


def decode_policy(data: bytes) -> Policy | None:
    """Read what `encode_policy` wrote; `EncodingError` or `LimitError` for anything else."""
    return None if not data else _parse(decode(data, limit=_MAX_BYTES), 0)


def _parse(value: Value, depth: int) -> Policy:
    if type(value) is not tuple:  # a pattern below would take a list too
        raise EncodingError("an endorsement policy is a tuple")
    if depth > MAX_POLICY_DEPTH:
        raise LimitError(f"a policy nests at most {MAX_POLICY_DEPTH} levels of OutOf")
    try:
        match value:
            case ("member", int() as index):
                return Member(index)
            case ("role", str() as role):
                return HasRole(Role(role))
            case ("out of", int() as needed, tuple() as members):
                return OutOf(needed, *(_parse(member, depth + 1) for member in members))
    except (EncodingError, LimitError):
        raise
    except ValueError as error:
        raise EncodingError(f"the bytes are not an endorsement policy: {error}") from None
    raise EncodingError("a policy is ('member', index), ('role', role) or ('out of', needed, members)")
