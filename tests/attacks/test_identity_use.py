"""Using certificates and keys: forged, expired, revoked, stale, in the wrong role, or badly kept."""

import copy
import pickle

import pytest
from support.identities import enrol, new_authority

from assay.core.errors import (
    AssayError,
    AuthorizationError,
    EncodingError,
    InvalidInput,
    LimitError,
    NotFound,
    RevokedError,
    SignatureError,
    StateError,
)
from assay.identity import (
    AuthorityCertificate,
    Certificate,
    Credentials,
    Reason,
    RevocationList,
    Role,
    SealingKey,
    SecretBytes,
    SigningKey,
    TrustStore,
)
from assay.identity.authority import DAY
from assay.identity.certificate import issue
from assay.identity.keys import P256_ORDER, verify_seal, verify_signature


@pytest.fixture
def trust(authority, clock):
    return TrustStore(authority.certificate, authority.revocation_list(), clock=clock)


def test_role_is_checked(authority, trust):
    ada = enrol(authority, "Ada", Role.USER)
    trust.check(ada.certificate, roles=[Role.USER, Role.OPERATOR])
    with pytest.raises(AuthorizationError, match="is a user; this is for: registrar"):
        trust.check(ada.certificate, roles=[Role.REGISTRAR])


def test_revoked_later_is_refused_at_use(authority, trust, clock):
    ada = enrol(authority, "Ada", Role.USER)
    trust.check(ada.certificate)
    clock.turn(5000)
    authority.revoke(0, Reason.KEY_COMPROMISE)
    trust.update(authority.revocation_list())
    with pytest.raises(RevokedError, match="keyCompromise"):
        trust.check(ada.certificate)
    trust.check(ada.certificate, time=clock.now - 2000)  # it was good then
    with pytest.raises(StateError):
        authority.revoke(0)


def test_expired_and_not_yet_valid(authority, trust, clock):
    ada = enrol(authority, "Ada", Role.USER, valid_for=2 * DAY)
    with pytest.raises(RevokedError, match="later than now"):
        trust.check(ada.certificate, time=clock.now - 1000)
    clock.turn(2 * DAY + 1000)
    with pytest.raises(RevokedError, match="expired"):
        trust.check(ada.certificate)


def test_a_stale_list_vouches_for_nobody(authority, trust, clock):
    ada = enrol(authority, "Ada", Role.USER)
    clock.turn(7 * DAY)
    with pytest.raises(RevokedError, match="stale"):
        trust.check(ada.certificate)
    trust.update(authority.revocation_list())
    trust.check(ada.certificate)


def test_lists_cannot_be_rolled_back_shrunk_or_forged(authority, clock):
    enrol(authority, "Ada", Role.USER)
    before = authority.revocation_list()
    authority.revoke(0)
    trust = TrustStore(authority.certificate, authority.revocation_list(), clock=clock)
    with pytest.raises(StateError, match="not newer"):
        trust.update(before)
    shrunk = RevocationList.sign(
        authority.certificate, authority._key, number=99, this_update=clock(), next_update=clock() + DAY, entries={}
    )
    with pytest.raises(InvalidInput, match="lost"):
        trust.update(shrunk)
    rival = new_authority(clock)  # with the same name
    for _ in range(5):
        forged = rival.revocation_list()
    with pytest.raises(SignatureError):
        trust.update(forged)
    assert trust.revocations.number == 2


def test_a_certificate_of_another_authority(trust, clock):
    eve = enrol(new_authority(clock), "Ada", Role.USER)
    with pytest.raises(SignatureError):
        trust.check(eve.certificate)


def test_a_certified_user_cannot_certify(authority, trust, clock):
    """The chain has one level: an identity's key signs no certificates."""
    ada = enrol(authority, "Ada", Role.USER)
    with pytest.raises(AssayError):
        AuthorityCertificate(ada.certificate.der)
    own = AuthorityCertificate.self_signed("Ada", ada.key, clock(), clock() + DAY)
    forged = issue(
        own, ada.key, name="Eve", role=Role.OPERATOR, index=7, generation=0, public_key=SigningKey.generate().public,
        babyjubjub=(1, 2), not_before=clock(), not_after=clock() + DAY,
    )  # fmt: skip
    with pytest.raises(SignatureError):
        trust.check(forged)
    with pytest.raises(AssayError):
        Certificate(authority.certificate.der)


def each_flip(der):
    for at in range(len(der)):
        changed = bytearray(der)
        changed[at] ^= 0x01
        yield bytes(changed)


def test_tampered_certificates(authority, trust):
    """Nothing that is signed can change (the count of unused bits around the signature may, and says nothing)."""
    genuine = enrol(authority, "Ada", Role.USER).certificate
    for changed in each_flip(genuine.der):
        try:
            certificate = Certificate(changed)
            trust.check(certificate)
        except AssayError:
            continue
        assert certificate == genuine


def test_tampered_revocation_lists(authority):
    enrol(authority, "Ada", Role.USER)
    authority.revoke(0, Reason.SUPERSEDED)
    genuine = authority.revocation_list()
    for changed in each_flip(genuine.der):
        try:
            revocations = RevocationList(changed)
            revocations.check_signed_by(authority.certificate)
        except AssayError:
            continue
        assert revocations.x509.tbs_certlist_bytes == genuine.x509.tbs_certlist_bytes


def test_the_other_form_of_the_signature_is_the_same_certificate(authority):
    """ECDSA has two valid signatures; the fingerprint does not depend on which."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

    certificate = enrol(authority, "Ada", Role.USER).certificate
    r, s = decode_dss_signature(certificate.x509.signature)
    other = encode_dss_signature(r, P256_ORDER - s)
    der = certificate.der
    if len(other) == len(certificate.x509.signature):
        twin = Certificate(der[: -len(other)] + other)
        twin.check_issued_by(authority.certificate)
        assert twin == certificate
        assert twin.der != der


def test_oversized_input():
    with pytest.raises(LimitError):
        Certificate(bytes(9000))
    with pytest.raises(LimitError):
        RevocationList(bytes(1 << 20))
    for junk in (b"", b"\x30\x00", bytes(100)):
        with pytest.raises(EncodingError):
            Certificate(junk)
        with pytest.raises(EncodingError):
            RevocationList(junk)


def test_signatures_are_canonical_and_bound_to_their_domain():
    key = SigningKey.generate()
    signature = key.sign("assay/test/a", ("x", 1))
    verify_signature(key.public, "assay/test/a", ("x", 1), signature)
    r, s = signature[:32], int.from_bytes(signature[32:], "big")
    bad = {
        "domain": ("assay/test/b", ("x", 1), signature),
        "value": ("assay/test/a", ("x", 2), signature),
        "type": ("assay/test/a", ["x", 1], signature),
        "high s": ("assay/test/a", ("x", 1), r + (P256_ORDER - s).to_bytes(32, "big")),
        "zero": ("assay/test/a", ("x", 1), bytes(64)),
        "short": ("assay/test/a", ("x", 1), signature[:63]),
        "long": ("assay/test/a", ("x", 1), signature + b"\0"),
        "r + n": ("assay/test/a", ("x", 1), b"\xff" * 32 + signature[32:]),
        "empty": ("assay/test/a", ("x", 1), b""),
    }
    for tag, value, candidate in bad.values():
        with pytest.raises(SignatureError):
            verify_signature(key.public, tag, value, candidate)
    with pytest.raises(SignatureError):
        verify_signature(SigningKey.generate().public, "assay/test/a", ("x", 1), signature)


def test_seals():
    key = SealingKey.generate()
    seal = key.seal(bytes(32))
    verify_seal(key.public, bytes(32), seal)
    for public, message, candidate in [
        (SealingKey.generate().public, bytes(32), seal),
        (key.public, b"\1" * 32, seal),
        (key.public, bytes(32), seal[:-1]),
        (b"", bytes(32), seal),
    ]:
        with pytest.raises(SignatureError):
            verify_seal(public, message, candidate)


@pytest.mark.parametrize("secret", [SigningKey.generate(), SealingKey.generate(), SecretBytes(b"hush hush")])
def test_secrets_do_not_leak_through_python(secret):
    assert "hush" not in repr(secret)
    assert "hush" not in str(secret)
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(StateError):
            leak(secret)


def test_wiping():
    secret = SecretBytes(b"hush")
    secret.wipe()
    with pytest.raises(StateError):
        secret.reveal()


@pytest.mark.parametrize("passphrase", [None, b"correct horse"])
def test_custody(tmp_path, authority, passphrase):
    ada = enrol(authority, "Ada", Role.USER)
    ada.save(tmp_path / "ada", passphrase)
    for name in ("key.pem", "babyjubjub.secret"):
        assert (tmp_path / "ada" / name).stat().st_mode & 0o777 == 0o600
    again = Credentials.load(tmp_path / "ada", passphrase)
    assert again.certificate == ada.certificate
    assert again.babyjubjub.reveal() == ada.babyjubjub.reveal()
    with pytest.raises(StateError, match="never overwritten"):
        ada.save(tmp_path / "ada", passphrase)
    if passphrase:
        assert ada.babyjubjub.reveal() not in (tmp_path / "ada" / "babyjubjub.secret").read_bytes()
        with pytest.raises(EncodingError):
            SigningKey.load(tmp_path / "ada" / "key.pem", b"wrong")
        with pytest.raises(StateError):
            SigningKey.load(tmp_path / "ada" / "key.pem")
        with pytest.raises(AuthorizationError):
            SecretBytes.load(tmp_path / "ada" / "babyjubjub.secret", b"wrong")
    (tmp_path / "ada" / "key.pem").chmod(0o640)
    with pytest.raises(AuthorizationError, match="chmod 600"):
        Credentials.load(tmp_path / "ada", passphrase)
    with pytest.raises(NotFound):
        Credentials.load(tmp_path / "nobody")


def test_credentials_match(authority):
    ada, bob = enrol(authority, "Ada", Role.USER), enrol(authority, "Bob", Role.USER)
    with pytest.raises(InvalidInput):
        Credentials(ada.certificate, bob.key)
    assert "private" not in repr(ada)
