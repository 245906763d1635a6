"""A ledger file of schema 1, made by the statements of the assay that wrote such files."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_STATEMENTS = (
    "CREATE TABLE ledger (genesis BLOB NOT NULL, state_lanes BLOB NOT NULL)",
    "CREATE TABLE blocks (height INTEGER PRIMARY KEY, header BLOB NOT NULL, seals BLOB NOT NULL)",
    "CREATE TABLE entries (height INTEGER, position INTEGER, entry BLOB NOT NULL, PRIMARY KEY (height, position))"
    " WITHOUT ROWID",
    "CREATE TABLE state (space TEXT, key BLOB, value BLOB NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID",
    "PRAGMA application_id = 1095978055",
    "PRAGMA user_version = 1",
    "INSERT INTO ledger VALUES (zeroblob(500), zeroblob(2048))",
    "INSERT INTO blocks VALUES (0, zeroblob(200), zeroblob(80))",
    "INSERT INTO blocks VALUES (1, zeroblob(200), zeroblob(80))",
    "INSERT INTO entries VALUES (1, 0, zeroblob(300))",
    "INSERT INTO state VALUES ('accounts', CAST('authority' AS BLOB), zeroblob(700))",
)


def make_schema_1(path: Path) -> None:
    """Write such a file, at rest. The rows have the sizes of real ones; nobody may get as far as reading them."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    for statement in _STATEMENTS:
        database.execute(statement)
    database.close()
