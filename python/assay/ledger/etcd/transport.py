"""Calls to the nodes of etcd: the next node when one fails, and the token of the session.

A call that cannot have reached a node goes to the next one. One that may have is sent again only when it is
`repeatable` (reads, and writes that change nothing the second time); for the others the caller gets `Ambiguous`.
What a node answers is treated as hostile: bounded in size and depth, and of the types we expect.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from assay.core.errors import EncodingError
from assay.ledger.etcd.errors import Ambiguous, TokenExpired, Unavailable
from assay.ledger.etcd.messages import AUTHENTICATE, Call
from assay.ledger.etcd.url import Address

__all__ = ["MAX_ANSWER_BYTES", "Question", "Stream", "Transport"]

MAX_ANSWER_BYTES: Final = 32 << 20


@dataclass(frozen=True, slots=True)
class Question:
    """A call with its fields. `meanwhile` is called between question and answer, each time that it is sent."""

    call: Call
    fields: dict[str, Any]
    repeatable: bool
    timeout: float  # seconds
    meanwhile: Callable[[], None] | None = None


class Stream(ABC):
    """Answers to one question, for as long as they come."""

    @abstractmethod
    def next(self) -> dict[str, Any]:
        """The next answer.

        Raises:
            TimeoutError: the stream was silent, or lasted, for as long as it may.
            Unavailable: it ended, or was closed. Other errors of `errors` are the node's own.
        """

    @abstractmethod
    def close(self) -> None:
        """End the stream; from another thread too, where the one that waits for an answer gets an error."""


class Transport(ABC):
    """Calls the nodes of `address`. All methods may be called from any thread."""

    def __init__(self, address: Address, timeout: float) -> None:
        self.address = address
        self.timeout = timeout
        self._preferred = 0
        self._lock = threading.Lock()
        self._token = ""

    def call(
        self,
        call: Call,
        question: dict[str, Any],
        *,
        repeatable: bool,
        timeout: float | None = None,
        at: int | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        """The answer to `question`, from the first node that gives one (or from node `at` alone).

        `meanwhile` is called between question and answer, each time that the question is sent.
        """
        asked = Question(call, question, repeatable, timeout or self.timeout, meanwhile)
        first = self._preferred if at is None else at
        failure: Exception = Unavailable("no node was asked")
        for step in range(len(self.address.endpoints) if at is None else 1):
            node = (first + step) % len(self.address.endpoints)
            try:
                return self._ask(node, asked)
            except Unavailable as fault:
                failure = fault
                self.avoid(node)
            except Ambiguous:
                self.avoid(node)
                raise
        raise failure

    def _ask(self, node: int, question: Question) -> dict[str, Any]:
        token = self.token(node)
        try:
            return self._exchange(node, question, token)
        except TokenExpired:
            if not self.address.user:
                raise
            return self._exchange(node, question, self.token(node, instead_of=token))

    @abstractmethod
    def _exchange(self, node: int, question: Question, token: str) -> dict[str, Any]:
        """The answer of one node; raises the errors of `errors`."""

    @abstractmethod
    def stream(self, node: int, call: Call, question: dict[str, Any], idle: float) -> Stream:
        """The answers of one node to `question`, while it is in touch with most of the others.

        The first is due within `timeout`. The stream ends when it was silent for `idle` seconds, or (by gRPC) when
        these have passed: a connection that nobody cut may still lead nowhere.
        """

    @abstractmethod
    def close(self) -> None:
        """Close all connections; a call under way fails."""

    # --- which node ---------------------------------------------------------------------------------------------------

    @property
    def preferred(self) -> int:
        """The node that is asked first."""
        return self._preferred

    def prefer(self, node: int) -> None:
        """Ask `node` first from now on."""
        self._preferred = node

    def avoid(self, node: int) -> None:
        """Ask the node after `node` first, if `node` was."""
        with self._lock:
            if self._preferred == node:
                self._preferred = (node + 1) % len(self.address.endpoints)

    # --- authentication -----------------------------------------------------------------------------------------------

    def token(self, node: int, *, instead_of: str = "") -> str:
        """The token of the session, empty without a user; a new one when it is still `instead_of`."""
        if not self.address.user:
            return ""
        with self._lock:
            if self._token and self._token != instead_of:
                return self._token
        fields = {"name": self.address.user, "password": self.address.password()}
        token: str = self._exchange(node, Question(AUTHENTICATE, fields, True, self.timeout), "")["token"]
        if not token or not token.isascii() or not token.isprintable():
            raise EncodingError("etcd gave no token")
        with self._lock:
            self._token = token
        return token
