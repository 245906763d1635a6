"""Endorsement policies against their definition, tried out assignment by assignment, and their strict encoding."""

import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.encoding import encode
from assay.core.errors import AssayError, EncodingError, InvalidInput, LimitError, WrongType
from assay.identity import Role
from assay.ledger.policy import (
    MAX_ENDORSERS,
    MAX_POLICY_DEPTH,
    MAX_POLICY_LEAVES,
    AllOf,
    AnyOf,
    HasRole,
    Member,
    OutOf,
    decode_policy,
    encode_policy,
    satisfied,
)

USER, OPERATOR, OWNER = Role.USER, Role.OPERATOR, Role.DATA_OWNER


@dataclass(frozen=True)
class Person:
    index: int
    role: Role


def people(*pairs):
    return [Person(index, role) for index, role in pairs]


def by_definition(policy, endorsers):
    """Give every leaf one endorser or none in all ways, nobody two leaves, and look at the tree."""
    leaves = []

    def number(node):
        if isinstance(node, OutOf):
            return (node.needed, [number(member) for member in node.members])
        leaves.append(node)
        return len(leaves) - 1

    def holds(node, served):
        if isinstance(node, int):
            return node in served
        needed, members = node
        return sum(holds(member, served) for member in members) >= needed

    def fits(leaf, person):
        return person.index == leaf.index if isinstance(leaf, Member) else person.role is leaf.role

    tree = number(policy)
    distinct = list(set(endorsers))
    for assigned in itertools.product([None, *distinct], repeat=len(leaves)):
        used = [person for person in assigned if person is not None]
        if len(set(used)) != len(used):
            continue
        served = {at for at, person in enumerate(assigned) if person is not None}
        if all(fits(leaves[at], assigned[at]) for at in served) and holds(tree, served):
            return True
    return False


roles = st.sampled_from([USER, OPERATOR])
leaf = st.builds(Member, st.integers(0, 3)) | st.builds(HasRole, roles)


def out_of(members):
    return st.lists(members, min_size=1, max_size=3).flatmap(
        lambda chosen: st.integers(1, len(chosen)).map(lambda n: OutOf(n, *chosen))
    )


policies = leaf | out_of(leaf) | out_of(leaf | out_of(leaf))


def size(policy):
    return sum(map(size, policy.members)) if isinstance(policy, OutOf) else 1


@settings(max_examples=400, deadline=None)
@given(policies.filter(lambda policy: size(policy) <= 6), st.dictionaries(st.integers(0, 4), roles, max_size=4))
def test_satisfied_is_its_definition(policy, endorsers):
    persons = people(*endorsers.items())
    assert satisfied(policy, persons) == by_definition(policy, persons)


@given(policies, st.dictionaries(st.integers(0, 5), roles, max_size=5), st.integers(0, 5), roles)
def test_more_endorsers_never_harm_and_order_does_not_matter(policy, endorsers, index, role):
    persons = people(*endorsers.items())
    if satisfied(policy, persons):
        assert satisfied(policy, [*persons, *people(((endorsers.get(index) and 99) or index, role))])
        assert satisfied(policy, persons[::-1] + persons)


@given(policies)
def test_encodings_come_back(policy):
    raw = encode_policy(policy)
    assert decode_policy(raw) == policy
    for end in range(1, len(raw)):
        with pytest.raises(EncodingError):
            decode_policy(raw[:end])


def test_examples():
    ada, bob, otto, olga = people((0, USER), (1, USER), (2, OPERATOR), (3, OPERATOR))
    two_users = OutOf(2, HasRole(USER), HasRole(USER), HasRole(USER))
    assert satisfied(two_users, [ada, bob])
    assert not satisfied(two_users, [ada, ada])
    assert not satisfied(two_users, [ada, otto])
    both = AllOf(Member(2), HasRole(OPERATOR))  # account 2 and another operator
    assert not satisfied(both, [otto])
    assert not satisfied(both, [olga])
    assert satisfied(both, [otto, olga])
    # Served greedily from the left, Ada would go to the first leaf and Bob to nothing.
    assert satisfied(AllOf(HasRole(USER), Member(0)), [ada, bob])
    either = AnyOf(AllOf(Member(0), Member(1)), AllOf(Member(2), Member(3)))
    assert satisfied(either, [otto, olga])
    assert not satisfied(either, [ada, olga])
    assert not satisfied(AnyOf(Member(7)), [])
    assert satisfied(Member(0), [ada])
    assert not satisfied(HasRole(OWNER), [ada, otto])


@pytest.mark.parametrize("short", [0, 1])
def test_large_policies_are_decided_at_once(short):
    """Those whose choices would be too many to go through blindly."""
    crowd = people(*((n, USER if n % 2 else OPERATOR) for n in range(MAX_ENDORSERS)))
    members = [Member(n) for n in range(MAX_POLICY_LEAVES)]
    assert satisfied(OutOf(16, *members), crowd[: 16 - short]) is not bool(short)
    users = [HasRole(USER)] * MAX_POLICY_LEAVES
    assert satisfied(OutOf(12, *users), crowd[: 24 - short]) is not bool(short)
    mixed = [HasRole(USER), HasRole(OPERATOR)] * 8 + members[:16]
    assert satisfied(OutOf(20, *mixed), crowd[: 20 - short]) is not bool(short)


def test_limits():
    with pytest.raises(LimitError):
        satisfied(Member(0), people(*((n, USER) for n in range(MAX_ENDORSERS + 1))))
    with pytest.raises(LimitError):
        AllOf(*[Member(n) for n in range(MAX_POLICY_LEAVES + 1)])
    with pytest.raises(LimitError):
        AllOf(AllOf(*[Member(0)] * 20), AllOf(*[Member(0)] * 20))
    deep = Member(0)
    raw = ("member", 0)
    for _ in range(MAX_POLICY_DEPTH):
        deep, raw = AnyOf(deep), ("out of", 1, (raw,))
    assert decode_policy(encode_policy(deep)) == deep
    with pytest.raises(LimitError):
        AnyOf(deep)
    with pytest.raises(LimitError):
        decode_policy(encode(("out of", 1, (raw,))))


@pytest.mark.parametrize("needed", [0, -1, 3, True, "1", 1.0])
def test_out_of_takes_a_number_that_can_be_reached(needed):
    with pytest.raises(InvalidInput):
        OutOf(needed, Member(0), Member(1))


def test_what_is_no_policy():
    for make in (lambda: Member(-1), lambda: Member(1 << 32), lambda: Member(True), lambda: OutOf(1), lambda: AllOf()):
        with pytest.raises(InvalidInput):
            make()
    for make in (lambda: HasRole("user"), lambda: AllOf("user"), lambda: AnyOf(None)):
        with pytest.raises(WrongType):
            make()
    for value in [
        None,
        (),
        ("member", -1),
        ("member", True),
        ("member", 1, 2),
        ("member", "1"),
        ["member", 1],
        ("role", "emperor"),
        ("role", b"user"),
        ("out of", 2, (("member", 1),)),
        ("out of", 0, (("member", 1),)),
        ("out of", 1, ()),
        ("out of", 1, [("member", 1)]),
        ("out of", True, (("member", 1),)),
        ("out of", 1, ("member",)),
        ("any", ("member", 1)),
    ]:
        with pytest.raises(EncodingError):
            decode_policy(encode(value))
    with pytest.raises(AssayError):
        decode_policy(b"junk")
    assert decode_policy(b"") is None
    assert encode_policy(None) == b""
