"""Which published tables and figures can be reproduced: each module `paper_NNN_KIND_N` of this room is one.

Such a module has `TITLE`, a line that says what the table shows and in which paper, and `run(options)`, which measures
and returns a `Reproduction`. Its id is its name: `paper_003_table_1` is 003-table-1. It imports what is heavy inside
`run`, so that listing stays quick.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assay.core.errors import NotFound
from assay.reproduce.reproduction import Options, Reproduction

__all__ = ["Published", "find", "published"]

_MODULE: Final = re.compile(r"paper_(\d{3}_(?:table|figure)_\d+)")


@dataclass(frozen=True, slots=True)
class Published:
    """A published table or figure, and the function that measures it again."""

    id: str
    title: str
    run: Callable[[Options], Reproduction]


def published() -> list[Published]:
    """All that can be reproduced, by id."""
    names = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return [_load(name) for name in sorted(names) if _MODULE.fullmatch(name)]


def find(identifier: str) -> Published:
    """The one with an id; `NotFound` names those that there are."""
    known = published()
    for one in known:
        if one.id == identifier:
            return one
    raise NotFound(f"nothing published as {identifier!r} can be reproduced; known: {', '.join(p.id for p in known)}")


def _load(name: str) -> Published:
    module = importlib.import_module(f"assay.reproduce.{name}")
    return Published(name.removeprefix("paper_").replace("_", "-"), module.TITLE, module.run)
