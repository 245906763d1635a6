"""The recognition service: asks the model, commits to the label, signs the commitment, releases the label last.

It signs at most one commitment for each (account, nonce), in order, and runs at most `window` queries ahead of the
nonce last proved: what a thief can learn before the ledger has seen it is bounded. Every commitment is in the
journal before its signature leaves the service, so that a restart cannot be used to get a second one.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec

from assay.core.errors import LimitError, NotFound, SignatureError, StateError
from assay.crypto import eddsa
from assay.rollup.account import NONCE_LIMIT, PublicKey, answer_commitment
from assay.rollup.config import RollupConfig, RollupId
from assay.rollup.domains import random_scalar_128
from assay.rollup.receipt import Receipt
from assay.rollup.transaction import Kind, Opening, message

__all__ = ["Answer", "Model", "RecognitionService"]

Model = Callable[[np.ndarray], int]
"""One input to a label below 2^16; called under the service's lock."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the user sees before it co-signs: the commitment and the service's signature on M."""

    commitment: int
    authority: eddsa.Signature


class RecognitionService:
    """Serves one model for one rollup. Thread-safe.

    Args:
        key: Baby Jubjub key named in the configuration.
        model: the served model.
        rollup, config: where the answers count; `reconfigure` moves to the next configuration.
        operator_key: public P-256 key whose receipts open the release.
        window: how many queries an account may be ahead of the nonce last proved.
        journal: file that keeps the commitments; in memory if None (then a restart forgets, and the account's key
            must be rotated).
    """

    def __init__(
        self,
        key: eddsa.PrivateKey,
        model: Model,
        rollup: RollupId,
        config: RollupConfig,
        operator_key: ec.EllipticCurvePublicKey,
        *,
        window: int,
        journal: Path | None = None,
    ) -> None:
        if key.public_key.point != config.service_key:
            raise StateError("the configuration names another service key")
        self._key = key
        self._model = model
        self._rollup = rollup
        self._config = config
        self._operator_key = operator_key
        self._window = window
        self._lock = threading.Lock()
        self._proved: dict[int, int] = {}
        self._journal = sqlite3.connect(":memory:" if journal is None else journal, check_same_thread=False)
        self._journal.execute("PRAGMA synchronous=FULL")
        self._journal.execute(
            "CREATE TABLE IF NOT EXISTS answer (account INTEGER, nonce INTEGER, input BLOB, holder BLOB, label INTEGER,"
            " rho BLOB, PRIMARY KEY (account, nonce)) WITHOUT ROWID"
        )

    def answer(self, index: int, public_key: PublicKey, nonce: int, sample: np.ndarray, input_digest: bytes) -> Answer:
        """Labels the sample and commits to it for (account, nonce).

        A repeated request gets the same commitment again if it carries the same input and key, and is refused
        otherwise.

        Raises:
            StateError: out of order, or another input for a nonce already answered.
            LimitError: too far ahead of what is proved.
        """
        holder = eddsa.PublicKey(*public_key).to_bytes()
        with self._lock:
            known = self._journal.execute(
                "SELECT input, holder, label, rho FROM answer WHERE account = ? AND nonce = ?", (index, nonce)
            ).fetchone()
            if known is not None:
                if known[0] != input_digest or known[1] != holder:
                    raise StateError(f"account {index}, nonce {nonce} was answered for another input or key already")
                opening = Opening(known[2], int.from_bytes(known[3], "big"))
            else:
                self._require_next(index, nonce)
                opening = Opening(int(self._model(sample)), random_scalar_128())
                row = (index, nonce, input_digest, holder, opening.label, opening.rho.to_bytes(16, "big"))
                with self._journal:
                    self._journal.execute("INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?)", row)
            commitment = answer_commitment(opening.label, opening.rho, public_key, nonce)
            signed = message(Kind.QUERY, self._rollup.context(self._config), commitment, 0)
            return Answer(commitment, self._key.sign(signed))

    def opening_for_operator(self, index: int, nonce: int) -> Opening:
        """The opening that the operator's audit needs. It goes to the operator alone."""
        return self._opening(index, nonce)

    def release(self, index: int, nonce: int, receipt: Receipt) -> Opening:
        """Label and rho for the user, against the operator's receipt for exactly this query.

        Raises:
            SignatureError: a receipt that the operator did not sign, or for another query. The label stays closed.
        """
        if (receipt.index, receipt.nonce) != (index, nonce):
            raise SignatureError(
                f"the receipt is for account {receipt.index}, nonce {receipt.nonce}, not {index}, {nonce}"
            )
        receipt.verify(self._operator_key, self._rollup)
        return self._opening(index, nonce)

    def proved(self, index: int, nonce: int) -> None:
        """The ledger accepted a batch that takes this account to `nonce`: its window moves on."""
        with self._lock:
            self._proved[index] = max(nonce, self._proved.get(index, 0))

    def reconfigure(self, config: RollupConfig) -> None:
        """Answers under the next configuration from now on."""
        if self._key.public_key.point != config.service_key:
            raise StateError("the configuration names another service key")
        with self._lock:
            self._config = config

    def close(self) -> None:
        """Closes the journal."""
        self._journal.close()

    def _require_next(self, index: int, nonce: int) -> None:
        (last,) = self._journal.execute("SELECT max(nonce) FROM answer WHERE account = ?", (index,)).fetchone()
        expected = max(last or 0, self._proved.get(index, 0)) + 1
        if nonce != expected or nonce >= NONCE_LIMIT:
            raise StateError(f"account {index} may ask for nonce {expected} next, not {nonce}")
        ahead = nonce - self._proved.get(index, 0)
        if ahead > self._window:
            raise LimitError(f"account {index} is {ahead} queries ahead of what is proved; at most {self._window}")

    def _opening(self, index: int, nonce: int) -> Opening:
        with self._lock:
            row = self._journal.execute(
                "SELECT label, rho FROM answer WHERE account = ? AND nonce = ?", (index, nonce)
            ).fetchone()
        if row is None:
            raise NotFound(f"account {index}, nonce {nonce} was never answered")
        return Opening(row[0], int.from_bytes(row[1], "big"))
