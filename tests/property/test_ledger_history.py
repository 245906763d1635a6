"""The Merkle mountain range over blocks, against the equations of RFC 6962 written down as they stand there."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.errors import EncodingError, InvalidInput, ProofError
from assay.ledger import merkle
from assay.ledger.history import (
    EMPTY_ROOT,
    MAX_SIZE,
    ConsistencyProof,
    History,
    HistoryPath,
    Nodes,
    prove_consistency,
    prove_inclusion,
)

BLOCKS = [hashlib.sha256(n.to_bytes(4)).digest() for n in range(300)]
NODES = Nodes(BLOCKS)


def sha256(data):
    return hashlib.sha256(data).digest()


def split(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def mth(d):
    """RFC 6962, 2.1."""
    if not d:
        return sha256(b"")
    if len(d) == 1:
        return sha256(b"\x00" + d[0])
    k = split(len(d))
    return sha256(b"\x01" + mth(d[:k]) + mth(d[k:]))


def rfc_path(m, d):
    """RFC 6962, 2.1.1."""
    if len(d) == 1:
        return []
    k = split(len(d))
    return [*rfc_path(m, d[:k]), mth(d[k:])] if m < k else [*rfc_path(m - k, d[k:]), mth(d[:k])]


def rfc_subproof(m, d, b):
    """RFC 6962, 2.1.2."""
    if m == len(d):
        return [] if b else [mth(d)]
    k = split(len(d))
    if m <= k:
        return [*rfc_subproof(m, d[:k], b), mth(d[k:])]
    return [*rfc_subproof(m - k, d[k:], False), mth(d[:k])]


def history_of(size):
    history = History()
    for block in BLOCKS[:size]:
        history = history.append(block)
    return history


ROOTS = [history_of(size).root() for size in range(70)]


def test_roots_are_those_of_rfc_6962():
    history = History()
    assert history.root() == EMPTY_ROOT == mth([])
    for size, block in enumerate(BLOCKS, 1):
        history = history.append(block)
        assert len(history.peaks) == size.bit_count()
        assert history.root() == merkle.root(BLOCKS[:size])
        if size < 70:
            assert history.root() == mth(BLOCKS[:size])


def test_growing_tells_each_node_once():
    history, stored = History(), {}
    for size, block in enumerate(BLOCKS, 1):
        history, nodes = history.grow(block)
        for level, index, node in nodes:
            assert (level, index) not in stored
            assert node == NODES(level, index)
            stored[level, index] = node
        assert len(stored) == 2 * size - size.bit_count()  # all nodes of perfect trees over so many leaves
    assert prove_inclusion(lambda *place: stored[place], 100, 299) == prove_inclusion(NODES, 100, 299)
    assert prove_consistency(lambda *place: stored[place], 77, 300) == prove_consistency(NODES, 77, 300)


def test_all_inclusion_proofs_of_small_histories():
    for size in range(1, 34):
        for height in range(size):
            proof = prove_inclusion(NODES, height, size)
            assert list(proof.path) == rfc_path(height, BLOCKS[:size])
            proof.verify(ROOTS[size], BLOCKS[height])
            assert HistoryPath.decode(proof.encode()) == proof


def test_all_consistency_proofs_of_small_histories():
    for new in range(34):
        for old in range(new + 1):
            proof = prove_consistency(NODES, old, new)
            if old:
                assert list(proof.path) == rfc_subproof(old, BLOCKS[:new], True)
            proof.verify(ROOTS[old], ROOTS[new])
            assert ConsistencyProof.decode(proof.encode()) == proof


def test_an_inclusion_proof_holds_for_nothing_else():
    """Exhaustively at small sizes: not for another block, height or root."""
    for size in range(1, 18):
        for height in range(size):
            proof = prove_inclusion(NODES, height, size)
            for other in range(18):
                if other != height:
                    refused(proof, ROOTS[size], BLOCKS[other])
                    refused(replace(proof, height=other), ROOTS[size], BLOCKS[height])
                if other != size:
                    refused(proof, ROOTS[other], BLOCKS[height])


def test_a_consistency_proof_holds_for_nothing_else():
    for new in range(1, 18):
        for old in range(1, new + 1):
            proof = prove_consistency(NODES, old, new)
            for other in range(18):
                if other != old:
                    refused(proof, ROOTS[other], ROOTS[new])
                if other != new:
                    refused(proof, ROOTS[old], ROOTS[other])


def test_a_rewritten_history_is_not_consistent():
    """Whatever old block another history changes, no proof of its makers leads from the old root to theirs."""
    for old, new in [(1, 2), (6, 8), (7, 20), (8, 20), (16, 17)]:
        for changed in range(old):
            forged = [*BLOCKS[:changed], bytes(32), *BLOCKS[changed + 1 : new]]
            proof = prove_consistency(Nodes(forged), old, new)
            refused(proof, ROOTS[old], mth(forged))
            proof.verify(mth(forged[:old]), mth(forged))


def test_a_node_is_no_block():
    """The two children of a node, as one leaf's data: refused, since leaves hash under a prefix of their own."""
    proof = prove_inclusion(NODES, 0, 4)
    inner = HistoryPath(2, 0, proof.path[1:])
    with pytest.raises(InvalidInput):
        inner.verify(ROOTS[4], NODES(0, 0) + NODES(0, 1))
    refused(inner, ROOTS[4], NODES(1, 0))


def refused(proof, *roots):
    with pytest.raises(ProofError):
        proof.verify(*roots)


sizes = st.integers(1, len(BLOCKS))


@settings(max_examples=50)
@given(sizes, st.data())
def test_changed_paths_are_refused(size, data):
    height = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    root, old_root = mth(BLOCKS[:size]), mth(BLOCKS[:old])
    inclusion, consistency = prove_inclusion(NODES, height, size), prove_consistency(NODES, old, size)
    inclusion.verify(root, BLOCKS[height])
    consistency.verify(old_root, root)
    for path in mutations(inclusion.path, data):
        refused(replace(inclusion, path=path), root, BLOCKS[height])
    for path in mutations(consistency.path, data):
        refused(replace(consistency, path=path), old_root, root)


def mutations(path, data):
    """Truncated, extended, reordered and changed paths."""
    yield (*path, bytes(32))
    yield (bytes(32), *path)
    if path:
        yield path[:-1]
        yield path[1:]
        yield ()
        yield (*path, path[-1])
        at, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
        changed = int.from_bytes(path[at]) ^ 1 << bit
        yield (*path[:at], changed.to_bytes(32), *path[at + 1 :])
    if path != path[::-1]:
        yield path[::-1]


@given(st.integers(0, MAX_SIZE), st.integers(0, MAX_SIZE), st.data())
def test_proofs_of_long_histories_fit_their_limits(a, b, data):
    """With made-up nodes that hash together: sizes to 2^63 - 1, paths within the limit, decoded as encoded."""

    def made_up(level, index):
        return sha256(b"node" + bytes([level]) + index.to_bytes(8))

    low, high = sorted((a, b))
    consistency = prove_consistency(made_up, low, high)
    assert ConsistencyProof.decode(consistency.encode()) == consistency
    if low < high:
        inclusion = prove_inclusion(made_up, low, high)
        assert HistoryPath.decode(inclusion.encode()) == inclusion


def test_what_is_not_a_proof():
    for bad in [(-1, 5), (5, 5), (6, 5), (0, 0), (0, MAX_SIZE + 1)]:
        with pytest.raises(InvalidInput):
            prove_inclusion(NODES, *bad)
        refused(HistoryPath(bad[1], bad[0], ()), ROOTS[5], BLOCKS[0])
    for bad in [(-1, 5), (6, 5), (0, MAX_SIZE + 1)]:
        with pytest.raises(InvalidInput):
            prove_consistency(NODES, *bad)
    refused(ConsistencyProof(6, 5, ()), ROOTS[6], ROOTS[5])
    refused(ConsistencyProof(-1, 5, ()), ROOTS[1], ROOTS[5])
    refused(ConsistencyProof(5, 5, ()), ROOTS[5], ROOTS[6])
    refused(ConsistencyProof(0, 5, ()), ROOTS[1], ROOTS[5])
    with pytest.raises(InvalidInput):
        prove_inclusion(NODES, 0, len(BLOCKS) + 1)  # beyond the nodes there are
    with pytest.raises(InvalidInput):
        Nodes([b"short"])
    assert len(Nodes([])) == 0


def test_encodings_are_strict():
    path, consistency, history = prove_inclusion(NODES, 3, 11), prove_consistency(NODES, 3, 11), history_of(11)
    for kind, value in [(HistoryPath, path), (ConsistencyProof, consistency), (History, history)]:
        raw = value.encode()
        assert kind.decode(raw) == value
        for end in range(len(raw)):
            with pytest.raises(EncodingError):
                kind.decode(raw[:end])
        for other in {HistoryPath, ConsistencyProof, History} - {kind}:
            with pytest.raises(EncodingError):
                other.decode(raw)
    for bad in [(bytes(31),), (bytes(32),) * 65, (3,), ("x" * 32,)]:
        with pytest.raises(EncodingError):
            HistoryPath.decode(replace(path, path=bad).encode())
        with pytest.raises(EncodingError):
            ConsistencyProof.decode(replace(consistency, path=bad).encode())
    with pytest.raises(EncodingError):
        HistoryPath.decode(replace(path, size=MAX_SIZE + 1).encode())


def test_histories_out_of_shape():
    peaks = history_of(11).peaks
    for size, wrong in [(11, peaks[:-1]), (11, (*peaks, bytes(32))), (10, peaks), (-1, ()), (11, (*peaks[:2], b""))]:
        with pytest.raises(InvalidInput):
            History(size, wrong)
    with pytest.raises(InvalidInput):
        History().append(b"short")
    full = History(MAX_SIZE, (bytes(32),) * 63)
    with pytest.raises(InvalidInput):
        full.append(bytes(32))
