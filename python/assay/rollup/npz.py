"""Reading `.npz` files as hostile input.

Nothing is unpickled. The header of each array is held against a limit before its data is inflated, so a small file
cannot ask for much memory, and the data must have exactly the length that the header promises.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InvalidInput, LimitError

MAX_MEMBERS = 1024
MAX_HEADER = 1024


def read_arrays(path: Path, limit: int, names: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
    """The named arrays of an `.npz` file, or all of them, each of at most `limit` bytes.

    Raises:
        InvalidInput: no such file, no such array, not an `.npz` file, or an array of objects or records.
        LimitError: the file, an array or all arrays together take more than `limit` bytes, or there are too many.
    """
    if not path.is_file():
        raise InvalidInput(f"no file at {str(path)!r}")
    if path.stat().st_size > limit:
        raise LimitError(f"{path.name} has {path.stat().st_size} bytes; at most {limit} are read")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
            if len(members) > MAX_MEMBERS:
                raise LimitError(f"{path.name} has {len(members)} members; at most {MAX_MEMBERS} are read")
            wanted = [member.removesuffix(".npy") for member in members] if names is None else list(names)
            arrays: dict[str, NDArray[Any]] = {}
            left = limit
            for name in wanted:
                arrays[name] = _read_member(archive, name, path.name, left)
                left -= arrays[name].nbytes
            return arrays
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError) as error:
        raise InvalidInput(f"{path.name} is not a readable .npz file: {error}") from error


def _read_member(archive: zipfile.ZipFile, name: str, file_name: str, limit: int) -> NDArray[Any]:
    try:
        info = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise InvalidInput(f"{file_name} has no array named {name!r}") from None
    if info.flag_bits & 1:
        raise InvalidInput(f"{file_name}: {name!r} is encrypted")
    with archive.open(info) as stream:
        try:
            shape, fortran, dtype = _read_header(stream)
        except Exception as error:  # numpy parses Python text here: hostile text raises errors of many kinds
            raise InvalidInput(f"{file_name}: the header of {name!r} is malformed: {error}") from error
        if dtype.kind not in "biuf":
            raise InvalidInput(
                f"{file_name}: {name!r} has dtype {dtype}; only plain numbers are read, nothing is unpickled"
            )
        size = dtype.itemsize
        for length in shape:
            size *= length
        if size > limit:
            raise LimitError(
                f"{file_name}: {name!r} of shape {shape} takes {size} bytes; at most {limit} are left to read"
            )
        data = stream.read(size)
        if len(data) != size or stream.read(1):
            raise InvalidInput(f"{file_name}: {name!r} does not hold exactly the {size} bytes its header promises")
    return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if fortran else "C")


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        header = np.lib.format.read_array_header_1_0(stream, MAX_HEADER)
    elif version == (2, 0):
        header = np.lib.format.read_array_header_2_0(stream, MAX_HEADER)
    else:
        raise ValueError(f"version {version} of the .npy format is not supported")
    shape: tuple[int, ...] = header[0]
    if any(length < 0 for length in shape):
        raise ValueError(f"negative length in shape {shape}")
    return header
