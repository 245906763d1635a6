"""CIDs, dag-pb and UnixFS: known answers, and that exactly the canonical forms are read."""

import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import AssayError, EncodingError, InvalidInput, LimitError, WrongType
from assay.store import KUBO_RAW_LEAVES, UNIXFS_V1_2025, Cid, Codec, Profile, cid_of, profile_named
from assay.store.dagpb import MAX_LINKS, Link, Node
from assay.store.dagpb import decode as decode_node
from assay.store.dagpb import encode as encode_node
from assay.store.hashing import digests
from assay.store.unixfs import FileNode, encode_inner
from assay.store.unixfs import decode as decode_file

HELLO = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"),
        (b"hello world", HELLO),
        (bytes(262_145), "bafybeigllfqgfpqydppr6cmv56g7ax4wyhruzswvcefv6j5kj77nzttfki"),
    ],
)
def test_known_files(data, text):
    """The CIDs that Kubo gives: ipfs add --cid-version=1."""
    assert str(cid_of(data, KUBO_RAW_LEAVES)) == text


def test_profiles():
    assert profile_named("kubo-raw-leaves") == ("kubo-raw-leaves", 262_144, 174)
    assert profile_named("unixfs-v1-2025") == ("unixfs-v1-2025", 1 << 20, 1024)
    assert cid_of(bytes(262_145), UNIXFS_V1_2025).codec == Codec.RAW
    with pytest.raises(InvalidInput, match="kubo-raw-leaves, unixfs-v1-2025"):
        profile_named("unixfs-v0-2015")
    for chunk, links in [(0, 2), (1, 1), ((1 << 20) + 1, 2), (1, MAX_LINKS + 1)]:
        with pytest.raises(InvalidInput):
            cid_of(b"", Profile("wrong", chunk, links))


@given(st.binary(max_size=100), st.sampled_from(Codec))
def test_a_cid_is_read_as_it_is_written(data, codec):
    cid = Cid.of(codec, data)
    assert cid == (codec, hashlib.sha256(data).digest())
    assert Cid.parse(str(cid)) == Cid.decode(cid.encode()) == cid
    assert cid.names(data)
    assert not cid.names(data + b"0")
    assert len(str(cid)) == 59
    assert repr(cid) == f"Cid({cid})"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        HELLO.upper(),
        "B" + HELLO[1:],
        HELLO[:-1],
        HELLO + "e",
        HELLO + "=",
        HELLO[:-1] + "f",  # the same 36 bytes, and a stray bit
        "z" + HELLO[1:],
        HELLO[:10] + "1" + HELLO[11:],
        HELLO[:10] + "\u0131" + HELLO[11:],
        " " + HELLO[1:],
        "bafyreigllfqgfpqydppr6cmv56g7ax4wyhruzswvcefv6j5kj77nzttfki",  # dag-cbor
        "bafkrgqifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
        "../../../../../../../../../../../../../../../../../etc/passwd",
    ],
)
def test_other_texts_are_no_cids(text):
    with pytest.raises(EncodingError):
        Cid.parse(text)


def test_other_types_are_no_cids():
    with pytest.raises(WrongType):
        Cid.parse(HELLO.encode())
    with pytest.raises(WrongType):
        Cid.decode(HELLO)


@given(st.binary(max_size=40))
def test_other_bytes_are_no_cids(data):
    with pytest.raises(EncodingError):
        Cid.decode(data)


@pytest.mark.parametrize("at", range(4))
def test_every_byte_of_the_head_counts(at):
    good = bytearray(Cid.parse(HELLO).encode())
    for value in range(256):
        changed = bytes(good[:at]) + bytes([value]) + bytes(good[at + 1 :])
        if value == good[at] or (at == 1 and value == Codec.DAG_PB):
            assert Cid.decode(changed).encode() == changed
        else:
            with pytest.raises(EncodingError):
                Cid.decode(changed)


def test_cid_v0():
    """The empty directory, in both versions (specs.ipfs.tech/unixfs, test vectors)."""
    old, new = (
        "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn",
        "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354",
    )
    assert str(Cid.from_v0(old)) == new == str(Cid.of(Codec.DAG_PB, bytes.fromhex("0a020801")))
    with pytest.raises(EncodingError, match="from_v0"):
        Cid.parse(old)
    for wrong in (old[:-1], old + "n", "Qm" + "z" * 44, "1" * 46, "QmO" + old[3:], "z" * 46):
        with pytest.raises(EncodingError):
            Cid.from_v0(wrong)


# --- dag-pb -----------------------------------------------------------------------------------------------------------

CIDS = st.builds(Cid.of, st.sampled_from(Codec), st.binary(max_size=8))
LINKS = st.builds(Link, CIDS, st.integers(0, 2**64 - 1), st.text(max_size=8).filter(lambda t: t.isprintable()))
NODES = st.builds(Node, st.lists(LINKS, max_size=4).map(tuple), st.none() | st.binary(max_size=40))


@given(NODES)
def test_a_node_is_read_as_it_is_written(node):
    assert decode_node(encode_node(node)) == node


@given(st.binary(max_size=60))
def test_other_bytes_are_no_nodes(data):
    try:
        node = decode_node(data)
    except EncodingError:
        return
    assert encode_node(node) == data


@given(NODES.filter(lambda node: node.links), st.data())
def test_a_changed_node_is_another_node_or_none(node, data):
    block = bytearray(encode_node(node))
    block[data.draw(st.integers(0, len(block) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with suppress(EncodingError):
        assert decode_node(bytes(block)) != node


def test_a_node_cut_short():
    block = encode_node(Node((Link(Cid.parse(HELLO), 11),), encode_inner([11])))
    whole = [44, len(block)]  # after the link a node without data ends
    for cut in range(1, len(block) + 1):
        if cut in whole:
            assert encode_node(decode_node(block[:cut])) == block[:cut]
        else:
            with pytest.raises(EncodingError):
                decode_node(block[:cut])


HASH = "0a24" + Cid.parse(HELLO).encode().hex()


@pytest.mark.parametrize(
    "hexadecimal",
    [
        "0a000a00",  # data twice
        "0a00122a" + HASH + "12001800",  # data before links
        "122a" + HASH + "18001200",  # name after size
        "1228" + HASH + "1800",  # no name
        "1228" + HASH + "1200",  # no size
        "1204" + "12001800",  # no hash
        "122c" + HASH + "1200" + "18001800",  # size twice
        "122b" + HASH + "1200" + "188000",  # a size in more bytes than it needs
        "122b" + HASH + "120180" + "1800",  # a name that is not UTF-8
        "1a00",  # an unknown field
        "0800",  # a number where data belong
        "0d00000000",  # kind 5
        "8a0000",  # a tag in more bytes than it needs
        "0a05" + "00" * 4,  # longer than what is left
        "0affffffffffffffffff01",
        "0a80808080808080808001",
        "0a8080808080808080800100",
        "12020a00",
    ],
)
def test_forms_that_are_not_canonical(hexadecimal):
    with pytest.raises(EncodingError):
        decode_node(bytes.fromhex(hexadecimal))


def test_a_link_with_a_cid_v0_is_read():
    multihash = b"\x12\x20" + bytes(32)
    link = b"\x0a\x22" + multihash + b"\x12\x00\x18\x05"
    assert decode_node(b"\x12" + bytes([len(link)]) + link).links == (Link(Cid(Codec.DAG_PB, bytes(32)), 5),)


def test_too_many_links():
    link = Link(Cid.parse(HELLO), 11)
    assert len(decode_node(encode_node(Node((link,) * MAX_LINKS, None))).links) == MAX_LINKS
    with pytest.raises(LimitError):
        decode_node(encode_node(Node((link,) * (MAX_LINKS + 1), None)))


# --- UnixFS -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 2**40), max_size=6))
def test_the_sizes_of_parts(parts):
    assert decode_file(encode_inner(parts)) == FileNode(sum(parts), b"", tuple(parts))


@pytest.mark.parametrize(
    ("hexadecimal", "data"),
    [("0802120568656c6c6f1805", b"hello"), ("0800120568656c6c6f1805", b"hello"), ("08021800", b"")],
)
def test_leaves_of_other_writers(hexadecimal, data):
    assert decode_file(bytes.fromhex(hexadecimal)) == FileNode(len(data), data, ())


@pytest.mark.parametrize(
    ("hexadecimal", "reason"),
    [
        ("", "without a type"),
        ("0801", "a directory"),
        ("0804120161", "a symbolic link"),
        ("0805", "a sharded directory"),
        ("0809", "unknown type 9"),
        ("0802", "claims None bytes"),
        ("08021801", "claims 1 bytes"),
        ("0802180520052001", "claims 5 bytes"),
        ("080218052005" + "2000", "empty part"),
        ("08021206" + "68656c6c6f21" + "1807" + "2001", "data beside its links"),
        ("080208021800", "twice or out of order"),
        ("18000802", "out of order"),
        ("0802180028" + "12", "hashType"),
        ("080218003" + "8a403", "mode"),
        ("08021800" + "4202" + "0801", "mtime"),
        ("0802" + "1000", "field 2"),
        ("0802" + "1a00", "field 3"),
    ],
)
def test_what_is_no_file(hexadecimal, reason):
    with pytest.raises(EncodingError, match=reason):
        decode_file(bytes.fromhex(hexadecimal))


@given(st.binary(max_size=30))
def test_other_bytes_raise_nothing_else(data):
    with suppress(AssayError):
        decode_file(data)


# --- hashing many -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 31, 32, 33, 64, 70])
def test_the_digests_of_many_blocks(isa, count):
    """Runs of equal and of mixed lengths, longer and shorter ones after another, so that a buffer is used again."""
    for sizes in ([0], [1], [55], [56], [64], [1000], [5, 1000, 0], [1000, 5, 5], [(1 << 20) + 1]):
        if count > 9 and sizes[0] > 1 << 20:
            continue
        blocks = [bytes([i]) * sizes[i % len(sizes)] for i in range(count)]
        expected = [hashlib.sha256(block).digest() for block in blocks]
        assert digests(blocks) == digests([memoryview(block) for block in blocks]) == expected
