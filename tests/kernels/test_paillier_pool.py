"""The stock of blindings: never one value twice, not even across a fork; stops when told."""

from __future__ import annotations

import gc
import os
import pickle
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from support.paillier_keys import private_key

from assay.core.errors import InvalidInput, StateError, WrongType
from assay.crypto.bigint import from_words
from assay.crypto.paillier import ExactRandomness, KeyholderRandomness, RandomnessPool
from assay.crypto.paillier.encoding import Rows
from assay.crypto.paillier.keys import PublicKey
from assay.crypto.paillier.randomness import Progress

SECRET = private_key()
KEY = SECRET.public_key


class Counter:
    """A source whose values are 1, 2, 3, ...; makes nobody wait."""

    def __init__(self) -> None:
        self.made = 0
        self.lock = threading.Lock()

    @property
    def public_key(self) -> PublicKey:
        return KEY

    def take(self, count: int, progress: Progress | None = None) -> Rows:
        with self.lock:
            rows = np.zeros((count, 64), dtype=np.uint64)
            rows[:, 0] = np.arange(self.made + 1, self.made + 1 + count)
            self.made += count
            return rows


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end, "nothing happened within 300 seconds"
        time.sleep(0.005)


def test_encryption_from_the_pool() -> None:
    with RandomnessPool(KeyholderRandomness(SECRET), capacity=20) as pool:
        assert pool.fill(60)
        assert len(pool) == 20
        x = KEY.encrypt(np.arange(30), randomness=pool)
        assert SECRET.decrypt(x).tolist() == list(range(30))
        assert len(set(from_words(np.ascontiguousarray(x.flat_rows)))) == 30


@pytest.mark.parametrize("threads", [1, 4])
def test_no_value_is_given_twice(threads: int) -> None:
    with RandomnessPool(Counter(), capacity=50, threads=threads) as pool:
        seen: list[int] = []
        lock = threading.Lock()

        def taker() -> None:
            for count in (0, 1, 7, 60, 3, 50):
                values = pool.take(count)[:, 0].tolist()
                assert len(values) == count
                with lock:
                    seen.extend(values)

        takers = [threading.Thread(target=taker) for _ in range(6)]
        for thread in takers:
            thread.start()
        for thread in takers:
            thread.join()
        assert len(seen) == len(set(seen)) == 6 * 121
        assert 0 not in seen  # nothing overwritten was given


def test_the_stock_keeps_to_its_capacity() -> None:
    pool = RandomnessPool(Counter(), capacity=5)
    assert pool.fill(30)
    time.sleep(0.05)
    assert len(pool) == 5
    pool.close()
    assert len(pool) == 0


def test_closing_stops_the_threads() -> None:
    before = threading.active_count()
    pool = RandomnessPool(ExactRandomness(KEY), capacity=10_000, threads=2)
    pool.take(0)
    assert threading.active_count() == before + 2
    pool.close()
    assert threading.active_count() == before
    for attempt in (lambda: pool.take(1), pool.fill):
        with pytest.raises(StateError, match="closed"):
            attempt()
    pool.close()


def test_a_forgotten_pool_stops_its_threads() -> None:
    before = threading.active_count()
    pool = RandomnessPool(Counter(), capacity=5)
    assert pool.fill(30)
    assert threading.active_count() == before + 1
    del pool
    gc.collect()
    until(lambda: threading.active_count() == before)


def test_a_failing_source_is_told_of() -> None:
    class Broken(Counter):
        def take(self, count: int, progress: Progress | None = None) -> Rows:
            raise OSError("no randomness")

    pool = RandomnessPool(Broken(), capacity=5)
    with pytest.raises((StateError, OSError), match="no randomness"):
        pool.fill(30)
    until(lambda: pool._failure is not None)
    with pytest.raises(StateError, match="no randomness"):
        pool.take(1)
    pool.close()


def test_parent_and_child_share_no_value() -> None:
    with RandomnessPool(KeyholderRandomness(SECRET), capacity=40) as pool:
        assert pool.fill(60)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:  # reports its values and ends at once, whatever happens
            status = 1
            try:
                os.close(read)
                assert len(pool) == 0
                values = pool.take(40)
                assert pool.fill(60)
                values = np.concatenate([values, pool.take(40)])
                with os.fdopen(write, "wb") as pipe:
                    pipe.write(values.tobytes())
                pool.close()
                status = 0
            finally:
                os._exit(status)
        os.close(write)
        mine = set(from_words(pool.take(80)))
        with os.fdopen(read, "rb") as pipe:
            theirs = from_words(np.frombuffer(pipe.read(), dtype=np.uint64).reshape(-1, 64).copy())
        assert os.waitpid(child, 0)[1] == 0
        assert len(mine) == len(set(theirs)) == 80
        assert not mine & set(theirs)


def test_what_a_pool_refuses() -> None:
    source = Counter()
    for attempt in (
        lambda: RandomnessPool(source, capacity=0),
        lambda: RandomnessPool(source, threads=0),
        lambda: RandomnessPool(source, threads=65),
        lambda: RandomnessPool(RandomnessPool(source)),
        lambda: RandomnessPool(source).take(-1),
    ):
        with pytest.raises(InvalidInput):
            attempt()
    with pytest.raises(WrongType):
        RandomnessPool(source, capacity=1.5)  # type: ignore[arg-type]
    with pytest.raises(WrongType):
        RandomnessPool(source).take(1.0)  # type: ignore[arg-type]
    with pytest.raises(StateError, match="two processes"):
        pickle.dumps(RandomnessPool(source))
