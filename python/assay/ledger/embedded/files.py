"""Ledger files from outside: made whole or not at all, and told from other files.

Two numbers in the opening of an SQLite file (sqlite.org/fileformat.html, section 1.3) tell: "application_id" says that
the file is a ledger, "user_version" is the version of our schema. They are looked at before the file is opened with its
write-ahead log, because SQLite leaves a log and its index beside each file that it reads so, and nothing is to change
about a file that is not ours.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from assay.core.errors import LedgerError, StateError, SystemFailure

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "check_numbers", "check_opening", "new_file"]

SCHEMA_VERSION: Final = 2
APPLICATION_ID: Final = 0x41534C47  # "ASLG"
_WRITTEN_BY: Final = {1: "an assay whose ledgers had no channels and records yet"}


def check_opening(path: Path) -> None:
    """Raise `LedgerError` unless the file at `path` opens like a ledger of this schema; the file is only read.

    By SQLite, as a file that nobody changes: to open and close it by other means would take away the locks that this
    process may hold on it (POSIX), and other processes would then overwrite what it writes.
    """
    try:
        size = path.stat().st_size
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True)) as opening:
            (application,) = opening.execute("PRAGMA application_id").fetchone()
            (version,) = opening.execute("PRAGMA user_version").fetchone()
    except OSError as error:
        raise SystemFailure(f"{path} cannot be read: {error.strerror}") from error
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_NOTADB:
            raise LedgerError(f"{path} is not a ledger (not an SQLite file)") from error
        raise SystemFailure(f"{path} cannot be read: {error}") from error
    if size < 100:
        raise LedgerError(f"{path} is not a ledger (not an SQLite file)")
    check_numbers(path, application, version)


def check_numbers(path: Path, application: int, version: int) -> None:
    """Raise `LedgerError` unless these numbers are those of a ledger of this schema."""
    if application != APPLICATION_ID:
        raise LedgerError(f"{path} is an SQLite file, but not a ledger (application id {application:#x})")
    if version > SCHEMA_VERSION:
        raise LedgerError(f"{path} has schema {version}, this assay reads up to {SCHEMA_VERSION}: upgrade assay")
    if version < SCHEMA_VERSION:
        raise LedgerError(
            f"{path} has schema {version}, which this assay no longer reads (it reads {SCHEMA_VERSION}): "
            f"open it with {_WRITTEN_BY.get(version, 'the assay that wrote it')}; the file was left as it is"
        )


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """A path beside `target` to build a ledger at: when the block ends well it becomes `target`, durably.

    Otherwise nothing is left. Raises `StateError` when `target` exists or comes to be meanwhile.
    """
    if target.exists():
        raise _exists(target)
    draft = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        yield draft
        _sync(draft)
        os.link(draft, target)  # fails when somebody else was faster
        _sync(target.parent)
    except FileExistsError:
        raise _exists(target) from None
    except OSError as error:
        if isinstance(error, SystemFailure):
            raise
        raise SystemFailure(f"{target} cannot be made: {error.strerror}") from error
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _exists(target: Path) -> StateError:
    return StateError(f"{target} exists already; a ledger is never overwritten")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
