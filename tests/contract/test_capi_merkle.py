"""Merkle roots through the C interface: equal to the Python face's, and what is refused."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest
from support.capi import Refused, Rows, call, ffi, lib, output, rows

from assay.crypto.field import Fr
from assay.crypto.merkle import DenseTree
from assay.crypto.poseidon import domain_tag

TAG = domain_tag("assay/test/capi/v1")
R = Fr.modulus
NAME = "assay_merkle_root_poseidon"


def scalar(value: int) -> bytes:
    return value.to_bytes(32, "big")


def leaves(count: int) -> list[int]:
    return [0, R - 1, 1, *((7 * i * i + 1) % R for i in range(count))][:count]


def root(arity: int, depth: int, values: list[int], empty: int = 0) -> int:
    found = output(NAME, arity, depth, scalar(TAG), scalar(empty), rows([scalar(v) for v in values], 32))
    assert len(found) == 32
    return int.from_bytes(found, "big")


@pytest.mark.parametrize(("arity", "depth"), [(2, 1), (2, 10), (3, 4), (4, 5), (16, 2), (2, 62)])
def test_roots_are_those_of_the_python_face(arity: int, depth: int) -> None:
    for count in sorted({0, 1, 2, arity, arity + 1, min(arity**depth, 300)}):
        if count > arity**depth:
            continue
        values = leaves(count)
        assert root(arity, depth, values, 5) == DenseTree(arity, depth, TAG, Fr.to_limbs(values), 5).root


def arguments(**changes: Any) -> list[Any]:
    given: dict[str, Any] = {
        "arity": 2,
        "depth": 3,
        "tag": scalar(TAG),
        "empty": scalar(0),
        "leaves": rows([scalar(v) for v in leaves(8)]),
        "out": ffi.new("uint8_t[32]"),
        "size": ffi.new("size_t *", 32),
    }
    return list((given | changes).values())


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"arity": 1}, "OUT_OF_RANGE", "arity 1"),
        ({"arity": 17}, "OUT_OF_RANGE", "arity 17"),
        ({"arity": 2**32 - 1}, "OUT_OF_RANGE", "arity 4294967295"),
        ({"depth": 0}, "OUT_OF_RANGE", "depth 0"),
        ({"depth": 63}, "OUT_OF_RANGE", "depth 63"),
        ({"depth": 2**32 - 1}, "OUT_OF_RANGE", "depth"),
        ({"tag": None}, "NULL_POINTER", "node_tag"),
        ({"empty": None}, "NULL_POINTER", "empty_leaf"),
        ({"leaves": None}, "NULL_POINTER", "leaves"),
        ({"size": None}, "NULL_POINTER", "out_size"),
        ({"tag": scalar(R)}, "NON_CANONICAL", "node_tag"),
        ({"empty": scalar(2**256 - 1)}, "NON_CANONICAL", "empty_leaf"),
        ({"leaves": rows([scalar(v) for v in (1, 2, R, 4)])}, "NON_CANONICAL", "row 2"),
        ({"leaves": rows([scalar(1)] * 9)}, "TOO_LARGE", "9 rows"),
        ({"leaves": rows(bytes(255), 32)}, "INVALID_LENGTH", "truncated"),
        ({"leaves": rows(bytes(256), 64)}, "INVALID_LENGTH", "32 bytes, got 64"),
        ({"leaves": rows(bytes(256), 0)}, "INVALID_LENGTH", "row_bytes is 0"),
    ],
)
def test_what_is_wrong_is_refused_with_its_name(changes: dict[str, Any], code: str, said: str) -> None:
    given = arguments(**changes)
    out = given[5]
    with pytest.raises(Refused) as refused:
        call(NAME, *given)
    assert refused.value.code == getattr(lib, f"ASSAY_{code}")
    assert said in refused.value.text
    assert bytes(ffi.buffer(out)) == bytes(32)


@pytest.mark.parametrize("size", [2**40 + 32, 2**63, 2**64 - 32])
def test_sizes_that_no_memory_has_are_refused(size: int) -> None:
    wrong = rows(bytes(32), 32)
    wrong.struct.size = size
    with pytest.raises(Refused) as refused:
        call(NAME, *arguments(leaves=wrong, depth=62))
    assert refused.value.code == lib.ASSAY_TOO_LARGE


def test_rows_without_memory_are_refused() -> None:
    wrong = rows(b"", 32)
    wrong.struct.size = 64
    with pytest.raises(Refused) as refused:
        call(NAME, *arguments(leaves=wrong))
    assert refused.value.code == lib.ASSAY_NULL_POINTER


def test_the_size_is_told_first_and_too_little_room_is_refused() -> None:
    size = ffi.new("size_t *", 0)
    call(NAME, *arguments(out=None, size=size))
    assert size[0] == 32
    out = ffi.new("uint8_t[32]")
    for capacity in (0, 1, 31):
        size[0] = capacity
        with pytest.raises(Refused) as refused:
            call(NAME, *arguments(out=out, size=size))
        assert (refused.value.code, size[0]) == (lib.ASSAY_BUFFER_TOO_SMALL, 32)
        assert bytes(ffi.buffer(out)) == bytes(32)
    large = ffi.new("uint8_t[]", b"\xaa" * 40)
    size[0] = 40
    call(NAME, *arguments(out=large, size=size))
    assert size[0] == 32
    assert bytes(ffi.buffer(large))[32:40] == b"\xaa" * 8


def test_an_error_need_not_be_asked_for() -> None:
    given = arguments()
    struct: Rows = given[4]
    given[4] = struct.struct
    assert lib.assay_merkle_root_poseidon(*given, ffi.NULL) == lib.ASSAY_OK
    given[0] = 1
    assert lib.assay_merkle_root_poseidon(*given, ffi.NULL) == lib.ASSAY_OUT_OF_RANGE


def test_threads_do_not_disturb_each_other() -> None:
    """Each thread computes its own tree over and over, refused calls in between; cffi releases the GIL."""
    wrong: list[str] = []
    start = threading.Barrier(8)

    def work(number: int) -> None:
        values = [(number + 1) * (i + 1) for i in range(40 + number)]
        expected = DenseTree(2, 8, TAG, Fr.to_limbs(values)).root
        start.wait()
        for _ in range(10):
            if root(2, 8, values) != expected:
                wrong.append(f"thread {number}: another root")
            try:
                call(NAME, *arguments(arity=17 + number))
            except Refused as refused:
                if f"arity {17 + number}" not in refused.text:
                    wrong.append(f"thread {number}: {refused}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_forked_child_computes_too() -> None:
    values = leaves(200)
    expected = root(2, 8, values)
    child = os.fork()
    if child == 0:
        os._exit(0 if root(2, 8, values) == expected else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
