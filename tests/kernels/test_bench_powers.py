"""The peers of `assay bench modexp`: each computes what Python's pow computes, and a missing one says what to do."""

from __future__ import annotations

import ctypes.util
import random
from pathlib import Path

import gmpy2
import pytest

from assay.bench.power_peers import GMP_PATH, LIBCRYPTO_PATH, PEERS, Gmp, OpenSsl, Powers, gmpy2_name, on_threads
from assay.core.errors import NotFound, SystemFailure


def some_gmp() -> str:
    """A libgmp.so to load by its path: that of gmpy2's wheel, else the system's."""
    bundled = sorted((Path(gmpy2.__file__).parents[1] / "gmpy2.libs").glob("libgmp-*"))
    path = str(bundled[0]) if bundled else ctypes.util.find_library("gmp")
    assert path, "neither gmpy2 nor the system has a libgmp.so"
    return path


@pytest.fixture
def _gmp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GMP_PATH, some_gmp())


@pytest.mark.usefixtures("_gmp")
@pytest.mark.parametrize("name", [name for name, _ in PEERS])
@pytest.mark.parametrize("threads", [1, 2, 3, 50])
def test_each_peer_computes_powers(name: str, threads: int) -> None:
    rng = random.Random(threads)
    modulus = rng.getrandbits(300) | 1 | 1 << 299
    bases = [0, 1, 2, modulus - 1, *(rng.randrange(modulus) for _ in range(7))]
    powers = Powers(bases, rng.getrandbits(300), modulus)
    compute = on_threads(dict(PEERS)[name](), powers, threads)
    expected = [pow(base, powers.exponent, modulus) for base in bases]
    assert compute() == expected
    assert compute() == expected, "a second run"


@pytest.mark.usefixtures("_gmp")
def test_the_names_tell_which_library_it_is() -> None:
    assert gmpy2.mp_version() in gmpy2_name()
    assert Gmp().name.startswith("GMP 6.")
    assert OpenSsl().name.startswith("OpenSSL ")


def test_a_peer_that_is_missing_says_where_it_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(GMP_PATH, raising=False)
    with pytest.raises(NotFound, match=GMP_PATH):
        Gmp()
    for variable, peer in ((GMP_PATH, Gmp), (LIBCRYPTO_PATH, OpenSsl)):
        for path in (str(tmp_path / "none.so"), "libc.so.6"):  # one that is not there, and one that is another's
            monkeypatch.setenv(variable, path)
            with pytest.raises(NotFound, match=variable):
                peer()


def test_a_modulus_that_a_peer_cannot_take_is_an_error() -> None:
    with pytest.raises(SystemFailure, match="modulus"):
        OpenSsl().part(Powers([2], 3, 2**300))
