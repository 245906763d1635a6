"""SHA-256 against NIST's vectors and hashlib, at every level; also run under the instruction trap
(tests/support/trap.py)."""

from __future__ import annotations

import hashlib
import random
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from assay import _native
from assay.core.errors import InvalidInput, WrongType
from assay.crypto import sha256

# FIPS 180-2, appendix B, and NIST CAVP SHA256ShortMsg (lengths 0, 8, 512 bits)
VECTORS = [
    (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ),
    (b"a" * 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    (b"\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
]


def available(name: str) -> bool:
    try:
        return bool(_native.sha256(b"", name))
    except InvalidInput:
        return False


IMPLEMENTATIONS = [name for name in ("portable", "avx2", "sha_ni") if available(name)]


def rows(n: int, length: int, seed: int = 1) -> np.ndarray:
    return np.frombuffer(random.Random(seed).randbytes(n * length), dtype=np.uint8).reshape(n, length)


def expected(messages: np.ndarray) -> list[bytes]:
    return [hashlib.sha256(row.tobytes()).digest() for row in messages]


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_published_vectors(implementation: str) -> None:
    for message, digest in VECTORS:
        assert _native.sha256(message, implementation).hex() == digest


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_every_length_agrees_with_hashlib(implementation: str) -> None:
    data = random.Random(1).randbytes(70_000)
    for length in [*range(301), 1023, 1024, 1025, 65_535, 65_536, 70_000]:
        assert _native.sha256(data[:length], implementation) == hashlib.sha256(data[:length]).digest()
    assert sha256.digest(data) == hashlib.sha256(data).digest()


def test_the_implementation_follows_the_level_and_the_processor(isa: str) -> None:
    features = _native.cpu_info()["features"]
    one = "sha_ni" if features["sha_ni"] else "avx2" if features["avx2"] and features["bmi2"] else "portable"
    many = "avx512" if isa in ("avx512", "ifma") else one
    assert sha256.implementation() == ("portable" if isa == "portable" else one)
    assert sha256.batch_implementation() == ("portable" if isa == "portable" else many)
    if isa != "portable":
        assert set(IMPLEMENTATIONS) >= {"portable", one}
    with pytest.raises(InvalidInput, match="not available"):
        _native.sha256(b"", "quantum")


def test_published_vectors_in_every_lane(isa: str) -> None:
    for message, digest in VECTORS[:3]:
        batch = np.tile(np.frombuffer(message, dtype=np.uint8), (33, 1))
        assert {bytes(row).hex() for row in sha256.digest_many(batch)} == {digest}


def test_batches_of_every_length(isa: str) -> None:
    for length in range(301):
        messages = rows(37, length, length)
        assert [bytes(row) for row in sha256.digest_many(messages)] == expected(messages), length


def test_batches_of_every_count(isa: str) -> None:
    for length in (31, 64, 300):
        for count in [*range(70), 257]:
            messages = rows(count, length, count)
            digests = sha256.digest_many(messages)
            assert digests.shape == (count, 32)
            assert [bytes(row) for row in digests] == expected(messages), (length, count)


def test_words_of_all_ones_and_zeros(isa: str) -> None:
    for byte in (0x00, 0x80, 0xFF):
        for length in (56, 64, 128):
            messages = np.full((40, length), byte, dtype=np.uint8)
            messages[::3] ^= 0xFF  # neighbours differ: no lane may see another
            assert [bytes(row) for row in sha256.digest_many(messages)] == expected(messages)


@pytest.mark.parametrize("offset", [1, 3, 31, 63])
def test_misaligned_messages(isa: str, offset: int) -> None:
    whole = np.frombuffer(random.Random(3).randbytes(64 * 70 + 64), dtype=np.uint8)
    messages = whole[offset : offset + 64 * 70].reshape(70, 64)
    assert [bytes(row) for row in sha256.digest_many(messages)] == expected(messages)


def test_rows_that_are_not_contiguous(isa: str) -> None:
    messages = rows(80, 130)[::2, ::2]
    assert [bytes(row) for row in sha256.digest_many(messages)] == expected(messages)


def test_a_large_batch_in_the_pool(isa: str) -> None:
    before = _native.num_threads()
    _native.set_num_threads(3)
    try:
        messages = rows(5_011, 65)
        assert [bytes(row) for row in sha256.digest_many(messages)] == expected(messages)
    finally:
        _native.set_num_threads(before)


@pytest.mark.parametrize("prefix", [b"", b"\x00", b"p" * 64])
def test_messages_after_a_prefix(isa: str, prefix: bytes) -> None:
    source = random.Random(len(prefix))
    for count in (0, 1, 2, 3, 10, 33, 70):
        for lengths in ([0], [55, 56], [200, 8300, 201], [(1 << 16) + 1, 1 << 16]):
            if count * max(lengths) > 1 << 21:
                continue
            messages = [source.randbytes(source.choice(lengths)) for _ in range(count)]
            found = sha256.digest_prefixed(prefix, messages)
            assert found == [hashlib.sha256(prefix + message).digest() for message in messages], (count, lengths)


def test_messages_after_a_prefix_that_are_no_bytes_are_refused() -> None:
    with pytest.raises(WrongType, match="bytes"):
        sha256.digest_prefixed(b"", [b"a", bytearray(b"b")])  # type: ignore[list-item]
    with pytest.raises(WrongType, match="bytes"):
        sha256.digest_prefixed(b"", ["a", "b"])  # type: ignore[list-item]


def test_batches_of_another_type_are_refused() -> None:
    with pytest.raises(WrongType, match="int64"):
        sha256.digest_many(np.zeros((2, 64), dtype=np.int64))
    with pytest.raises(WrongType, match="bytes"):
        sha256.digest_many(b"abc")
    with pytest.raises(InvalidInput, match=r"\[64\]"):
        sha256.digest_many(np.zeros(64, dtype=np.uint8))
    with pytest.raises(TypeError):
        _native.sha256_messages(np.zeros((2, 64), dtype=np.int8))


def test_streams_in_pieces(isa: str) -> None:
    data = random.Random(5).randbytes(5000)
    rng = random.Random(6)
    for _ in range(50):
        stream, at = _native.Sha256Stream(), 0
        while at < len(data):
            take = rng.choice([0, 1, 55, 63, 64, 65, 127, 128, 129, 700])
            stream.update(data[at : at + take])
            at += take
            assert stream.digest() == hashlib.sha256(data[:at]).digest()


def test_a_stream_takes_any_contiguous_buffer() -> None:
    stream, numbers = _native.Sha256Stream(), np.arange(100, dtype=np.uint32).reshape(10, 10)
    stream.update(numbers)
    stream.update(memoryview(b"tail"))
    stream.update(bytearray())
    assert stream.digest() == hashlib.sha256(numbers.tobytes() + b"tail").digest()
    with pytest.raises(InvalidInput, match="contiguous"):
        stream.update(numbers[:, ::2])
    assert stream.digest() == hashlib.sha256(numbers.tobytes() + b"tail").digest()


def test_threads_that_share_a_stream_take_turns() -> None:
    stream, piece = _native.Sha256Stream(), bytes(1 << 13)
    threads = [threading.Thread(target=lambda: [stream.update(piece) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stream.digest() == hashlib.sha256(bytes(80 << 13)).digest()


def test_files(isa: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sha256, "_PIECE", 1 << 14)
    for size in (0, 1, (1 << 14) - 1, 1 << 14, (1 << 15) + 77):
        path = tmp_path / "file"
        path.write_bytes(random.Random(size).randbytes(size))
        assert sha256.file_digest(path) == hashlib.sha256(path.read_bytes()).digest()
    with pytest.raises(FileNotFoundError):
        sha256.file_digest(tmp_path / "missing")


def test_a_file_reports_progress_and_stops_when_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sha256, "_PIECE", 1 << 14)

    path = tmp_path / "file"
    path.write_bytes(bytes(3 << 14))
    seen: list[int] = []

    class Counting:
        limit = 1 << 40

        def advance(self, steps: int = 1) -> None:
            seen.append(steps)
            if sum(seen) > self.limit:
                raise KeyboardInterrupt

        def describe(self, label: str) -> None: ...

        @contextmanager
        def task(self, label: str, total: int | None = None):
            assert (label, total) == ("hashing", 3 << 14)
            yield self

    sha256.file_digest(path, Counting())
    assert sum(seen) == 3 << 14
    seen.clear()
    stopping = Counting()
    stopping.limit = 1 << 14
    with pytest.raises(KeyboardInterrupt):
        sha256.file_digest(path, stopping)
    assert sum(seen) == 2 << 14
