"""Two kinds of signing key, P-256 and Ed25519: neither passes for the other, and odd keys are not certified."""

from __future__ import annotations

import pickle
from dataclasses import fields, replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from support import ed25519_reference as reference
from support.identities import KINDS, SecondKey, enrol, new_authority

from assay.core.encoding import digest
from assay.core.errors import AssayError, EncodingError, InvalidInput, SignatureError, StateError, WrongType
from assay.identity import (
    Application,
    AuthorityCertificate,
    Certificate,
    Credentials,
    Role,
    SealingKey,
    SigningKey,
    TrustStore,
    apply,
    enrolment,
    verify_signatures,
)
from assay.identity.keys import P256_ORDER, public_key_bytes, verify_seal, verify_signature
from assay.ledger.transactions import Transaction

TAG, VALUE = "assay/test/a", ("x", 1)


def test_p256_is_the_default_and_other_kinds_are_refused():
    assert (SigningKey.generate().kind, SigningKey.generate("ed25519").kind) == KINDS
    with pytest.raises(InvalidInput, match="'rsa'"):
        SigningKey.generate("rsa")
    odd = [
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP256K1()),
        ed448.Ed448PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
        SigningKey.generate().public,
        None,
    ]
    for handle in odd:
        with pytest.raises(InvalidInput, match="P-256 or an Ed25519"):
            SigningKey(handle)
        with pytest.raises(InvalidInput, match="an Ed25519 key"):
            SealingKey(handle)


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_is_bound_to_value_domain_and_key(kind):
    key = SigningKey.generate(kind)
    signature = key.sign(TAG, VALUE)
    verify_signature(key.public, TAG, VALUE, signature)
    bad = [
        ("assay/test/b", VALUE, signature),
        (TAG, ["x", 1], signature),
        (TAG, VALUE, signature[:63]),
        (TAG, VALUE, signature + b"\0"),
        (TAG, VALUE, b""),
        (TAG, VALUE, bytes(64)),
        (TAG, VALUE, signature[32:] + signature[:32]),
    ]
    for case in bad:
        with pytest.raises(SignatureError, match="in the domain"):
            verify_signature(key.public, *case)
    with pytest.raises(SignatureError):
        verify_signature(SigningKey.generate(kind).public, TAG, VALUE, signature)


def test_a_signature_of_one_kind_is_none_of_the_other():
    keys = [SigningKey.generate(kind) for kind in KINDS]
    for _ in range(20):
        for signer, other in (keys, keys[::-1]):
            with pytest.raises(SignatureError):
                verify_signature(other.public, TAG, VALUE, signer.sign(TAG, VALUE))


def test_a_seal_and_a_signature_do_not_stand_for_each_other(tmp_path):
    """The same Ed25519 secret in both roles: what keeps them apart is the domain of what is signed."""
    handle = ed25519.Ed25519PrivateKey.generate()
    sealing, signing = SealingKey(handle), SigningKey(handle)
    header = digest("assay/test/header", b"block")
    with pytest.raises(SignatureError):
        verify_signature(signing.public, TAG, VALUE, sealing.seal(header))
    with pytest.raises(SignatureError):
        verify_seal(sealing.public, header, signing.sign(TAG, VALUE))


def test_many_are_judged_together():
    keys = [SigningKey.generate(KINDS[i % 2]) for i in range(23)]
    message = digest(TAG, VALUE)
    signed = [(key.public, message, key.sign(TAG, VALUE)) for key in keys]
    assert verify_signatures(signed) == [None] * 23
    assert verify_signatures([]) == []
    for i, (public, _, signature) in enumerate(signed):
        if i % 3 == 0:
            signed[i] = (public, digest(TAG, "other"), signature)
        if i % 5 == 0:
            signed[i] = (keys[i - 1].public, message, signature)  # a key of the other kind
        if i % 7 == 0:
            signed[i] = (public, message, signature[:-1])
    wrong = [i for i in range(23) if i % 3 == 0 or i % 5 == 0 or i % 7 == 0]
    errors = verify_signatures(signed)
    assert [i for i, error in enumerate(errors) if error is not None] == wrong
    for error, (public, _, _) in zip(errors, signed, strict=True):
        kind = "ECDSA" if isinstance(public, ec.EllipticCurvePublicKey) else "Ed25519"
        assert error is None or (isinstance(error, SignatureError) and kind in str(error))


def test_many_signers_as_certificates_keys_and_bytes(authority):
    people = [enrol(authority, f"user {i}", Role.USER, kind=kind) for i, kind in enumerate(KINDS * 2)]
    sealing = SealingKey.generate()
    message = digest(TAG, VALUE)
    signed = [(person.certificate, message, person.key.sign(TAG, VALUE)) for person in people]
    signed.append((sealing.public, message, sealing.seal(message)))
    assert verify_signatures(signed) == [None] * 5
    shifted = [(signed[i - 1][0], *signed[i][1:]) for i in range(5)]
    assert all(isinstance(error, SignatureError) for error in verify_signatures(shifted))
    assert isinstance(verify_signatures([(b"short", message, bytes(64))])[0], SignatureError)
    with pytest.raises(WrongType):
        verify_signatures([(sealing.public, "text", bytes(64))])


def test_second_forms_are_refused():
    p256, edwards = (SigningKey.generate(kind) for kind in KINDS)
    message = digest(TAG, VALUE)
    first, second = p256.sign(TAG, VALUE), edwards.sign(TAG, VALUE)
    high = first[:32] + (P256_ORDER - int.from_bytes(first[32:], "big")).to_bytes(32, "big")
    above = second[:32] + (int.from_bytes(second[32:], "little") + reference.L).to_bytes(32, "little")
    assert None not in verify_signatures([(p256.public, message, high), (edwards.public, message, above)])


def test_an_authority_has_a_p256_key(authority, clock):
    with pytest.raises(InvalidInput, match="an authority is an ECDSA key on P-256, not ed25519"):
        new_authority(clock, key=SigningKey.generate("ed25519"))
    ada = enrol(authority, "Ada", Role.USER, kind="ed25519")
    with pytest.raises(AssayError):
        AuthorityCertificate(ada.certificate.der)


def certificate_for(authority, public, signer, algorithm, model):
    """A copy of the certificate `model` for another key."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(model.x509.subject)
        .issuer_name(authority.certificate.x509.subject)
        .public_key(public)
        .serial_number(model.serial)
        .not_valid_before(model.x509.not_valid_before_utc)
        .not_valid_after(model.x509.not_valid_after_utc)
    )
    for extension in model.x509.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(signer, algorithm).public_bytes(serialization.Encoding.DER)


def test_certificates_for_other_keys_and_by_other_keys_are_refused(authority, clock):
    model = enrol(authority, "Ada", Role.USER, kind="ed25519").certificate
    key = authority._key.handle
    again = Certificate(certificate_for(authority, model.public_key, key, hashes.SHA256(), model))
    TrustStore(authority.certificate, authority.revocation_list(), clock=clock).check(again)
    for private in (ed448.Ed448PrivateKey.generate(), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(EncodingError, match="P-256 or an Ed25519"):
            Certificate(certificate_for(authority, private.public_key(), key, hashes.SHA256(), model))
    own = ed25519.Ed25519PrivateKey.generate()
    with pytest.raises(EncodingError, match="signed with ECDSA"):
        Certificate(certificate_for(authority, own.public_key(), own, None, model))


def test_kinds_may_follow_each_other(authority, clock):
    ada = enrol(authority, "Ada", Role.USER)
    for generation, kind in enumerate(("ed25519", "p256", "ed25519", "ed25519"), 1):
        key, second = SigningKey.generate(kind), SecondKey()
        invitation = authority.invite_to_rotate("Ada")
        with pytest.raises(SignatureError):  # endorsed by a key of the other kind
            authority.enrol(apply(invitation, key, second.public, second.sign, old_key=key))
        certificate = authority.enrol(apply(invitation, key, second.public, second.sign, old_key=ada.key))
        assert (certificate.index, certificate.generation) == (0, generation)
        ada = Credentials(certificate, key)
    TrustStore(authority.certificate, authority.revocation_list(), clock=clock).check(ada.certificate)


def forged_application(invitation, public):
    """An application for an Ed25519 key of small order: R = sB, s signs everything for the key of order 1."""
    fake = reference.encode(reference.mul(5, reference.BASE)) + (5).to_bytes(32, "little")
    key, second = SigningKey.generate("ed25519"), SecondKey()
    honest = apply(invitation, key, second.public, second.sign)
    request = honest.request.replace(public_key_bytes(key.public), public)[:-64] + fake
    special = ed25519.Ed25519PublicKey.from_public_bytes(public)
    statement = enrolment._statement(invitation.identifier, invitation.authority, special, second.public)
    parts = {field.name: getattr(honest, field.name) for field in fields(honest)} | {
        "request": request,
        "possession": fake,
        "babyjubjub_possession": second.sign(digest(enrolment._BABYJUBJUB, statement)),
        "mac": b"",
    }
    unsealed = Application(**parts)
    return replace(
        unsealed, mac=enrolment._mac(enrolment.mac_key(invitation.secret.reveal()), unsealed._signed())
    )  # fmt: skip


def test_a_key_that_verifies_everything_is_not_certified(authority):
    invitation = authority.invite("Eve", Role.USER)
    for public in reference.encodings(reference.IDENTITY):
        with pytest.raises(EncodingError, match=r"small order|not canonical"):
            authority.enrol(forged_application(invitation, public))
    with pytest.raises(SignatureError):
        authority.enrol(forged_application(invitation, reference.encode(reference.BASE)))
    assert enrol(authority, "Eve", Role.USER).certificate.index == 0


@pytest.mark.parametrize("passphrase", [None, b"correct horse"])
def test_custody(tmp_path, authority, passphrase):
    ada = enrol(authority, "Ada", Role.USER, kind="ed25519")
    ada.save(tmp_path / "ada", passphrase)
    again = Credentials.load(tmp_path / "ada", passphrase)
    assert (again.certificate, again.key.kind) == (ada.certificate, "ed25519")
    verify_signature(ada.certificate.public_key, TAG, VALUE, again.key.sign(TAG, VALUE))
    SigningKey.generate().save(tmp_path / "p256.pem", passphrase)
    with pytest.raises(InvalidInput):
        SealingKey.load(tmp_path / "p256.pem", passphrase)
    with pytest.raises(InvalidInput, match="not that of"):
        Credentials(ada.certificate, SigningKey.generate())
    with pytest.raises(StateError):
        pickle.dumps(ada.key)
    assert "private" in repr(ada.key)


def test_a_transaction_by_an_ed25519_key(authority):
    ada = enrol(authority, "Ada", Role.USER, kind="ed25519")
    transaction = Transaction(bytes(32), 0, 1, "accounts", "note", b"").signed(ada.key)
    transaction.check_signature(ada.certificate)
    for changed in (replace(transaction, counter=2), replace(transaction, signature=bytes(64))):
        with pytest.raises(SignatureError):
            changed.check_signature(ada.certificate)
