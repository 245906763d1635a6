"""The memory of a certificate authority: an SQLite file of mode 0600, or memory alone in tests and demonstrations."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.core.errors import StateError, SystemFailure

__all__ = ["Register"]

_APPLICATION_ID = 0x41534341  # "ASCA"
_SCHEMA_VERSION = 1
_SCHEMA = (
    "CREATE TABLE authority (certificate BLOB NOT NULL, list_number INTEGER NOT NULL)",
    "CREATE TABLE identities (account INTEGER PRIMARY KEY, folded TEXT UNIQUE NOT NULL, name TEXT NOT NULL,"
    " role TEXT NOT NULL)",
    "CREATE TABLE certificates (serial TEXT PRIMARY KEY, account INTEGER NOT NULL, generation INTEGER NOT NULL,"
    " der BLOB NOT NULL, revoked INTEGER, reason TEXT, UNIQUE (account, generation))",
    "CREATE TABLE certified_keys (key BLOB PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE invitations (identifier BLOB PRIMARY KEY, folded TEXT UNIQUE NOT NULL, name TEXT NOT NULL,"
    " role TEXT NOT NULL, hosts TEXT NOT NULL, mac_key BLOB NOT NULL, expires INTEGER NOT NULL,"
    " endorsed INTEGER NOT NULL, valid_for INTEGER NOT NULL) WITHOUT ROWID",
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_SCHEMA_VERSION}",
)


class Register:
    """Identities, certificates, certified keys and open invitations of the authority with this certificate."""

    def __init__(self, path: Path | None, authority: bytes) -> None:
        self._lock = threading.RLock()
        name = ":memory:" if path is None else str(path)
        try:
            if path is not None and not Path(path).exists():
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            self._database = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA synchronous = FULL")
            self._prepare(name, authority)
        except (sqlite3.Error, OSError) as error:
            raise SystemFailure(f"{name} cannot be opened as the register of an authority: {error}") from error

    def _prepare(self, name: str, authority: bytes) -> None:
        with self.transaction() as database:
            if database.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,):
                for statement in _SCHEMA:
                    database.execute(statement)
                database.execute("INSERT INTO authority VALUES (?, 0)", (authority,))
                return
            found = [database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
            if found != [_APPLICATION_ID, _SCHEMA_VERSION]:
                raise StateError(f"{name} is not the register of an authority with schema {_SCHEMA_VERSION}")
            if database.execute("SELECT certificate FROM authority").fetchone() != (authority,):
                raise StateError(f"{name} is the register of another authority")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, one thread and process at a time."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._database.close()
