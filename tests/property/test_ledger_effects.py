"""Effects: taking them and applying them is executing; a read that changed is noticed; the encoding is strict."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.encoding import encode, encode_record
from assay.core.errors import EncodingError, LimitError
from assay.ledger.effects import MAX_RANGES, MAX_READS, MAX_WRITES, Effects, Recorder, StaleRead
from assay.ledger.state import MAX_KEY_BYTES, MemoryStore, Overlay, SpaceState

KEYS = ["a", "ab", "abc", "b", "é", "éa"]
keys, values = st.sampled_from(KEYS), st.integers(0, 3)
states = st.dictionaries(st.tuples(st.sampled_from("xy"), keys), values)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("get"), keys),
        st.tuples(st.just("put"), keys, values),
        st.tuples(st.just("delete"), keys),
        st.tuples(st.just("items"), st.sampled_from(["", "a", "ab", "é", "z"]), st.integers(0, 3)),
    ),
    max_size=8,
)


def store_of(state):
    store = MemoryStore()
    store.write({place: encode(value) for place, value in state.items()})
    return store


def run(space, program):
    """Execute the program; what it sees goes into its answer."""
    seen = []
    for operation, key, *rest in program:
        if operation == "get":
            seen.append(space.get(key))
        elif operation == "put":
            space.put(key, rest[0] + len(seen))
        elif operation == "delete":
            space.delete(key)
        else:
            for at, pair in enumerate(space.items(key)):
                if at == rest[0]:
                    break  # a contract may stop half-way
                seen.append(list(pair))
    return encode(seen)


def record(state, program, space="x"):
    recorder = Recorder(store_of(state))
    writes = Overlay(recorder)
    result = run(SpaceState(writes, space), program)
    return recorder.effects(writes, space, height=7, time=8, result=result)


def contents(store):
    return {(space, key): value for space in "xy" for key, value in store.scan(space, "")}


@given(states, steps)
def test_applying_effects_is_executing(state, program):
    effects = Effects.decode(record(state, program).encoded)
    assert effects == record(state, program)
    executed, applied = store_of(state), store_of(state)
    overlay = Overlay(executed)
    assert run(SpaceState(overlay, "x"), program) == effects.result
    executed.write(overlay.writes)
    effects.check(applied)
    overlay = Overlay(applied)
    effects.apply(overlay, "x")
    applied.write(overlay.writes)
    assert contents(applied) == contents(executed)


@given(states, steps, states)
def test_effects_that_pass_the_check_are_those_of_the_other_state_too(state, program, other):
    """What MVCC is for: where the check passes, executing there gives the same."""
    effects = record(state, program)
    try:
        effects.check(store_of(other))
    except StaleRead:
        return
    assert record(other, program) == effects


@given(states, st.tuples(st.sampled_from("xy"), keys), st.none() | values)
def test_exactly_what_was_read_is_checked(state, place, value):
    program = [("get", "a"), ("put", "b", 1), ("items", "é", 1), ("get", "b")]
    effects = record(state, program)
    changed = {key: old for key, old in state.items() if key != place}
    if value is not None:
        changed[place] = value
    read = place in [("x", "a"), ("x", "é"), ("x", "éa")]
    if read and changed != state:
        with pytest.raises(StaleRead, match="endorsed again"):
            effects.check(store_of(changed))
    else:
        effects.check(store_of(changed))


def test_what_is_recorded():
    effects = record({("x", "a"): 1, ("x", "ab"): 2}, [("items", "a", 1), ("get", "b"), ("put", "b", 5), ("get", "b")])
    assert [(space, prefix) for space, prefix, _ in effects.ranges] == [("x", "a")]
    assert effects.reads == (("x", "b", None),)
    assert effects.writes == (("b", encode(7)),)  # the put adds how many answers came before it
    assert (effects.height, effects.time) == (7, 8)


EFFECTS = record({("x", "a"): 1}, [("get", "a"), ("get", "b"), ("items", "", 9), ("put", "b", 5), ("delete", "a")])


@pytest.mark.parametrize(
    "changes",
    [
        {"reads": EFFECTS.reads[::-1]},
        {"reads": EFFECTS.reads[:1] * 2},
        {"reads": (("x", "a", b"short"),)},
        {"reads": (("x", "a"),)},
        {"reads": (("x", "a", None, None),)},
        {"reads": (("x", 1, None),)},
        {"reads": (["x", "a", None],)},
        {"reads": (None,)},
        {"ranges": EFFECTS.ranges * 2},
        {"ranges": (("x", "", None),)},
        {"writes": EFFECTS.writes[::-1]},
        {"writes": EFFECTS.writes[:1] * 2},
        {"writes": (("a", 5),)},
        {"writes": (("a", encode(None)),)},
        {"writes": (("a", b"\x07"),)},
        {"writes": (("a", b""),)},
        {"writes": (("a",),)},
        {"writes": ((b"a", None),)},
        {"result": b"\x07"},
        {"result": b""},
        {"height": -1},
        {"time": -1},
    ],
)
def test_malformed_effects(changes):
    bad = replace(EFFECTS, **changes)
    with pytest.raises(EncodingError):
        Effects.decode(bad.encoded)


def test_truncated_and_foreign_bytes():
    for end in range(len(EFFECTS.encoded)):
        with pytest.raises(EncodingError):
            Effects.decode(EFFECTS.encoded[:end])
    with pytest.raises(EncodingError):
        Effects.decode(encode_record("assay.ledger.effects", 2, 0, 0, (), (), (), b""))


def test_limits():
    many = [f"{n:05}" for n in range(MAX_READS + 1)]
    for bad in [
        replace(EFFECTS, reads=tuple(("x", key, None) for key in many)),
        replace(EFFECTS, ranges=tuple(("x", key, bytes(32)) for key in many[: MAX_RANGES + 1])),
        replace(EFFECTS, writes=tuple((key, None) for key in many[: MAX_WRITES + 1])),
        replace(EFFECTS, writes=(("a", encode(bytes(1 << 20))),)),
    ]:
        with pytest.raises(LimitError):
            _ = bad.encoded
    for bad in ["", "k" * (MAX_KEY_BYTES + 1)]:
        with pytest.raises(LimitError):
            Effects.decode(replace(EFFECTS, writes=((bad, None),)).encoded)
