"""The canonical encoding and the tagged digest against their plain form (tests/support/encoding_reference.py): the same
bytes and values, and for what is refused the same exception with the same text."""

from __future__ import annotations

import enum
import gc
import sys
import threading
import tracemalloc
from collections import OrderedDict, UserDict, namedtuple
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import encoding_reference as reference

from assay.core import encoding
from assay.core.errors import AssayError, EncodingError, InvalidInput, LimitError, WrongType

MANY = settings(max_examples=1000, deadline=None)
EDGES = [
    sign * (1 << bits) + step
    for bits in (0, 7, 8, 15, 16, 31, 32, 62, 63, 64, 65, 71, 72, 127, 128, 512)
    for sign in (1, -1)
    for step in (-2, -1, 0, 1)
]


class Number:
    """An `__index__`, which is all that it has of an int."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


class Text(str):
    pass


class Raw(bytes):
    pass


class Items(list):
    pass


class Colour(enum.IntEnum):
    red = 7


Pair = namedtuple("Pair", "left right")

numbers = st.integers() | st.sampled_from(EDGES) | st.integers(-(1 << 600), 1 << 600)
leaves = (
    st.none()
    | st.booleans()
    | numbers
    | st.binary(max_size=300)
    | st.text(max_size=20)  # lone surrogates among them
    | st.binary(max_size=9).map(bytearray)
    | st.binary(max_size=9).map(Raw)
    | st.text("aé\ud800", max_size=5).map(Text)
    | numbers.map(Number)
    | st.integers(0, 255).map(np.uint8)
    | st.sampled_from([Colour.red, 1.5, 1j, object, np.float64(2), np.bool_(True), {1}, memoryview(b"a"), range(3)])
)
keys = st.text("ab\x7fé\uffff\U00010000", max_size=3) | st.sampled_from(["\ud800", Text("a"), "z" * 300])
maps = [dict, OrderedDict, UserDict, lambda pairs: MappingProxyType(dict(pairs))]


def containers(inner: st.SearchStrategy) -> st.SearchStrategy:
    lists = st.lists(inner, max_size=5)
    pairs = st.lists(st.tuples(keys, inner), max_size=5)
    odd = st.tuples(st.integers() | st.binary(max_size=2), inner).map(lambda pair: dict([pair]))
    return (
        lists
        | lists.map(tuple)
        | lists.map(Items)
        | st.tuples(inner, inner).map(lambda pair: Pair(*pair))
        | st.tuples(st.sampled_from(maps), pairs).map(lambda made: made[0](made[1]))
        | odd
    )


def nested(value: Any, depth: int) -> Any:
    for level in range(depth):
        value = [[value], (value,), {"a": value}][level % 3]
    return value


values = st.recursive(leaves, containers, max_leaves=12) | st.tuples(leaves, st.integers(28, 35)).map(
    lambda made: nested(*made)
)
limits = st.just(encoding.MAX_BYTES) | st.integers(-1, 400)
plain = st.recursive(
    st.none() | st.booleans() | numbers | st.binary(max_size=40) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text("abé\U0001f600", max_size=3), inner, max_size=4)
    ),
    max_leaves=10,
)


def outcome(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> tuple[Any, ...]:
    """What came out, types and order of maps included, or the exception and its text."""
    try:
        return "value", picture(function(*arguments, **keywords))
    except AssayError as error:
        return type(error), str(error), error.__cause__, error.__suppress_context__ or error.__context__ is None


def picture(value: Any) -> Any:
    if type(value) in (list, tuple):
        return type(value), [picture(item) for item in value]
    if type(value) is dict:
        return dict, [(key, picture(item)) for key, item in value.items()]
    return type(value), value


def agree(name: str, *arguments: Any, **keywords: Any) -> None:
    ours, theirs = getattr(encoding, name), getattr(reference, name)
    assert outcome(ours, *arguments, **keywords) == outcome(theirs, *arguments, **keywords)


@MANY
@given(values, limits)
def test_values(value: Any, limit: int) -> None:
    assert limit >= -(1 << 70)
    if abs(limit) < 1 << 63:
        agree("encode", value, limit=limit)
    elif limit > 0:
        assert outcome(encoding.encode, value, limit=limit) == outcome(encoding.encode, value, limit=1 << 62)
    else:
        with pytest.raises(LimitError):
            encoding.encode(value, limit=limit)


@MANY
@given(plain, st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=3), st.binary(max_size=3), limits)
def test_mutated_messages(value: Any, changes: list[tuple[int, int]], tail: bytes, limit: int) -> None:
    raw = bytearray(reference.encode(value) + tail)
    for at, byte in changes:
        raw[at % len(raw)] = byte
    agree("decode", bytes(raw))
    agree("decode", raw)
    agree("decode", bytes(raw), limit=limit)


@MANY
@given(st.data())
def test_messages_of_small_alphabets(data: st.DataObject) -> None:
    """Tags, small lengths and few characters: most of them get past the first bytes."""
    pieces = [bytes([tag]) for tag in range(11)]
    pieces += [bytes([tag, 0, 0, 0, size]) for tag in range(3, 10) for size in (0, 1, 2, 3)]
    pieces += [b"a", b"b", b"\x00", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"\x06\x00\x00\x00\x01a"]
    pieces += [b"\x03\x00\x01\x00\x01", b"\x07\xff\xff\xff\xff", b"\x07\x00\x00\x00\x01" * 33]
    agree("decode", b"\x01" + b"".join(data.draw(st.lists(st.sampled_from(pieces), max_size=12))))


@pytest.mark.parametrize("data", [None, "text", 5, memoryview(b"\x01\x00"), [1], b"", Raw(b"\x01\x05\0\0\0\1a")])
def test_what_is_decoded_is_bytes(data: Any) -> None:
    agree("decode", data)
    agree("decode_record", data, "a", 1)


@MANY
@given(
    st.sampled_from(["note", "mote", "né", "\ud800", b"note"]),
    st.sampled_from([0, 1, True, -1, 1 << 63, 1 << 200, None]),
    st.lists(leaves, max_size=4),
    st.lists(st.sampled_from([int, bool, bytes, str, list, type(None)]), max_size=4),
    limits,
)
def test_records(kind: Any, version: Any, fields: list[Any], types: list[type], limit: int) -> None:
    agree("encode_record", kind, version, *fields, limit=limit)
    agree("encode_parts", kind, version, *fields)
    try:
        raw = reference.encode_record(kind, version, *fields)
    except AssayError:
        raw = reference.encode_record("note", 1, b"", 5)
    agree("decode_record", raw, "note", 1, *types)
    found = [type(field) for field in reference.decode(raw)[2:]]
    agree("decode_record", raw, "note", 1, *found)
    agree("decode_record", raw, kind, version, *found, limit=limit)


@given(plain)
def test_messages_that_are_no_records(value: Any) -> None:
    for message in (value, (value,), (value, 1), ("note", value), ["note", 1]):
        agree("decode_record", reference.encode(message), "note", 1)


@given(st.text(max_size=200) | st.sampled_from(["", "assay/a/v1", "assay/b/v1"]), st.binary(max_size=300), values)
def test_digests(tag: str, data: bytes, value: Any) -> None:
    for _ in range(2):  # the second time from what is kept of the tag
        agree("digest_bytes", tag, data)
        agree("digest", tag, value)


def test_many_tags_take_each_others_place() -> None:
    for _ in range(2):
        for i in range(2000):
            agree("digest_bytes", f"assay/{i}", b"x")


@pytest.mark.parametrize("size", [0, 55, 56, 64, 16_383, 16_384, 16_385, 1 << 20])
def test_digests_of_every_buffer(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    expected = reference.digest_bytes("assay/test", data)
    for form in (data, bytearray(data), memoryview(data), np.frombuffer(data, dtype=np.uint8)):
        assert encoding.digest_bytes("assay/test", form) == expected
    agree("digest", "assay/test", data)


def test_what_is_no_digest() -> None:
    with pytest.raises(WrongType, match="a tag is a str, not bytes"):
        encoding.digest_bytes(b"tag", b"")  # type: ignore[arg-type]
    for data in ("text", None, memoryview(b"abcd")[::2]):
        with pytest.raises(WrongType, match="contiguous bytes"):
            encoding.digest_bytes("tag", data)  # type: ignore[arg-type]


def test_the_longest_ints() -> None:
    size = encoding.MAX_INT_BYTES
    bound = 1 << (8 * size)
    for number in (bound - 1, bound, -bound, -bound - 1):
        agree("encode", number)
    for tag in (b"\x03", b"\x04"):
        for length in (size, size + 1):
            agree("decode", b"\x01" + tag + length.to_bytes(4, "big") + b"\xff" * length)


def test_messages_of_every_length() -> None:
    """The buffer grows from 1 KiB on."""
    for size in [*range(990, 1040), 2040, 4096, 65_000]:
        for value in (bytes(size), [bytes(size)], "é" * size, [b"a"] * size, 1 << (8 * size), {"k" * size: size}):
            agree("encode", value)
            agree("decode", encoding.encode(value))


def test_wrong_arguments_are_refused() -> None:
    for call in (
        lambda: encoding.encode(),  # type: ignore[call-arg]
        lambda: encoding.encode(1, 2),  # type: ignore[misc]
        lambda: encoding.encode(1, size=3),  # type: ignore[call-arg]
        lambda: encoding.encode(1, limit="3"),  # type: ignore[arg-type]
        lambda: encoding.decode_record(b"", "a"),  # type: ignore[call-arg]
        lambda: encoding.encode_parts("a", 1, limit=3),  # type: ignore[call-arg]
    ):
        with pytest.raises(TypeError):
            call()


# --- types that misbehave --------------------------------------------------------------------------------------------


def test_errors_of_the_callers_types_pass() -> None:
    class Broken:
        def __index__(self) -> int:
            raise ZeroDivisionError("broken")

    class NoInt:
        def __index__(self) -> int:
            return "1"  # type: ignore[return-value]

    class BrokenMap(UserDict):  # type: ignore[type-arg]
        def __getitem__(self, key: str) -> int:
            raise KeyError(key)

    with pytest.raises(ZeroDivisionError, match="broken"):
        encoding.encode([Broken()])
    with pytest.raises(TypeError, match="non-int"):
        encoding.encode(NoInt())
    with pytest.raises(KeyError, match="a"):
        encoding.encode(BrokenMap(a=1))


def test_containers_that_change_meanwhile() -> None:
    class Shrinks:
        def __init__(self, values: Any) -> None:
            self.values = values

        def __index__(self) -> int:
            self.values.clear()
            return 1

    items: list[Any] = [bytes(50), None, bytes(50)]
    items[1] = Shrinks(items)
    with pytest.raises(InvalidInput, match="changed"):
        encoding.encode(items)
    pairs: dict[str, Any] = {"a": 0, "b": bytes(50)}
    pairs["a"] = Shrinks(pairs)
    assert encoding.decode(encoding.encode(pairs)) == {"a": 1, "b": bytes(50)}


def test_keys_that_are_the_same_str() -> None:
    class Odd(str):
        def __eq__(self, other: object) -> bool:
            return self is other

        def __hash__(self) -> int:
            return id(self)

    agree("encode", {Odd("a"): 1, Odd("b"): 2})
    agree("encode", {Odd("a"): 1, Odd("a"): 2})
    with pytest.raises(EncodingError, match="the same str"):
        encoding.encode({Odd("a"): 1, Odd("a"): 2})


def test_sequences_that_iterate_in_their_own_way() -> None:
    class Doubled(list):  # type: ignore[type-arg]
        def __iter__(self) -> Any:
            return iter([*list.__iter__(self), 9])

    assert encoding.encode(Doubled([1, 2])) == encoding.encode([1, 2, 9])


# --- memory and threads ----------------------------------------------------------------------------------------------


def test_a_count_is_not_believed_before_its_items_are_there() -> None:
    """Each level claims as many items as bytes are left: with room made for them it would take 4 GiB."""
    size = 1 << 22
    message = bytearray(b"\x01")
    for _ in range(encoding.MAX_DEPTH):
        message += b"\x08" + (size - len(message) - 5).to_bytes(4, "big")
    message += b"\x0a" * (size - len(message))
    tracemalloc.start()
    try:
        with pytest.raises(EncodingError, match="unknown tag 0x0a"):
            encoding.decode(bytes(message))
        assert tracemalloc.get_traced_memory()[1] < 2 * size
    finally:
        tracemalloc.stop()


TURNS = 30


def test_nothing_leaks() -> None:
    key, item = "a key \u00e9", b"an item" * 9
    value = [key, item, {key: [item, -5, 1 << 100, None]}, (key, Number(1 << 90)), UserDict({key: item})]
    raw = encoding.encode(value)
    bad = [raw[:at] for at in range(0, len(raw), 7)] + [raw + b"\0"]

    def work() -> None:
        for _ in range(TURNS):
            encoding.decode(encoding.encode(value))
            encoding.digest(key, value)
            encoding.encode_record(key, 1, value)
            outcome(encoding.decode_record, raw, key, 1)
            outcome(encoding.encode, [value, value, 1.5])
            outcome(encoding.encode, {**value[2], "\ud800": 1})
            for message in bad:
                outcome(encoding.decode, message)

    work()
    gc.collect()
    references = [sys.getrefcount(held) for held in (key, item, value, raw)]
    growth = []
    for _ in range(5):
        blocks = sys.getallocatedblocks()
        work()
        gc.collect()
        growth.append(sys.getallocatedblocks() - blocks)
    assert [sys.getrefcount(held) for held in (key, item, value, raw)] == references
    assert min(growth) < TURNS, growth  # a block lost in each turn shows every time; what other threads keep does not


def test_threads_share_the_functions() -> None:
    wrong: list[object] = []

    def work(seed: int) -> None:
        value = [seed, {"k": bytes(seed)}, "é" * 700]
        large = bytes([seed]) * 40_000
        for i in range(100):
            tag = f"assay/{seed}/{i % 50}"
            if encoding.decode(encoding.encode(value)) != value:
                wrong.append(seed)
            if encoding.digest_bytes(tag, large) != reference.digest_bytes(tag, large):
                wrong.append(tag)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
