"""Where the C interface of this installation lies: `assay.h` and the shared library behind it (docs/c-abi.md).

Nothing is loaded by importing this. From a shell, `python -m assay.capi --cflags --libs` prints what a compiler needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from assay.core.errors import NotFound

__all__ = ["compile_flags", "include", "library", "link_flags"]

_FOLDER: Final = Path(__file__).parent
_LIBRARY: Final = "libassay.so.1"


def include() -> Path:
    """The folder of `assay.h`. `NotFound` if this installation has none."""
    return _present("assay.h").parent


def library() -> Path:
    """The shared library, to load or to link against. `NotFound` if this installation has none."""
    return _present(_LIBRARY)


def compile_flags() -> list[str]:
    """Arguments for a compiler."""
    return [f"-I{include()}"]


def link_flags() -> list[str]:
    """Arguments for a linker: the library by its path, and that path for the loader."""
    return [str(library()), f"-Wl,-rpath,{library().parent}"]


def _present(name: str) -> Path:
    path = _FOLDER / name
    if not path.is_file():
        raise NotFound(f"{path} is missing: build the target assay_capi, or install the package again")
    return path
