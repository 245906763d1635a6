"""Peers of modular exponentiation, in this process: gmpy2, a GMP and an OpenSSL loaded as libraries.

Each takes a batch once (its own form of the numbers is made outside the time) and then computes all powers of it, on as
many threads as we use; none of them holds Python's lock while it computes.

- gmpy2 brings a GMP in its wheel: one build for all processors of the architecture. `gmpy2_name` says which.
- GMP built for this processor is the faster peer. It is loaded from the path in ASSAY_BENCH_GMP, a libgmp.so.
- OpenSSL's libcrypto is the system's, or the one at the path in ASSAY_BENCH_LIBCRYPTO.

Intel's crypto_mb computes eight powers at once on processors with AVX-512 IFMA, and on no other; it is not called here.
Numbers of the libraries are kept until the process ends.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from assay.core.errors import NotFound, SystemFailure

__all__ = ["GMP_PATH", "LIBCRYPTO_PATH", "PEERS", "Gmp", "Gmpy2", "OpenSsl", "PowerPeer", "Powers", "gmpy2_name"]

GMP_PATH: Final = "ASSAY_BENCH_GMP"
LIBCRYPTO_PATH: Final = "ASSAY_BENCH_LIBCRYPTO"


@dataclass(frozen=True, slots=True)
class Powers:
    """base ^ exponent mod modulus for each base; the modulus is odd, bases lie below it."""

    bases: Sequence[int]
    exponent: int
    modulus: int


Run = Callable[[], list[int]]
"""Computes every power; what it returns costs a conversion each, next to nothing beside the power."""


class PowerPeer(Protocol):
    """Raises `NotFound` on construction where it is missing, with what to do about it."""

    name: str

    def part(self, powers: Powers) -> Run:
        """The computation of a batch on one thread."""
        ...


def on_threads(peer: PowerPeer, powers: Powers, threads: int) -> Run:
    """The computation of a batch, shared evenly among threads."""
    count = min(threads, len(powers.bases))
    if count == 1:
        return peer.part(powers)
    parts = [peer.part(Powers(powers.bases[i::count], powers.exponent, powers.modulus)) for i in range(count)]
    pool = ThreadPoolExecutor(count)

    def run() -> list[int]:
        found = [0] * len(powers.bases)
        for i, part in enumerate(pool.map(lambda compute: compute(), parts)):
            found[i::count] = part
        return found

    return run


def gmpy2_name() -> str:
    """gmpy2 with the version of its GMP and how that was built. `NotFound` without gmpy2."""
    try:
        import gmpy2
    except ImportError:
        raise NotFound("no peer: gmpy2 is missing (pip install gmpy2)") from None
    bundled = sorted((Path(gmpy2.__file__).parents[1] / "gmpy2.libs").glob("libgmp-*"))
    build = "the system's"
    if bundled:
        # A fat build has a table of functions that it fills at run time.
        fat = hasattr(ctypes.CDLL(str(bundled[0])), "__gmpn_cpuvec")
        build = "of the wheel, fat" if fat else "of the wheel, generic"
    return f"gmpy2 {gmpy2.version()} ({gmpy2.mp_version()} {build})"


class Gmpy2:
    """gmpy2.powmod, variable time."""

    def __init__(self) -> None:
        self.name = gmpy2_name()

    def part(self, powers: Powers) -> Run:
        """As `PowerPeer.part`."""
        import gmpy2

        bases = [gmpy2.mpz(base) for base in powers.bases]
        exponent, modulus = gmpy2.mpz(powers.exponent), gmpy2.mpz(powers.modulus)
        return lambda: [int(value) for value in gmpy2.powmod_base_list(bases, exponent, modulus)]


_Size = ctypes.c_size_t


class _Mpz(ctypes.Structure):
    _fields_ = (("alloc", ctypes.c_int), ("size", ctypes.c_int), ("limbs", ctypes.c_void_p))


class Gmp:
    """mpz_powm of the GMP at ASSAY_BENCH_GMP, variable time."""

    def __init__(self) -> None:
        path = os.environ.get(GMP_PATH)
        if not path:
            raise NotFound(f"no peer: no GMP built for this processor (path of its libgmp.so in {GMP_PATH})")
        self._library = _load(path, GMP_PATH, "__gmpz_powm")
        version = ctypes.c_char_p.in_dll(self._library, "__gmp_version").value or b""
        self.name = f"GMP {version.decode()} ({GMP_PATH})"

    def part(self, powers: Powers) -> Run:
        """As `PowerPeer.part`."""
        bases = [self._number(base) for base in powers.bases]
        exponent, modulus = self._number(powers.exponent), self._number(powers.modulus)
        results = [self._number(0) for _ in bases]
        powm = self._function("powm")

        def run() -> list[int]:
            for result, base in zip(results, bases, strict=True):
                powm(result, base, exponent, modulus)
            return [self._value(result) for result in results]

        return run

    def _function(self, name: str) -> Any:
        return getattr(self._library, f"__gmpz_{name}")

    def _number(self, value: int) -> Any:
        number = ctypes.byref(_Mpz())
        self._function("init")(number)
        data = value.to_bytes((value.bit_length() + 7) // 8, "big")
        # words of one byte, the most significant first
        self._function("import")(number, _Size(len(data)), 1, _Size(1), 1, _Size(0), data)
        return number

    def _value(self, number: Any) -> int:
        bits = self._function("sizeinbase")
        bits.restype = ctypes.c_size_t
        data, written = ctypes.create_string_buffer((bits(number, 2) + 7) // 8), _Size()
        self._function("export")(data, ctypes.byref(written), 1, _Size(1), 1, _Size(0), number)
        return int.from_bytes(data.raw[: written.value], "big")


class OpenSsl:
    """BN_mod_exp_mont_consttime with a Montgomery context made once, constant time."""

    def __init__(self) -> None:
        path = os.environ.get(LIBCRYPTO_PATH) or ctypes.util.find_library("crypto")
        if not path:
            raise NotFound(f"no peer: no libcrypto on this system (install OpenSSL, or its path in {LIBCRYPTO_PATH})")
        library = _load(path, LIBCRYPTO_PATH, "BN_mod_exp_mont_consttime")
        for name in ("BN_new", "BN_bin2bn", "BN_CTX_new", "BN_MONT_CTX_new"):
            getattr(library, name).restype = ctypes.c_void_p
        library.OpenSSL_version.restype = ctypes.c_char_p
        self._library = library
        self.name = " ".join(library.OpenSSL_version(0).decode().split()[:2])

    def part(self, powers: Powers) -> Run:
        """As `PowerPeer.part`."""
        library = self._library
        bases = [self._number(base) for base in powers.bases]
        exponent, modulus = self._number(powers.exponent), self._number(powers.modulus)
        context, montgomery = _pointer(library.BN_CTX_new()), _pointer(library.BN_MONT_CTX_new())
        if library.BN_MONT_CTX_set(montgomery, modulus, context) != 1:
            raise SystemFailure("OpenSSL refused the modulus")
        results = [_pointer(library.BN_new()) for _ in bases]
        width = (powers.modulus.bit_length() + 7) // 8

        def run() -> list[int]:
            found, data = [], ctypes.create_string_buffer(width)
            for result, base in zip(results, bases, strict=True):
                done = library.BN_mod_exp_mont_consttime(result, base, exponent, modulus, context, montgomery)
                if done != 1 or library.BN_bn2binpad(result, data, width) != width:
                    raise SystemFailure("OpenSSL failed at a power")
                found.append(int.from_bytes(data.raw, "big"))
            return found

        return run

    def _number(self, value: int) -> ctypes.c_void_p:
        data = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return _pointer(self._library.BN_bin2bn(data, len(data), None))


PEERS: Final[tuple[tuple[str, Callable[[], PowerPeer]], ...]] = (
    ("gmpy2", Gmpy2),
    ("gmp", Gmp),
    ("openssl", OpenSsl),
)
"""Short name and constructor of each peer."""


def _load(path: str, variable: str, needed: str) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise NotFound(f"no peer: {path} does not load ({variable}): {error}") from None
    if not hasattr(library, needed):
        raise NotFound(f"no peer: {path} has no {needed} ({variable})")
    return library


def _pointer(address: int | None) -> ctypes.c_void_p:
    if not address:
        raise SystemFailure("OpenSSL is out of memory")
    return ctypes.c_void_p(address)
