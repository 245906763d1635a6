"""The SQLite file of the embedded ledger: its schema, its connections, and what it refuses to open.

Write-ahead log, `synchronous=FULL`: a transaction that SQLite reports as committed survives kill -9 and power loss.
Readers have connections of their own and never wait for the writer.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from assay.core.errors import LedgerError, LimitError, NotFound, StateError, SystemFailure
from assay.ledger.embedded.files import APPLICATION_ID, SCHEMA_VERSION, check_numbers, check_opening, new_file
from assay.ledger.embedded.log import FULL_PAGES, LogKeeper

__all__ = ["Database", "failures"]

_PATIENCE: Final = 30.0  # seconds to wait for a lock
_WRITER_PATIENCE: Final = 0.003  # seconds until SQLite gives the attempt back, which is then made again
_STATEMENTS: Final = 512  # prepared ones that a connection keeps
_MAX_ROW_BYTES: Final = 16 << 20
_SCHEMA: Final = (
    "CREATE TABLE genesis (genesis BLOB NOT NULL)",
    "CREATE TABLE blocks (height INTEGER PRIMARY KEY, header BLOB NOT NULL, seals BLOB NOT NULL)",
    "CREATE TABLE entries (height INTEGER, position INTEGER, entry BLOB NOT NULL, PRIMARY KEY (height, position))"
    " WITHOUT ROWID",
    "CREATE TABLE history (position INTEGER PRIMARY KEY, node BLOB NOT NULL)",
    "CREATE TABLE clients (sender INTEGER PRIMARY KEY, counter INTEGER NOT NULL, digest BLOB NOT NULL,"
    " height INTEGER NOT NULL, position INTEGER NOT NULL)",
    "CREATE TABLE state_digest (lanes BLOB NOT NULL)",
    "CREATE TABLE state (space TEXT, key BLOB, value BLOB NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


@contextmanager
def failures(path: Path) -> Iterator[None]:
    """Turn what SQLite raises about `path` into errors that say what to do."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            raise LedgerError(f"{path} is not a ledger (not an SQLite file)") from error
        if code == sqlite3.SQLITE_FULL:
            raise SystemFailure(f"{path}: the disk is full; nothing was changed. Make room and send again") from error
        if code == sqlite3.SQLITE_READONLY:
            raise SystemFailure(f"{path} is read-only; nothing was changed") from error
        if code == sqlite3.SQLITE_BUSY:
            raise SystemFailure(f"{path}: another process has held the write lock for too long") from error
        if code == sqlite3.SQLITE_CORRUPT:
            raise SystemFailure(f"{path} is damaged ({error}): restore a backup") from error
        if code == sqlite3.SQLITE_TOOBIG:
            raise LimitError(f"{path}: a row is larger than SQLite allows") from error
        raise SystemFailure(f"{path}: {error}") from error


class Database:
    """Connections to one ledger file: a writer, and as many readers as read at one time."""

    def __init__(self, path: Path, *, writable: bool, durable: bool = True) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise NotFound(f"there is no ledger {self.path}")
        check_opening(self.path)
        self._process = self._writer_process = os.getpid()
        self._resting: list[sqlite3.Connection] = []
        self._inherited: list[sqlite3.Connection] = []  # kept, because closing them here could upset the parent
        self._lock = threading.Lock()
        self._closed = False
        self._writer: sqlite3.Connection | None = None
        synchronous = "FULL" if durable else "OFF"

        def connect() -> sqlite3.Connection:
            connection = self._connect("rw")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            return connection

        self._log = LogKeeper(connect)
        with failures(self.path):
            with self.reading() as connection:
                _check_schema(self.path, connection)
            if writable:
                self._writer = self._connect("rw", patience=_WRITER_PATIENCE)
                self._writer.execute(f"PRAGMA synchronous = {synchronous}")
                self._writer.execute(f"PRAGMA wal_autocheckpoint = {FULL_PAGES}")

    @staticmethod
    def create(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
        """Make a new file with the rows that `fill` inserts, all or nothing."""
        with new_file(Path(path)) as draft, failures(path):
            database = sqlite3.connect(draft, isolation_level=None)
            try:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA synchronous = FULL")
                database.execute("BEGIN")
                for statement in _SCHEMA:
                    database.execute(statement)
                fill(database)
                database.execute("COMMIT")
            finally:
                database.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A read-only connection; each statement sees the newest block."""
        with self._lock:
            if self._process != os.getpid():  # after a fork the parent's connections are not ours to use
                self._process, self._resting, self._inherited = os.getpid(), [], self._resting
            connection = self._resting.pop() if self._resting else None
        connection = connection or self._connect("ro")
        try:
            yield connection
        finally:
            with self._lock:
                keep = not self._closed and self._process == os.getpid()
                if keep:
                    self._resting.append(connection)
            if not keep:
                connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A read-only connection that sees one state of the file until the context closes."""
        with self.reading() as connection:
            connection.execute("BEGIN")
            try:
                connection.execute("SELECT max(height) FROM blocks").fetchone()  # the state is fixed at first use
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The write lock of the file; what was not committed at the end is rolled back.

        One thread at a time; other processes wait up to 30 s.
        """
        writer = self._writer
        if writer is None or self._closed:
            raise StateError(f"{self.path} is closed, or was opened without a sealing key, for reading only")
        if self._writer_process != os.getpid():
            raise StateError(f"{self.path} was opened before a fork: open it again in the child")
        self._log.finish(writer)
        _begin(writer)
        try:
            yield writer
        finally:
            if writer.in_transaction:
                writer.execute("ROLLBACK")

    def appended(self, pages: int) -> None:
        """The writer committed about `pages` pages."""
        self._log.appended(pages)

    def _connect(self, mode: str, patience: float = _PATIENCE) -> sqlite3.Connection:
        if self._closed:
            raise StateError(f"the ledger {self.path} is closed")
        connection = sqlite3.connect(
            _uri(self.path, mode),
            uri=True,
            isolation_level=None,
            timeout=patience,
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        )
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_ROW_BYTES)
        connection.execute("PRAGMA trusted_schema = OFF")  # the file may come from anybody
        connection.execute("PRAGMA cell_size_check = ON")
        return connection

    def close(self) -> None:
        """Close all connections; those in use close when they are given back."""
        with self._lock:
            self._closed = True
            resting, self._resting = self._resting, []
        if self._process == os.getpid():
            for connection in resting:
                connection.close()
        if self._writer is not None and self._writer_process == os.getpid():
            self._log.close()
            self._writer.close()


def _begin(writer: sqlite3.Connection) -> None:
    """Take the write lock. Asked for every few ms: SQLite's own waiting asks ten times a second, and starves."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            writer.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise


def _uri(path: Path, mode: str) -> str:
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    log = Path(f"{path}-wal")
    resting = not log.exists() or log.stat().st_size == 0
    if mode == "ro" and resting and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        uri += "&immutable=1"  # a file at rest where we cannot write: SQLite could not make its index of the log
    return uri


def _check_schema(path: Path, connection: sqlite3.Connection) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    check_numbers(path, application, version)
    try:
        found = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")}
    except UnicodeDecodeError as error:  # in the texts themselves, or in what SQLite says about them
        raise SystemFailure(f"{path} is damaged (its schema is no text): restore a backup") from error
    if found != {statement for statement in _SCHEMA if statement.startswith("CREATE")}:
        raise LedgerError(f"{path} holds other tables, views or triggers than a ledger has; it is not opened")
