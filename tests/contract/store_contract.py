"""What every back end of the store does. A back end's test module derives from `StoreContract` and gives `store`."""

import io
import os
import random
import threading

import pytest

from assay.core.errors import InvalidInput, LimitError, NotFound, WrongType
from assay.store import MAX_BLOCK, BadFile, Cid, Codec, MissingBlock, Profile, cid_of
from assay.store.dagpb import Link, Node
from assay.store.dagpb import encode as encode_node
from assay.store.unixfs import encode_inner

SMALL = Profile("small", 8, 3)  # a tree of depth 3 has 10 chunks, 73 bytes
SIZES = [0, 1, 7, 8, 9, 16, 17, 24, 25, 72, 73, 80, 216, 217, 8 * 32, 8 * 32 + 1, 8 * 64, 8 * 64 + 5, 3000]


def content(size, seed=0):
    return random.Random(f"{seed} {size}").randbytes(size)


def absent(data=b"nowhere"):
    return Cid.of(Codec.RAW, data)


class StoreContract:
    """Subclasses provide the fixture `store`, empty and of profile `SMALL`."""

    # --- files --------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("size", SIZES)
    def test_what_is_put_comes_back(self, store, size):
        data = content(size)
        cid = store.put(data)
        assert store.get(cid) == data
        assert b"".join(store.cat(cid)) == data
        assert store.size(cid) == size
        assert cid == store.add(io.BytesIO(data)) == cid_of(data, SMALL) == cid_of(io.BytesIO(data), SMALL)
        assert store.put(data) == cid

    def test_a_file_by_its_path(self, store, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(content(500))
        cid = store.add(path)
        assert cid == store.add(str(path)) == cid_of(content(500), SMALL)
        assert store.get(cid) == content(500)
        with pytest.raises(FileNotFoundError):
            store.add(tmp_path / "nothing")

    def test_a_stream_that_gives_little_at_a_time(self, store):
        class Trickle(io.RawIOBase):
            left = content(300)

            def readinto(self, buffer):
                size = min(3, len(buffer))
                piece, self.left = self.left[:size], self.left[size:]
                buffer[: len(piece)] = piece
                return len(piece)

        assert store.add(Trickle()) == cid_of(content(300), SMALL)

    def test_what_is_no_bytes_is_refused(self, store):
        for wrong in ("text", 5, None, [1]):
            with pytest.raises(WrongType):
                store.put(wrong)
        with pytest.raises(WrongType):
            store.put_block(Codec.RAW, "text")

    def test_missing(self, store):
        with pytest.raises(MissingBlock, match=str(absent())):
            store.get(absent())
        with pytest.raises(MissingBlock):
            store.size(absent())
        with pytest.raises(MissingBlock):
            store.get_block(absent())
        assert not store.has(absent())

    def test_a_limit_holds_before_the_first_byte(self, store):
        cid = store.put(content(300))
        assert store.get(cid, limit=300) == content(300)
        with pytest.raises(LimitError, match="300 bytes, above the limit of 299"):
            store.get(cid, limit=299)
        with pytest.raises(LimitError):
            store.cat(cid, limit=299)

    # --- blocks -------------------------------------------------------------------------------------------------------

    def test_blocks(self, store):
        raw = store.put_block(Codec.RAW, b"some bytes")
        assert raw == Cid.of(Codec.RAW, b"some bytes")
        assert store.get_block(raw) == b"some bytes"
        assert store.has(raw)
        node = encode_node(Node((Link(raw, 10),), encode_inner([10])))
        top = store.put_block(Codec.DAG_PB, node)
        assert store.get(top) == b"some bytes"
        assert list(store.blocks_under(top)) == [top, raw]

    def test_the_codec_is_a_part_of_the_name(self, store):
        node = encode_node(Node((), encode_inner([])))
        assert store.put_block(Codec.RAW, node) != store.put_block(Codec.DAG_PB, node)

    def test_wrong_blocks_are_refused(self, store):
        with pytest.raises(LimitError):
            store.put_block(Codec.RAW, bytes(MAX_BLOCK + 1))
        with pytest.raises(InvalidInput):
            store.put_block(Codec.DAG_PB, b"no node")
        with pytest.raises(InvalidInput):
            store.put_block(0x71, b"dag-cbor")

    def test_the_largest_block(self, store):
        block = os.urandom(MAX_BLOCK)
        assert store.get_block(store.put_block(Codec.RAW, block)) == block

    # --- pins ---------------------------------------------------------------------------------------------------------

    def test_what_is_added_is_pinned(self, store):
        kept, loose = store.put(content(100)), store.put(content(101), pin=False)
        assert set(store.pins()) == {kept}
        store.pin(loose)
        store.pin(loose)
        assert set(store.pins()) == {kept, loose}
        store.unpin(kept)
        assert set(store.pins()) == {loose}
        with pytest.raises(NotFound):
            store.unpin(kept)

    def test_an_incomplete_root_is_not_pinned(self, store):
        with pytest.raises(MissingBlock):
            store.pin(absent())
        node = encode_node(Node((Link(absent(), 7),), encode_inner([7])))
        top = store.put_block(Codec.DAG_PB, node)
        with pytest.raises(MissingBlock):
            store.pin(top)
        assert list(store.pins()) == []

    def test_collection_keeps_what_is_pinned(self, store):
        a, b = content(1000, "a"), content(1000, "b")
        shared = a[:504] + b[504:]
        kept, gone = store.put(shared), [store.put(a), store.put(b, pin=False)]
        store.unpin(gone[0])
        collected = store.collect()
        assert collected.blocks > 0
        assert collected.bytes > 0
        assert store.get(kept) == shared
        for cid in gone:
            assert not store.has(cid)
            with pytest.raises(MissingBlock):
                store.get(cid)
        assert store.collect() == (0, 0)
        store.unpin(kept)
        store.collect()
        assert not store.has(kept)
        assert store.put(shared) == kept
        assert store.get(kept) == shared

    def test_many_threads_add_while_others_collect(self, store):
        failures, done = [], threading.Event()

        def add(seed):
            try:
                for i in range(12):
                    data = content(90 + i % 3, seed % 2)  # two threads each add the same
                    cid = store.put(data)
                    assert store.get(cid) == data
            except BaseException as error:
                failures.append(error)

        def collect():
            while not done.is_set():
                try:
                    store.collect()
                except BaseException as error:
                    failures.append(error)
                    return

        adders = [threading.Thread(target=add, args=[seed]) for seed in range(4)]
        collector = threading.Thread(target=collect)
        for thread in (*adders, collector):
            thread.start()
        for thread in adders:
            thread.join()
        done.set()
        collector.join()
        assert failures == []
        assert len(set(store.pins())) == 6

    # --- files that are none ------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("missing", range(4))
    def test_a_missing_block_below(self, store, missing):
        data = content(73)
        top = store.put(data)
        gone = sorted(set(store.blocks_under(top)))[missing]
        self.remove(store, gone)
        with pytest.raises(MissingBlock, match=str(gone)):
            store.get(top)

    def remove(self, store, cid):
        """Takes a single block away behind the store's back."""
        raise NotImplementedError

    def test_a_directory_is_no_file(self, store):
        top = store.put_block(Codec.DAG_PB, bytes.fromhex("0a020801"))  # the well-known empty directory
        assert str(top) == "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354"
        with pytest.raises(BadFile, match="a directory"):
            store.get(top)
