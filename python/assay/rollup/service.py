"""The recognition service: asks the model, commits to the label, signs the commitment, releases the label last.

It signs at most one commitment for each (account, nonce), in order, and runs at most `window` queries ahead of the
nonce last proved: what a thief can learn before the ledger has seen it is bounded. Every commitment is in the
journal before its signature leaves the service, so that a restart cannot be used to get a second one.

A commitment names the account's key. After a rotation the one that waits can no longer be proved, so the nonce gets a
new one under the new key, for any input if the label never left the service, and else for the same input and label:
at most one label for each (account, nonce) is ever released.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assay.core.errors import AssayError, InvalidInput, LimitError, NotFound, SignatureError, StateError, SystemFailure
from assay.crypto import eddsa
from assay.identity import signatures
from assay.rollup.account import NONCE_LIMIT, PublicKey, answer_commitment
from assay.rollup.config import RollupConfig, RollupId
from assay.rollup.domains import random_scalar_128
from assay.rollup.receipt import Receipt
from assay.rollup.transaction import Kind, Opening, Query, message, transaction_id

__all__ = ["Answer", "Model", "RecognitionService"]

Model = Callable[[np.ndarray], int]
"""One input to a label below 2^16; called under the service's lock."""

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS answer (account INTEGER, nonce INTEGER, input BLOB NOT NULL, holder BLOB NOT NULL,"
    " label INTEGER NOT NULL, rho BLOB NOT NULL, released INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (account, nonce)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS proved (account INTEGER PRIMARY KEY, nonce INTEGER NOT NULL)",
)


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
        journal: file of mode 0600 that keeps commitments and proved nonces; in memory if None (then a restart
            forgets, and the keys of all accounts must be rotated).
    """

    def __init__(
        self,
        key: eddsa.PrivateKey,
        model: Model,
        rollup: RollupId,
        config: RollupConfig,
        operator_key: signatures.PublicKey,
        *,
        window: int,
        journal: Path | None = None,
    ) -> None:
        if key.public_key.point != config.service_key:
            raise StateError("the configuration names another service key")
        if window < 1:
            raise InvalidInput(f"window is {window}; a service runs at least one query ahead of what is proved")
        self._key = key
        self._model = model
        self._rollup = rollup
        self._config = config
        self._operator_key = operator_key
        self._window = window
        self._lock = threading.Lock()
        self._journal = _open_journal(journal)

    def answer(self, index: int, public_key: PublicKey, nonce: int, sample: np.ndarray, input_digest: bytes) -> Answer:
        """Labels the sample and commits to it for (account, nonce).

        A repeated request gets the same commitment again if it carries the same input and key.

        Raises:
            StateError: out of order, or another input for a nonce already answered.
            LimitError: too far ahead of what is proved.
            InvalidInput: the model cannot label this sample.
        """
        holder = eddsa.PublicKey(*public_key).to_bytes()
        with self._lock:
            known = self._journal.execute(
                "SELECT input, holder, label, rho, released FROM answer WHERE account = ? AND nonce = ?", (index, nonce)
            ).fetchone()
            if known is None:
                self._require_next(index, nonce)
            elif known[0] != input_digest and (known[1] == holder or known[4]):
                raise StateError(f"account {index}, nonce {nonce} was answered for another input already")
            if known is not None and known[0] == input_digest:
                opening = Opening(known[2], int.from_bytes(known[3], "big"))
            else:
                opening = Opening(self._label(sample), random_scalar_128())
            if known is None or known[:2] != (input_digest, holder):
                row = (index, nonce, input_digest, holder, opening.label, opening.rho.to_bytes(16, "big"))
                with self._journal:
                    self._journal.execute(
                        "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO UPDATE SET"
                        " input = excluded.input, holder = excluded.holder, label = excluded.label, rho = excluded.rho",
                        row,
                    )
            commitment = answer_commitment(opening.label, opening.rho, public_key, nonce)
            signed = message(Kind.QUERY, self._rollup.context(self._config), commitment, 0)
            return Answer(commitment, self._key.sign(signed))

    def opening_for_operator(self, index: int, nonce: int) -> Opening:
        """The opening that the operator's audit needs. It goes to the operator alone."""
        with self._lock:
            return self._opening(index, nonce)

    def release(self, query: Query, receipt: Receipt) -> Opening:
        """Label and rho for the user, against the operator's receipt for exactly this co-signed query.

        Raises:
            SignatureError: a receipt that the operator did not sign, or for another transaction. The label stays
                closed.
        """
        if (receipt.index, receipt.nonce) != (query.index, query.nonce):
            raise SignatureError(
                f"the receipt is for account {receipt.index}, nonce {receipt.nonce}, not {query.index}, {query.nonce}"
            )
        if receipt.transaction != transaction_id(query):
            raise SignatureError("the receipt is for another transaction of this account and nonce")
        receipt.verify(self._operator_key, self._rollup)
        with self._lock:
            opening = self._opening(query.index, query.nonce)
            if opening != query.answer:
                raise SignatureError("the receipt is for a commitment that a rotation has replaced")
            with self._journal:
                self._journal.execute(
                    "UPDATE answer SET released = 1 WHERE account = ? AND nonce = ?", (query.index, query.nonce)
                )
            return opening

    def proved(self, index: int, nonce: int) -> None:
        """The ledger accepted a batch that takes this account to `nonce`: its window moves on."""
        with self._lock, self._journal:
            self._journal.execute(
                "INSERT INTO proved VALUES (?, ?) ON CONFLICT DO UPDATE SET nonce = max(nonce, excluded.nonce)",
                (index, nonce),
            )

    def reconfigure(self, config: RollupConfig, model: Model | None = None) -> None:
        """Answers under the next configuration, and with its model, from now on.

        A query that was answered before and not proved keeps its commitment, and with it the earlier model's label.

        Raises:
            StateError: another service key, or the configuration names another model and none is given.
        """
        if self._key.public_key.point != config.service_key:
            raise StateError("the configuration names another service key")
        with self._lock:
            if config.model_digest != self._config.model_digest and model is None:
                raise StateError("the configuration names another model: give the model that it names")
            self._config = config
            self._model = model or self._model

    def close(self) -> None:
        """Closes the journal."""
        with self._lock:
            self._journal.close()

    def _label(self, sample: np.ndarray) -> int:
        try:
            return int(self._model(sample))
        except AssayError:
            raise
        except Exception as error:
            raise InvalidInput(
                f"the model cannot label {sample.dtype}{list(sample.shape)}: {type(error).__name__}"
            ) from error

    def _require_next(self, index: int, nonce: int) -> None:
        (last,) = self._journal.execute("SELECT max(nonce) FROM answer WHERE account = ?", (index,)).fetchone()
        row = self._journal.execute("SELECT nonce FROM proved WHERE account = ?", (index,)).fetchone()
        proved = row[0] if row else 0
        expected = max(last or 0, proved) + 1
        if nonce != expected or nonce >= NONCE_LIMIT:
            raise StateError(f"account {index} may ask for nonce {expected} next, not {nonce}")
        ahead = nonce - proved
        if ahead > self._window:
            raise LimitError(f"account {index} is {ahead} queries ahead of what is proved; at most {self._window}")

    def _opening(self, index: int, nonce: int) -> Opening:
        row = self._journal.execute(
            "SELECT label, rho FROM answer WHERE account = ? AND nonce = ?", (index, nonce)
        ).fetchone()
        if row is None:
            raise NotFound(f"account {index}, nonce {nonce} was never answered")
        return Opening(row[0], int.from_bytes(row[1], "big"))


def _open_journal(path: Path | None) -> sqlite3.Connection:
    try:
        if path is not None and not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        journal = sqlite3.connect(":memory:" if path is None else path, check_same_thread=False)
        journal.execute("PRAGMA synchronous=FULL")
        for statement in _SCHEMA:
            journal.execute(statement)
    except (sqlite3.Error, OSError) as error:
        raise SystemFailure(f"{path} cannot be opened as the service's journal: {error}") from error
    return journal
