"""A hostile folder and hostile DAGs: nothing wrong is ever returned, and each refusal says what is wrong."""

import os

import pytest
from contract.store_contract import SMALL, content

from assay.core.errors import AssayError, LimitError, StateError, SystemFailure
from assay.store import (
    MAX_BLOCK,
    BadFile,
    Cid,
    Codec,
    DamagedBlock,
    DamagedStore,
    FolderStore,
    MissingBlock,
)
from assay.store.dagpb import Link, Node, encode
from assay.store.protobuf import put_varint
from assay.store.unixfs import encode_inner


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "blobs", SMALL)


@pytest.fixture
def file(store):
    """A file of 73 bytes in a tree of depth 3, and all its blocks."""
    cid = store.put(content(73))
    return cid, sorted(set(store.blocks_under(cid)))


def place(store, cid):
    return store.path / "blocks" / str(cid)[-3:-1] / str(cid)


def everything(store):
    """All files and what is in them, but for the lock files."""
    return {path: path.read_bytes() for kind in ("blocks", "pins") for path in (store.path / kind).glob("*/*")}


def refused(store, cid, match, root=None):
    """Neither the block nor the file is returned, the store says so when verified, and putting it again repairs it."""
    with pytest.raises(DamagedBlock, match=match):
        store.get_block(cid)
    with pytest.raises(DamagedBlock, match=match):
        store.get(root or cid)
    with pytest.raises(DamagedStore) as caught:
        store.verify()
    assert any(str(cid) in line for line in caught.value.damage)


# --- the folder -------------------------------------------------------------------------------------------------------


def test_every_flipped_bit_of_a_node(store, file):
    root, _ = file
    good = place(store, root).read_bytes()
    for bit in range(8 * len(good)):
        wrong = bytearray(good)
        wrong[bit // 8] ^= 1 << bit % 8
        place(store, root).write_bytes(wrong)
        with pytest.raises(DamagedBlock, match="hash to"):
            store.get(root)
    place(store, root).write_bytes(good)
    assert store.get(root) == content(73)


def test_one_flipped_bit_of_each_block(store, file):
    root, blocks = file
    for cid in blocks:
        good = place(store, cid).read_bytes()
        place(store, cid).write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        refused(store, cid, "hash to", root)
        assert store.put(content(73)) == root
        assert store.get(root) == content(73)
    store.verify()


@pytest.mark.parametrize("size", range(8))
def test_a_block_cut_short(store, file, size):
    root, blocks = file
    cid = next(cid for cid in blocks if cid.codec == Codec.RAW and len(store.get_block(cid)) == 8)
    place(store, cid).write_bytes(store.get_block(cid)[:size])
    refused(store, cid, f"its {size} bytes hash to", root)


def test_a_block_with_more_behind_it(store, file):
    root, blocks = file
    for cid in blocks:
        good = place(store, cid).read_bytes()
        place(store, cid).write_bytes(good + b"\0")
        refused(store, cid, "hash to", root)
        place(store, cid).write_bytes(good)


def test_two_blocks_swapped(store, file):
    root, blocks = file
    one, two = [cid for cid in blocks if cid.codec == Codec.RAW][:2]
    a, b = place(store, one).read_bytes(), place(store, two).read_bytes()
    place(store, one).write_bytes(b)
    place(store, two).write_bytes(a)
    refused(store, one, "hash to", root)
    refused(store, two, "hash to", root)


def test_a_node_under_the_name_of_raw_bytes(store, file):
    """The digest is right, the codec is not: the name is another, so the block is missing under it."""
    root, _ = file
    with pytest.raises(MissingBlock):
        store.get(Cid(Codec.RAW, root.digest))


def test_a_symbolic_link_is_no_block(store, file, tmp_path):
    root, blocks = file
    cid = blocks[0]
    copy = tmp_path / "copy"
    place(store, cid).rename(copy)
    place(store, cid).symlink_to(copy)
    refused(store, cid, "symbolic link", root)
    assert not store.has(cid)
    with pytest.raises(MissingBlock):
        store.pin(root)
    before = copy.read_bytes()
    store.put(content(73))  # takes the link's place, and leaves its target alone
    assert not place(store, cid).is_symlink()
    assert copy.read_bytes() == before
    assert store.get(root) == content(73)


def test_a_link_in_the_place_of_a_shard_is_not_written_through(store, file, tmp_path):
    _, blocks = file
    shard = place(store, blocks[0]).parent
    outside = tmp_path / "outside"
    shard.rename(outside)
    shard.symlink_to(outside)
    for path in outside.iterdir():
        path.unlink()
    with pytest.raises(SystemFailure):
        store.put(content(73))
    assert list(outside.iterdir()) == []
    with pytest.raises(DamagedStore):
        store.verify()


def test_what_is_no_regular_file(store, file):
    root, blocks = file
    for make in (lambda path: path.mkdir(), lambda path: os.mkfifo(path)):
        cid = blocks[0]
        good = place(store, cid).read_bytes()
        place(store, cid).unlink()
        make(place(store, cid))
        refused(store, cid, "no file", root)  # at once: a named pipe is not waited for
        place(store, cid).rmdir() if place(store, cid).is_dir() else place(store, cid).unlink()
        place(store, cid).write_bytes(good)


def test_a_huge_file_is_not_read(store, file):
    root, blocks = file
    with place(store, blocks[0]).open("r+b") as sparse:
        sparse.truncate(1 << 40)
    refused(store, blocks[0], f"above the limit of {MAX_BLOCK}", root)


def test_foreign_files_are_told_and_left(store, file):
    foreign = store.path / "blocks" / "zz" / "README"
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_text("hello")
    with pytest.raises(DamagedStore, match="README is no block"):
        store.verify()
    store.collect()
    assert foreign.read_text() == "hello"


def test_a_block_in_the_wrong_shard_is_told(store, file):
    _, blocks = file
    wrong = store.path / "blocks" / "zz"
    wrong.mkdir(exist_ok=True)
    place(store, blocks[0]).rename(wrong / str(blocks[0]))
    with pytest.raises(DamagedStore, match="is no block"):
        store.verify()
    with pytest.raises(MissingBlock):
        store.get_block(blocks[0])


# --- collection -------------------------------------------------------------------------------------------------------


def test_nothing_is_collected_below_a_damaged_root(store, file):
    root, blocks = file
    loose = store.put(b"loose", pin=False)
    inner = next(cid for cid in blocks if cid.codec == Codec.DAG_PB and cid != root)
    good = place(store, inner).read_bytes()
    for harm, error in (
        (lambda path: path.write_bytes(good + b"\0"), DamagedBlock),
        (lambda path: path.unlink(), MissingBlock),
    ):
        harm(place(store, inner))
        before = everything(store)
        with pytest.raises(error, match=str(inner)):
            store.collect()
        assert everything(store) == before
        with pytest.raises(DamagedStore) as caught:
            store.verify()
        assert any(f"pinned root {root}" in line for line in caught.value.damage)
        place(store, inner).write_bytes(good)
    assert store.collect() == (1, 5)
    assert not store.has(loose)
    assert store.get(root) == content(73)


def test_nothing_is_collected_beside_a_foreign_pin(store, file):
    shard = store.path / "pins" / "zz"
    shard.mkdir(exist_ok=True)
    (shard / "keep-my-photos").touch()
    store.put(b"loose", pin=False)
    before = everything(store)
    with pytest.raises(StateError, match="keep-my-photos"):
        store.collect()
    assert everything(store) == before


# --- DAGs that were made to deceive -----------------------------------------------------------------------------------


def leaf(store, data):
    return Link(store.put_block(Codec.RAW, data), len(data))


def node(store, links, parts, *, name="", add=0):
    """A node with these claims; the link that a parent needs."""
    block = encode(Node(tuple(link._replace(name=name) for link in links), encode_inner(parts)))
    return Link(store.put_block(Codec.DAG_PB, block), len(block) + sum(link.total for link in links) + add)


def test_an_honest_tree_by_hand(store):
    one, two = leaf(store, b"one"), leaf(store, b"twoo")
    inner = node(store, [one, two], [3, 4])
    assert store.get(node(store, [inner, one], [7, 3]).cid) == b"onetwooone"


@pytest.mark.parametrize("parts", [[3], [3, 4, 1], [2, 5], [4, 3], [3, 5], [3, 1 << 40]])
def test_parts_of_other_sizes_than_claimed(store, parts):
    top = node(store, [leaf(store, b"one"), leaf(store, b"twoo")], parts).cid
    with pytest.raises((BadFile, LimitError)):
        store.get(top)
    with pytest.raises(BadFile):
        for _ in store.cat(top):
            pass


@pytest.mark.parametrize("change", [-1, 1, 1 << 60])
def test_wrong_cumulative_sizes(store, change):
    one = leaf(store, b"one")
    top = node(store, [one._replace(total=3 + change)], [3]).cid
    with pytest.raises(BadFile, match="parent claims"):
        store.get(top)
    inner = node(store, [one, one], [3, 3], add=change)
    with pytest.raises(BadFile, match="parent claims"):
        store.get(node(store, [inner], [6]).cid)


def test_an_inner_node_that_claims_less_than_it_holds(store):
    inner = node(store, [leaf(store, b"one"), leaf(store, b"two")], [3, 3])
    with pytest.raises(BadFile, match="it has 6 bytes, but its parent claims 3"):
        store.get(node(store, [inner], [3]).cid)


def test_a_size_that_the_parts_do_not_have(store):
    one = leaf(store, b"one")
    for claim in (0, 2, 4, (1 << 64) - 1):
        data = bytearray()
        put_varint(data, 1, 2)
        put_varint(data, 3, claim)
        put_varint(data, 4, 3)
        top = store.put_block(Codec.DAG_PB, encode(Node((one,), bytes(data))))
        for read in (store.get, store.size, store.cat):
            with pytest.raises(BadFile, match=f"claims {claim} bytes"):
                read(top)


def test_empty_parts_in_great_numbers(store):
    """Links without bytes would cost work that no limit on bytes bounds."""
    empty = leaf(store, b"")
    with pytest.raises(BadFile, match="empty part"):
        store.get(node(store, [empty] * 100, [0] * 100).cid)


def test_a_small_dag_that_claims_a_huge_file(store):
    """40 nodes of 100 links each to the one below: 100^20 bytes, refused by the limit before anything is read."""
    below, size = leaf(store, b"x"), 1
    for _ in range(9):
        below, size = node(store, [below] * 100, [size] * 100), size * 100
    for read in (store.get, store.cat):
        with pytest.raises(LimitError, match=f"{size} bytes, above the limit"):
            read(below.cid)
    stream = store.cat(below.cid, limit=size)
    assert [next(stream) for _ in range(1000)] == [b"x"] * 1000
    assert len(list(store.blocks_under(below.cid))) == 10
    store.pin(below.cid)
    assert store.collect() == (0, 0)


def test_a_dag_deeper_than_any_file(store):
    below = leaf(store, b"x")
    for depth in range(1, 40):
        below = node(store, [below], [1])
        if depth <= 32:
            assert store.get(below.cid) == b"x"
        else:
            with pytest.raises(BadFile, match="levels deep"):
                store.get(below.cid)


def test_a_very_deep_dag_is_walked_without_recursion(store):
    below = leaf(store, b"x")
    with store.adding() as adding:
        for _ in range(1200):
            block = encode(Node((below,), encode_inner([1])))
            below = Link(Cid.of(Codec.DAG_PB, block), len(block) + below.total)
            adding.save([(below.cid, block)])
        adding.pin(below.cid)
    assert len(list(store.blocks_under(below.cid))) == 1201
    assert store.collect() == (0, 0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "no data"),
        (b"", "without a type"),
        (b"\x08\x01", "a directory"),
        (b"\x08\x04\x12\x01a", "a symbolic link"),
        (b"\x08\x02\x12\x01a\x18\x02", "claims 2 bytes"),
        (b"\xff" * 12, "ten bytes"),
    ],
)
def test_nodes_that_are_no_files(store, data, reason):
    top = store.put_block(Codec.DAG_PB, encode(Node((), data)))
    for read in (store.get, store.size, store.cat):
        with pytest.raises(BadFile, match=reason):
            read(top)


def test_a_name_on_a_part(store):
    with pytest.raises(BadFile, match="has a name"):
        store.get(node(store, [leaf(store, b"x")], [1], name="etc").cid)


def test_a_block_that_is_no_node_under_a_nodes_name(store):
    """Hashes right, planted by hand: dag-pb that does not decode."""
    block = b"\x0a\x05abc"
    cid = Cid.of(Codec.DAG_PB, block)
    place(store, cid).parent.mkdir(exist_ok=True)
    place(store, cid).write_bytes(block)
    with pytest.raises(BadFile):
        store.get(cid)
    with pytest.raises(BadFile):
        store.pin(cid)
    assert list(store.pins()) == []


def test_a_wrong_block_in_the_middle_stops_the_stream(store):
    data = content(8 * 200)
    root = store.put(data)
    victim = Cid.of(Codec.RAW, data[8 * 100 : 8 * 101])
    place(store, victim).write_bytes(b"forged!!")
    got = []
    with pytest.raises(DamagedBlock, match=str(victim)):
        got.extend(iter(store.cat(root)))
    assert data.startswith(b"".join(got))
    assert 0 < len(got) <= 100


def test_errors_are_of_assay(store):
    for text in ("", "x", "../../etc/passwd", "b" + "a" * 58):
        with pytest.raises(AssayError):
            store.get(Cid.parse(text))
