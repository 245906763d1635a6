"""The three JSON files of snarkjs, both ways: `verification_key.json`, `proof.json`, `public.json`.

Numbers are canonical decimal strings, points projective with last coordinate 1, elements of F_p^2 written [x0, x1]
for x0 + x1 i. Readers take exactly that form, each number below its modulus, each point on its curve, in its subgroup
and not infinity, at most `MAX_BYTES` of text; anything else is an `EncodingError`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, SupportsIndex

from assay.core.errors import EncodingError
from assay.core.files import atomic_write
from assay.core.json_text import parse_json
from assay.crypto.field import Fp, Fr
from assay.crypto.groth16.keys import VerifyingKey
from assay.crypto.groth16.proof import G1, G2, Proof

__all__ = [
    "MAX_BYTES",
    "proof_from_json",
    "proof_to_json",
    "public_from_json",
    "public_to_json",
    "verification_key_from_json",
    "verification_key_to_json",
    "write",
]

MAX_BYTES: Final = 4 << 20
"""About 25,000 public inputs."""

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,77}", re.ASCII)
_MAX_DEPTH: Final = 5


def proof_to_json(proof: Proof) -> str:
    """The text of proof.json."""
    return _dump(
        {"pi_a": _g1(proof.a), "pi_b": _g2(proof.b), "pi_c": _g1(proof.c), "protocol": "groth16", "curve": "bn128"}
    )


def proof_from_json(text: str | bytes) -> Proof:
    """Reads proof.json."""
    data = _object(text, "proof", {"pi_a", "pi_b", "pi_c", "protocol", "curve"})
    _require_protocol(data)
    proof = Proof(_read_g1(data["pi_a"], "pi_a"), _read_g2(data["pi_b"], "pi_b"), _read_g1(data["pi_c"], "pi_c"))
    proof.require_points()
    return proof


def public_to_json(public: Sequence[SupportsIndex]) -> str:
    """The text of public.json."""
    return _dump([str(value) for value in Fr.from_limbs(Fr.to_limbs(public))])


def public_from_json(text: str | bytes) -> list[int]:
    """Reads public.json: integers in [0, r)."""
    data = parse_json(text, max_bytes=MAX_BYTES, max_depth=_MAX_DEPTH)
    if not isinstance(data, list):
        raise EncodingError(f"the public inputs are a list, got {type(data).__name__}")
    return [_number(value, Fr.modulus, f"public input {i}") for i, value in enumerate(data)]


def verification_key_to_json(vk: VerifyingKey) -> str:
    """The text of verification_key.json."""
    e = Fp.from_limbs(vk.native.alpha_beta())
    return _dump(
        {
            "protocol": "groth16",
            "curve": "bn128",
            "nPublic": vk.num_public,
            "vk_alpha_1": _g1(vk.alpha),
            "vk_beta_2": _g2(vk.beta),
            "vk_gamma_2": _g2(vk.gamma),
            "vk_delta_2": _g2(vk.delta),
            "vk_alphabeta_12": [
                [[str(e[6 * i + 2 * j]), str(e[6 * i + 2 * j + 1])] for j in range(3)] for i in range(2)
            ],
            "IC": [_g1(point) for point in vk.ic],
        }
    )


def verification_key_from_json(text: str | bytes) -> VerifyingKey:
    """Reads verification_key.json. The file names no circuit: `circuit_digest` is None, `ceremony` "unknown"."""
    points = {"vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2"}
    data = _object(text, "verification key", points | {"protocol", "curve", "nPublic", "vk_alphabeta_12", "IC"})
    _require_protocol(data)
    ic = data["IC"]
    if not isinstance(ic, list) or not ic:
        raise EncodingError("IC is a list of at least one point")
    if type(data["nPublic"]) is not int or data["nPublic"] != len(ic) - 1:
        raise EncodingError(f"nPublic does not fit the {len(ic)} points of IC")
    vk = VerifyingKey.from_points(
        _read_g1(data["vk_alpha_1"], "vk_alpha_1"),
        _read_g2(data["vk_beta_2"], "vk_beta_2"),
        _read_g2(data["vk_gamma_2"], "vk_gamma_2"),
        _read_g2(data["vk_delta_2"], "vk_delta_2"),
        [_read_g1(point, f"IC[{i}]") for i, point in enumerate(ic)],
    )
    if _read_gt(data["vk_alphabeta_12"]) != Fp.from_limbs(vk.native.alpha_beta()):
        raise EncodingError("vk_alphabeta_12 is not e(alpha, beta)")
    return vk


def write(
    folder: str | os.PathLike[str], vk: VerifyingKey, public: Sequence[SupportsIndex], proof: Proof | bytes
) -> list[Path]:
    """Writes verification_key.json, public.json and proof.json into `folder`; `snarkjs groth16 verify` takes them
    so."""
    proof = proof if isinstance(proof, Proof) else Proof.from_bytes(proof)
    texts = {
        "verification_key.json": verification_key_to_json(vk),
        "public.json": public_to_json(public),
        "proof.json": proof_to_json(proof),
    }
    for name, text in texts.items():
        with atomic_write(Path(folder) / name) as file:
            file.write(text.encode())
    return [Path(folder) / name for name in texts]


def _dump(data: Any) -> str:
    return json.dumps(data, indent=1)


def _g1(point: G1) -> list[str]:
    return [str(point[0]), str(point[1]), "1"]


def _g2(point: G2) -> list[list[str]]:
    (x0, x1), (y0, y1) = point
    return [[str(x0), str(x1)], [str(y0), str(y1)], ["1", "0"]]


def _object(text: str | bytes, what: str, keys: set[str]) -> dict[str, Any]:
    data = parse_json(text, max_bytes=MAX_BYTES, max_depth=_MAX_DEPTH)
    if not isinstance(data, dict):
        raise EncodingError(f"a {what} is a JSON object, got {type(data).__name__}")
    if set(data) != keys:
        missing, extra = sorted(keys - set(data)), sorted(set(data) - keys)
        raise EncodingError(f"a {what} has exactly the keys {sorted(keys)}; missing {missing}, unknown {extra[:5]}")
    return data


def _require_protocol(data: dict[str, Any]) -> None:
    if data["protocol"] != "groth16" or data["curve"] != "bn128":
        raise EncodingError(f"expected groth16 over bn128, got {data['protocol']!r:.40} over {data['curve']!r:.40}")


def _number(value: Any, modulus: int, what: str) -> int:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise EncodingError(f"{what} is not a canonical decimal string")
    number = int(value)
    if number >= modulus:
        raise EncodingError(f"{what} is not below the modulus: x and x + modulus would be one value in two forms")
    return number


def _list(value: Any, length: int, what: str) -> list[Any]:
    if not isinstance(value, list) or len(value) != length:
        raise EncodingError(f"{what} is a list of {length}")
    return value


def _read_g1(value: Any, what: str) -> G1:
    x, y, z = _list(value, 3, what)
    if z != "1":
        raise EncodingError(f'{what} must be affine, its last coordinate "1"')
    return _number(x, Fp.modulus, what), _number(y, Fp.modulus, what)


def _read_fp2(value: Any, what: str) -> tuple[int, int]:
    c0, c1 = _list(value, 2, what)
    return _number(c0, Fp.modulus, what), _number(c1, Fp.modulus, what)


def _read_g2(value: Any, what: str) -> G2:
    x, y, z = _list(value, 3, what)
    if z != ["1", "0"]:
        raise EncodingError(f'{what} must be affine, its last coordinate ["1", "0"]')
    return _read_fp2(x, what), _read_fp2(y, what)


def _read_gt(value: Any) -> list[int]:
    name = "vk_alphabeta_12"
    return [c for half in _list(value, 2, name) for part in _list(half, 3, name) for c in _read_fp2(part, name)]
