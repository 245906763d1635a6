"""Who asks what: query policies of honest users and of model thieves.

A policy is a function of its seed and of the history so far, so the same account can be driven through the real
protocol and, from the block on, through the unblocked counterfactual. Seeds make the experiment repeatable; no secret
depends on them.

t is the share of *legal* queries, those for the class the account registered (Bio-Rollup, section "Privacy attacks
blocking experiment"); its alpha, the legal queries made before the theft begins, is `warm_up`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InvalidInput

OWN_SHARE = 0.99
"""Share of an honest user's queries that show the registered class."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One query that was answered: the number of the sample in its data set, and the label that came back."""

    sample: int
    label: int


class QueryPolicy(Protocol):
    """Chooses the next sample to ask for."""

    @property
    def registered_label(self) -> int:
        """The class the account registered."""

    def next(self, history: Sequence[Answered]) -> int:
        """Number of the sample to ask for after these answers."""


def legal_queries(legal_share: float | Fraction, queries: int) -> int:
    """ceil(t k): how many of the first k queries are legal when they are interleaved evenly, a legal one first."""
    share = Fraction(legal_share).limit_denominator(10_000)
    if not 0 <= share <= 1:
        raise InvalidInput(f"legal_share is {legal_share}; give a share between 0 and 1")
    return -(-share.numerator * queries // share.denominator)


class HonestUser:
    """Asks for its own class, now and then (1 - own_share of the time) for another.

    Args:
        labels: int64[n], true labels of the data set.
        pool: sample numbers it may ask for.
        registered_label: its class.
        own_share: share of queries for its class.
        seed: of the order and of the moments of the other queries.
    """

    def __init__(
        self,
        labels: NDArray[np.int64],
        pool: NDArray[np.int64],
        registered_label: int,
        *,
        own_share: float = OWN_SHARE,
        seed: int = 0,
    ) -> None:
        if not 0.0 <= own_share <= 1.0:
            raise InvalidInput(f"own_share is {own_share}; give a share between 0 and 1")
        self._own, self._others = _own_and_others(labels, pool, registered_label, seed)
        self._own_share = own_share
        self._seed = seed
        self._registered_label = registered_label

    @property
    def registered_label(self) -> int:
        """The class the account registered."""
        return self._registered_label

    def next(self, history: Sequence[Answered]) -> int:
        """Number of the sample to ask for after these answers."""
        asked = len(history)
        own = np.random.default_rng([self._seed, asked]).random() < self._own_share
        chosen = self._own if own else self._others
        return int(chosen[asked % chosen.size])


class RandomThief:
    """Asks for every sample of its pool once, in random order, whatever its class; then again.

    Args:
        pool: sample numbers it may ask for.
        registered_label: its class.
        seed: of the order.
    """

    def __init__(self, pool: NDArray[np.int64], registered_label: int, *, seed: int = 0) -> None:
        if pool.size == 0:
            raise InvalidInput("pool is empty; a thief needs samples to ask for")
        self._order = np.random.default_rng(seed).permutation(pool)
        self._registered_label = registered_label

    @property
    def registered_label(self) -> int:
        """The class the account registered."""
        return self._registered_label

    def next(self, history: Sequence[Answered]) -> int:
        """Number of the sample to ask for after these answers."""
        return int(self._order[len(history) % self._order.size])


class HidingThief:
    """Hides among legal queries: a share t from its own class, interleaved evenly, the rest from other classes.

    Args:
        labels: int64[n], true labels of the data set.
        pool: sample numbers it may ask for.
        registered_label: its class.
        legal_share: t.
        warm_up: legal queries made before the theft begins.
        seed: of the order.
    """

    def __init__(
        self,
        labels: NDArray[np.int64],
        pool: NDArray[np.int64],
        registered_label: int,
        *,
        legal_share: float = 0.5,
        warm_up: int = 0,
        seed: int = 0,
    ) -> None:
        if warm_up < 0:
            raise InvalidInput(f"warm_up is {warm_up}; give a number of queries, 0 or more")
        legal_queries(legal_share, 0)  # refuses a share out of range
        self._own, self._others = _own_and_others(labels, pool, registered_label, seed)
        self._legal_share = legal_share
        self._warm_up = warm_up
        self._registered_label = registered_label

    @property
    def registered_label(self) -> int:
        """The class the account registered."""
        return self._registered_label

    def next(self, history: Sequence[Answered]) -> int:
        """Number of the sample to ask for after these answers."""
        asked = len(history)
        if asked < self._warm_up:
            return int(self._own[asked % self._own.size])
        stealing = asked - self._warm_up
        legal = legal_queries(self._legal_share, stealing)
        if legal_queries(self._legal_share, stealing + 1) > legal:
            return int(self._own[(self._warm_up + legal) % self._own.size])
        return int(self._others[(stealing - legal) % self._others.size])


def _own_and_others(
    labels: NDArray[np.int64], pool: NDArray[np.int64], registered_label: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pool in random order, parted into the registered class and the others."""
    order = np.random.default_rng(seed).permutation(pool)
    is_own = labels[order] == registered_label
    if not is_own.any() or is_own.all():
        raise InvalidInput(f"the pool must hold samples of class {registered_label} and of other classes")
    return order[is_own], order[~is_own]
