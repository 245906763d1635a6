"""Groth16 through the C interface: proofs of this library and of no other form, forged, cut and mixed-up ones."""

from __future__ import annotations

import threading
from typing import Any, Final

import pytest
from support.capi import Refused, Rows, call, ffi, lib, plain, rows
from support.curve_points import g2_outside_subgroup

from assay.circuits import Builder, Circuit, compile
from assay.crypto import bn254, groth16
from assay.crypto.field import Fp, Fr

P, R = Fp.modulus, Fr.modulus
NAME: Final = "assay_groth16_verify"
COUNT: Final = 5


def circuit(publics: int) -> Circuit:
    c = Builder(f"{publics} squares")
    x = c.private("x")
    for i in range(publics):
        c.output(f"y{i}", x * x + i)
    c.assert_equal(x * x, x * x)
    return compile(c)


class Setting:
    """A key of k public inputs and several proofs of different statements."""

    def __init__(self, publics: int) -> None:
        built = circuit(publics)
        proving = groth16.setup(built)
        self.key = proving.verifying_key.to_bytes()
        witnesses = [built.witness({"x": x}) for x in range(3, 3 + COUNT)]
        self.proofs = [groth16.prove(proving, built, w) for w in witnesses]
        self.publics = [[int(v) for v in w.public] for w in witnesses]


@pytest.fixture(scope="module")
def setting() -> Setting:
    return Setting(2)


def scalars(publics: list[list[int]]) -> Rows:
    return rows([v.to_bytes(32, "big") for row in publics for v in row], 32)


def proof_rows(proofs: list[groth16.Proof], compressed: bool = False) -> Rows:
    return rows([p.to_compressed() if compressed else p.to_bytes() for p in proofs])


def verdicts(key: bytes, publics: Rows, proofs: Rows, count: int) -> tuple[int, list[int]]:
    """The code of the call and those of the proofs."""
    found = ffi.new("int32_t[]", [77] * count)
    try:
        call(NAME, key, len(key), publics, proofs, found, count)
        code = lib.ASSAY_OK
    except Refused as refused:
        code = refused.code
    return code, list(found)


@pytest.mark.parametrize("publics", [0, 1, 2, 7])
@pytest.mark.parametrize("compressed", [False, True], ids=["eip", "compressed"])
def test_good_proofs_verify_one_by_one_and_together(publics: int, compressed: bool) -> None:
    s = Setting(publics)
    given = proof_rows(s.proofs, compressed)
    assert verdicts(s.key, scalars(s.publics), given, COUNT) == (lib.ASSAY_OK, [lib.ASSAY_OK] * COUNT)
    call(NAME, s.key, len(s.key), scalars(s.publics), given, None, 0)
    for public, proof in zip(s.publics, s.proofs, strict=True):
        call(NAME, s.key, len(s.key), scalars([public]), proof_rows([proof], compressed), None, 0)


def test_many_proofs_take_the_lanes(setting: Setting) -> None:
    s, times = setting, 30
    publics, proofs = s.publics * times, s.proofs * times
    n = len(proofs)
    assert verdicts(s.key, scalars(publics), proof_rows(proofs), n) == (lib.ASSAY_OK, [lib.ASSAY_OK] * n)
    publics[n // 2] = [publics[n // 2][0], 1]
    code, found = verdicts(s.key, scalars(publics), proof_rows(proofs), n)
    assert code == lib.ASSAY_INVALID_PROOF
    assert [i for i, verdict in enumerate(found) if verdict] == [n // 2]


def changed(proof: groth16.Proof, at: int, data: bytes) -> bytes:
    raw = proof.to_bytes()
    return raw[:at] + data + raw[at + len(data) :]


def off_curve(proof: groth16.Proof) -> bytes:
    return changed(proof, 32, ((proof.a[1] + 1) % P).to_bytes(32, "big"))


def outside_subgroup(proof: groth16.Proof) -> bytes:
    point = bn254.G2.from_coordinates([g2_outside_subgroup()])
    (x0, x1), (y0, y1) = bn254.G2.to_coordinates(point)[0]
    return changed(proof, 64, b"".join(v.to_bytes(32, "big") for v in (x1, x0, y1, y0)))


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (lambda p: changed(p, 0, (p.a[0] + P).to_bytes(32, "big")), "NON_CANONICAL"),
        (lambda p: changed(p, 0, b"\xff" * 32), "NON_CANONICAL"),
        (off_curve, "NOT_ON_CURVE"),
        (outside_subgroup, "NOT_IN_SUBGROUP"),
        (lambda p: changed(p, 0, bytes(64)), "INVALID_PROOF"),
        (lambda p: changed(p, 64, bytes(128)), "INVALID_PROOF"),
        (lambda p: bytes(256), "INVALID_PROOF"),
        (lambda p: changed(p, 32, (P - p.a[1]).to_bytes(32, "big")), "INVALID_PROOF"),
        (lambda p: p.to_bytes()[192:] + p.to_bytes()[64:192] + p.to_bytes()[:64], "INVALID_PROOF"),
    ],
    ids=["x + p", "all ones", "off the curve", "outside the subgroup", "A infinite", "B infinite", "zeros", "-A",
         "A and C swapped"],
)  # fmt: skip
def test_a_forged_proof_is_found_among_good_ones(setting: Setting, forge: Any, code: str) -> None:
    s = setting
    raw = [p.to_bytes() for p in s.proofs]
    raw[3] = forge(s.proofs[3])
    found = verdicts(s.key, scalars(s.publics), rows(raw), COUNT)
    assert found == (lib.ASSAY_INVALID_PROOF, [0, 0, 0, getattr(lib, f"ASSAY_{code}"), 0])
    with pytest.raises(Refused, match="proof 3 of 5"):
        call(NAME, s.key, len(s.key), scalars(s.publics), rows(raw), None, 0)


def test_bad_compressed_proofs_are_found_among_good_ones(setting: Setting) -> None:
    s = setting
    raw = [p.to_compressed() for p in s.proofs]
    raw[0] = bytes([raw[0][0] & 0x3F]) + raw[0][1:]  # no flag
    raw[2] = raw[2][:96] + raw[3][96:]  # C of another proof
    raw[4] = b"\x40" + bytes(31) + raw[4][32:]  # A infinite
    code, found = verdicts(s.key, scalars(s.publics), rows(raw), COUNT)
    assert code == lib.ASSAY_INVALID_PROOF
    assert found == [lib.ASSAY_NON_CANONICAL, 0, lib.ASSAY_INVALID_PROOF, 0, lib.ASSAY_INVALID_PROOF]
    all_bad = rows([bytes(128)] * COUNT)
    assert verdicts(s.key, scalars(s.publics), all_bad, COUNT)[1] == [lib.ASSAY_NON_CANONICAL] * COUNT


def test_public_inputs_in_another_form_or_order_are_refused(setting: Setting) -> None:
    s = setting
    for position, public, code in (
        (1, [s.publics[1][0] + R, s.publics[1][1]], lib.ASSAY_NON_CANONICAL),
        (2, [2**256 - 1, 0], lib.ASSAY_NON_CANONICAL),
        (3, s.publics[3][::-1], lib.ASSAY_INVALID_PROOF),
    ):
        publics = [public if i == position else row for i, row in enumerate(s.publics)]
        found = verdicts(s.key, scalars(publics), proof_rows(s.proofs), COUNT)
        assert found == (lib.ASSAY_INVALID_PROOF, [code if i == position else 0 for i in range(COUNT)])
    shifted = s.publics[1:] + s.publics[:1]
    assert verdicts(s.key, scalars(shifted), proof_rows(s.proofs), COUNT)[1] == [lib.ASSAY_INVALID_PROOF] * COUNT


def test_another_key_verifies_nothing(setting: Setting) -> None:
    other = Setting(2)
    code, found = verdicts(other.key, scalars(setting.publics), proof_rows(setting.proofs), COUNT)
    assert (code, found) == (lib.ASSAY_INVALID_PROOF, [lib.ASSAY_INVALID_PROOF] * COUNT)


def refusal(setting: Setting, **changes: Any) -> tuple[int, str]:
    s = setting
    given: dict[str, Any] = {
        "key": s.key,
        "size": None,
        "publics": scalars(s.publics),
        "proofs": proof_rows(s.proofs),
        "verdicts": None,
        "count": 0,
    } | changes
    if given["size"] is None:
        given["size"] = len(given["key"])
    with pytest.raises(Refused) as refused:
        call(NAME, *given.values())
    return refused.value.code, refused.value.text


@pytest.mark.parametrize("size", [0, 1, 64, 448, 511, 513, 640 - 1])
def test_a_truncated_key_is_refused(setting: Setting, size: int) -> None:
    code, text = refusal(setting, key=setting.key[:size])
    assert code == lib.ASSAY_INVALID_LENGTH
    assert f"{size} bytes" in text


def test_a_key_of_other_length_does_not_fit_the_public_inputs(setting: Setting) -> None:
    assert refusal(setting, key=setting.key[:-64]) == (
        lib.ASSAY_INVALID_LENGTH,
        "publics: there must be 5 rows, got 10",
    )
    assert refusal(setting, key=setting.key + setting.key[-64:])[0] == lib.ASSAY_INVALID_LENGTH


def test_a_key_with_a_bad_point_is_refused(setting: Setting) -> None:
    key = setting.key
    (x0, x1), (y0, y1) = g2_outside_subgroup()
    outside = b"".join(v.to_bytes(32, "big") for v in (x1, x0, y1, y0))
    infinity, large = bytes(128), b"\xff" * 32
    for at, data, code in (
        (0, large, lib.ASSAY_NON_CANONICAL),
        (0, infinity[:64], lib.ASSAY_MALFORMED),
        (63, bytes([key[63] ^ 1]), lib.ASSAY_NOT_ON_CURVE),
        (64, outside, lib.ASSAY_NOT_IN_SUBGROUP),
        (192, infinity, lib.ASSAY_MALFORMED),
        (320, large, lib.ASSAY_NON_CANONICAL),
        (len(key) - 64, infinity[:64], lib.ASSAY_MALFORMED),
        (len(key) - 1, bytes([key[-1] ^ 1]), lib.ASSAY_NOT_ON_CURVE),
    ):
        found, text = refusal(setting, key=key[:at] + data + key[at + len(data) :])
        assert found == code, at
        assert text.startswith("key: ")


def test_lengths_that_do_not_fit_are_refused(setting: Setting) -> None:
    s = setting
    raw = b"".join(p.to_bytes() for p in s.proofs)
    room = ffi.new("int32_t[]", 6)
    for changes in (
        {"proofs": rows(b"", 256)},
        {"proofs": rows(raw[:-1], 256)},
        {"proofs": rows(raw, 64)},
        {"proofs": rows(raw, 2**64 - 1)},
        {"publics": scalars(s.publics[:-1])},
        {"publics": scalars([*s.publics, [1, 2]])},
        {"publics": rows(bytes(320), 64)},
        {"publics": rows(bytes(319), 32)},
        {"verdicts": room, "count": 6},
        {"verdicts": room, "count": 4},
        {"verdicts": None, "count": 5},
    ):
        assert refusal(setting, **changes)[0] == lib.ASSAY_INVALID_LENGTH, changes
    for changes in ({"key": ffi.NULL, "size": 640}, {"publics": None}, {"proofs": None}):
        assert refusal(setting, **changes)[0] == lib.ASSAY_NULL_POINTER
    for size in (2**40 + 64, 2**64 - 64):
        assert refusal(setting, size=size)[0] == lib.ASSAY_TOO_LARGE


def test_a_call_that_cannot_decide_leaves_no_verdict_that_says_yes(setting: Setting) -> None:
    s = setting
    bad_key = bytes([0xFF]) + s.key[1:]
    code, found = verdicts(bad_key, scalars(s.publics), proof_rows(s.proofs), COUNT)
    assert (code, found) == (lib.ASSAY_NON_CANONICAL, [lib.ASSAY_INVALID_PROOF] * COUNT)


def test_threads_verify_at_the_same_time(setting: Setting) -> None:
    s, wrong = setting, []
    publics, proofs = scalars(s.publics), proof_rows(s.proofs)
    bad = scalars([*s.publics[:-1], [1, 2]])
    start = threading.Barrier(6)

    def work(number: int) -> None:
        start.wait()
        for _ in range(3):
            given = publics if number % 2 else bad
            code = lib.assay_groth16_verify(s.key, len(s.key), plain(given), plain(proofs), ffi.NULL, 0, ffi.NULL)
            if code != (lib.ASSAY_OK if number % 2 else lib.ASSAY_INVALID_PROOF):
                wrong.append((number, code))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
