"""The embedded back end: a chain in one SQLite file, many threads and processes, no server.

- `ledger`: the handle of a chain in a file; `engine`: a folder of such files
- `database`: the file, its schema and its connections; `tables`: its rows as blocks and state
- `files`: what is told and done about files without SQLite; `backup`: copies made while writers go on, and restored
"""

from assay.ledger.embedded.engine import EmbeddedEngine
from assay.ledger.embedded.ledger import EmbeddedLedger

__all__ = ["EmbeddedEngine", "EmbeddedLedger"]
