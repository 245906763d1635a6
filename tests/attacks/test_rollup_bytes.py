"""Hostile bytes: whatever arrives as a transaction or a submission is read, or refused with an `AssayError`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.babyjubjub_reference import L
from support.rollup_parties import LABEL, Parties, stand_in_proof, use_stand_in

from assay.core.encoding import encode
from assay.core.errors import AssayError, EncodingError, InvalidInput
from assay.crypto import eddsa
from assay.rollup.batch import Submission
from assay.rollup.domains import MODULUS
from assay.rollup.transaction import (
    Clear,
    Kind,
    Opening,
    Query,
    Register,
    Revoke,
    Rotate,
    Transaction,
    decode,
    transaction_id,
)
from assay.rollup.transaction import encode as encode_transaction

KEY = eddsa.PrivateKey.from_bytes(bytes(range(32)))
SIGNATURES = [KEY.sign(i) for i in range(4)]
POINT = KEY.public_key.point

signatures = st.sampled_from(SIGNATURES)
indices = st.integers(0, 65_534)
rhos = st.integers(0, 2**128 - 1)
openings = st.builds(Opening, st.integers(0, 65_535), rhos)
transactions = st.one_of(
    st.builds(Query, indices, st.integers(0, 2**16), openings, signatures, signatures),
    st.builds(Register, indices, st.just(POINT), openings, rhos, signatures, signatures),
    st.builds(Rotate, indices, st.just(POINT), rhos, signatures, signatures),
    st.builds(Revoke, indices, signatures),
    st.builds(Clear, indices, signatures),
)
elements = st.integers(0, MODULUS - 1)
submissions = st.builds(
    Submission,
    st.lists(elements, min_size=7, max_size=7).map(tuple),
    st.lists(st.tuples(st.integers(0, 65_535), elements), min_size=1, max_size=4).map(tuple),
    st.binary(min_size=256, max_size=256),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**300), 2**300) | st.binary(max_size=80) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=6) | st.lists(inner, max_size=6).map(tuple),
    max_leaves=20,
)


@given(transactions)
def test_a_transaction_survives_its_encoding_and_is_read_as_its_own_kind_only(transaction: Transaction) -> None:
    data = encode_transaction(transaction)
    assert decode(transaction.kind, data) == transaction
    assert encode_transaction(decode(transaction.kind, data)) == data
    for kind in Kind:
        if kind is not transaction.kind:
            with pytest.raises(EncodingError):
                decode(kind, data)


@given(transactions, transactions)
def test_transaction_ids_name_one_transaction(one: Transaction, other: Transaction) -> None:
    assert (transaction_id(one) == transaction_id(other)) == (one == other)


@given(transactions, st.integers(0, 10_000), st.integers(1, 255))
def test_a_transaction_with_a_changed_byte_is_another_one_or_none(transaction: Transaction, at: int, by: int) -> None:
    data = bytearray(encode_transaction(transaction))
    data[at % len(data)] ^= by
    try:
        read = decode(transaction.kind, bytes(data))
    except AssayError:
        return
    assert read != transaction
    assert encode_transaction(read) == data


@given(transactions, st.data())
def test_a_truncated_or_prolonged_transaction_is_refused(transaction: Transaction, data: st.DataObject) -> None:
    encoded = encode_transaction(transaction)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    for bad in (encoded[:cut], encoded + b"\0", encoded[cut:]):
        if bad != encoded:
            with pytest.raises(EncodingError):
                decode(transaction.kind, bad)


@given(st.sampled_from(list(Kind)), st.one_of(st.binary(max_size=300), anything.map(encode)))
def test_noise_is_no_transaction(kind: Kind, data: bytes) -> None:
    with pytest.raises(AssayError):
        decode(kind, data)


FIELD_TYPES = st.one_of(st.integers(-(2**70), 2**70), st.integers(0, 2**400), st.binary(max_size=70), st.booleans())


@given(st.sampled_from(list(Kind)), st.lists(FIELD_TYPES, max_size=8))
def test_a_record_with_other_fields(kind: Kind, fields: list[int | bytes]) -> None:
    data = encode((f"assay/rollup/{kind.name.lower()}", 1, *fields))
    try:
        read = decode(kind, data)
    except AssayError:
        return
    assert encode_transaction(read) == data


def test_a_transaction_of_another_size_or_with_s_plus_l() -> None:
    raw = SIGNATURES[0].to_bytes()
    data = encode_transaction(Revoke(5, SIGNATURES[0]))
    shifted = raw[:32] + (SIGNATURES[0].S + L).to_bytes(32, "little")
    with pytest.raises(EncodingError, match="S of an EdDSA signature"):
        decode(Kind.REVOKE, data.replace(raw, shifted))
    with pytest.raises(InvalidInput, match="limit"):
        decode(Kind.REVOKE, encode(("assay/rollup/revoke", 1, 5, bytes(5000))))
    with pytest.raises(EncodingError, match="a pad is not"):
        decode(Kind.PAD, data)


@given(submissions)
def test_a_submission_survives_its_encoding(submission: Submission) -> None:
    assert Submission.decode(submission.encode()) == submission


@given(submissions, st.integers(0, 10_000), st.integers(1, 255))
def test_a_submission_with_a_changed_byte_is_another_one_or_none(submission: Submission, at: int, by: int) -> None:
    data = bytearray(submission.encode())
    data[at % len(data)] ^= by
    try:
        read = Submission.decode(bytes(data))
    except AssayError:
        return
    assert read != submission
    assert read.encode() == data


@given(st.lists(anything, max_size=5), st.booleans())
def test_a_submission_of_other_fields(fields: list[object], with_proof: bool) -> None:
    body = [*fields[:2], bytes(256)] if with_proof else fields
    with pytest.raises(AssayError):
        Submission.decode(encode(("assay/rollup/submission", 1, *body)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("public", "flat", "proof", "error", "match"),
    [
        ([0] * 6, [0, 0], bytes(256), EncodingError, "7 integer public inputs"),
        ([0] * 8, [0, 0], bytes(256), EncodingError, "7 integer public inputs"),
        ([*[0] * 6, True], [0, 0], bytes(256), EncodingError, "7 integer public inputs"),
        ([*[0] * 6, "0"], [0, 0], bytes(256), EncodingError, "7 integer public inputs"),
        ([*[0] * 6, -1], [0, 0], bytes(256), InvalidInput, "not below r"),
        ([*[0] * 6, MODULUS], [0, 0], bytes(256), InvalidInput, "not below r"),
        ([0] * 7, [], bytes(256), EncodingError, "at least one"),
        ([0] * 7, [0], bytes(256), EncodingError, "pairs"),
        ([0] * 7, [0, 0] * 4097, bytes(256), EncodingError, "at most 4096"),
        ([0] * 7, [0, None], bytes(256), EncodingError, "pairs"),
        ([0] * 7, [False, 0], bytes(256), EncodingError, "pairs"),
        ([0] * 7, [65_536, 0], bytes(256), InvalidInput, "out of range"),
        ([0] * 7, [0, MODULUS], bytes(256), InvalidInput, "out of range"),
        ([0] * 7, [0, 0], bytes(128), EncodingError, "256 bytes, not 128"),
        ([0] * 7, [0, 0], bytes(257), EncodingError, "256 bytes, not 257"),
        ([0] * 7, [0, 0], b"", EncodingError, "256 bytes, not 0"),
    ],
)
def test_submissions_that_are_nearly_right(
    public: list[object], flat: list[object], proof: bytes, error: type[AssayError], match: str
) -> None:
    with pytest.raises(error, match=match):
        Submission.decode(encode(("assay/rollup/submission", 1, public, flat, proof)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    with pytest.MonkeyPatch.context() as patch:
        use_stand_in(patch)
        made = Parties(Path(tmp_path_factory.mktemp("ledger")), window=20)
        ada = made.user("ada")
        made.flush()
        made.query(ada, LABEL)
        made.operator.seal()
        yield made
        made.close()


def next_submission(parties: Parties) -> Submission:
    batch = parties.operator._sealed[0]
    public = tuple(batch.public_inputs())
    return Submission(public, tuple(batch.differences), stand_in_proof(public))


hostile = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@hostile
@given(at=st.integers(0, 10_000), by=st.integers(1, 255))
def test_a_garbled_submission_never_lands(parties: Parties, at: int, by: int) -> None:
    data = bytearray(next_submission(parties).encode())
    data[at % len(data)] ^= by
    before = parties.snapshot()
    with pytest.raises(AssayError) as caught:
        parties.send_bytes(bytes(data))
    assert type(caught.value).__name__ != "ContractFault"
    assert parties.snapshot() == before


@hostile
@given(st.one_of(st.binary(max_size=300), anything.map(encode)), st.sampled_from(["submit", "configure", "permit"]))
def test_noise_never_lands(parties: Parties, data: bytes, method: str) -> None:
    sender = {
        "submit": parties.operator_credentials,
        "configure": parties.owner,
        "permit": parties.registrar_credentials,
    }[method]
    before = parties.snapshot()
    with pytest.raises(AssayError) as caught:
        parties.as_party(sender).submit("rollup", method, data)
    assert type(caught.value).__name__ != "ContractFault"
    assert parties.snapshot() == before


@hostile
@given(cut=st.integers(0, 2000))
def test_a_truncated_submission_never_lands(parties: Parties, cut: int) -> None:
    data = next_submission(parties).encode()
    with parties.refused(EncodingError, "ends early|version byte|cannot fit|record"):
        parties.send_bytes(data[: cut % len(data)])
