"""assay.h through cffi: the header is read as it is installed, so that it is the header that the tests hold to."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from cffi import FFI

from assay import capi


def declarations() -> str:
    """assay.h without the preprocessor's lines, for `FFI.cdef`."""
    text = (capi.include() / "assay.h").read_text()
    text = re.sub(r"#ifdef __cplusplus\n.*?#endif\n", "", text, flags=re.DOTALL)
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    return text.replace("ASSAY_API ", "")


@cache
def _loaded() -> tuple[FFI, Any]:
    ffi = FFI()
    ffi.cdef(declarations())
    return ffi, ffi.dlopen(str(capi.library()))


ffi, lib = _loaded()


class Rows:
    """An assay_rows and the memory it points to."""

    def __init__(self, data: bytes, row_bytes: int) -> None:
        self._memory = ffi.from_buffer("uint8_t[]", data) if data else ffi.NULL
        self.struct = ffi.new("assay_rows *", (self._memory, len(data), row_bytes))


def rows(data: bytes | list[bytes], row_bytes: int | None = None) -> Rows:
    """Rows of a list of equally long items, or of bytes already joined."""
    if isinstance(data, list):
        return Rows(b"".join(data), row_bytes or len(data[0]))
    assert row_bytes is not None
    return Rows(data, row_bytes)


def plain(argument: Any) -> Any:
    """What cffi takes for an argument."""
    return argument.struct if isinstance(argument, Rows) else ffi.NULL if argument is None else argument


class Refused(Exception):
    """A call returned another code than ASSAY_OK."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


def call(name: str, *arguments: Any) -> None:
    """Calls a function whose last argument is an assay_error; raises `Refused` with what that says."""
    error = ffi.new("assay_error *")
    error.code, error.text = -1, b"left from before"
    code = getattr(lib, name)(*map(plain, arguments), error)
    text = ffi.string(error.text).decode()
    assert error.code == code
    assert bool(text) == (code != lib.ASSAY_OK)
    if code != lib.ASSAY_OK:
        raise Refused(code, text)


def output(name: str, *arguments: Any) -> bytes:
    """Calls a function with an output: asks for its size, then passes exactly that."""
    size = ffi.new("size_t *", 12345)
    call(name, *arguments, ffi.NULL, size)
    need = size[0]
    out = ffi.new("uint8_t[]", b"\xaa" * need + b"guard")
    call(name, *arguments, out, size)
    assert size[0] == need
    assert bytes(ffi.buffer(out))[need:] == b"guard\0", "written past the end"
    return bytes(ffi.buffer(out, need))
