"""Enrolment: what an applicant, a thief of messages or a rival may try, and what it gets."""

import dataclasses
import sqlite3

import pytest
from support import identities
from support.ed25519_reference import L
from support.identities import SecondKey, new_authority

from assay.core.errors import (
    AuthorizationError,
    EncodingError,
    InvalidInput,
    NotFound,
    RevokedError,
    SignatureError,
    StateError,
)
from assay.crypto import eddsa
from assay.crypto.field import Fr
from assay.identity import Application, CertificateAuthority, Invitation, Role, SigningKey, TrustStore, apply
from assay.identity.authority import DAY


class Kind:
    """The kind of the applicants' signing keys; every test runs with each."""

    now = "p256"


@pytest.fixture(params=identities.KINDS, autouse=True)
def kind(request, monkeypatch):
    monkeypatch.setattr(Kind, "now", request.param)
    return request.param


def new_key():
    return SigningKey.generate(Kind.now)


def enrol(authority, name, role):
    return identities.enrol(authority, name, role, kind=Kind.now)


def application(invitation, key=None, second=None, **options):
    second = second or SecondKey()
    return apply(invitation, key or new_key(), second.public, second.sign, **options)


def refused(authority, bad, invitation, error, match=None):
    """The application is refused and leaves everything as it was: the honest one still gets the next index."""
    with pytest.raises(error, match=match):
        authority.enrol(bad)
    assert authority.enrol(application(invitation)).index == 0


def test_three_steps_over_the_wire(authority, clock):
    invitation = Invitation.decode(authority.invite("Ada", Role.USER, hosts=["ada.example"]).encode())
    second, key = SecondKey(), new_key()
    certificate = authority.enrol(Application.decode(apply(invitation, key, second.public, second.sign).encode()))
    assert (certificate.name, certificate.role, certificate.index, certificate.generation) == ("Ada", Role.USER, 0, 0)
    assert certificate.babyjubjub == second.public
    assert certificate.public_key == key.public
    TrustStore(authority.certificate, authority.revocation_list(), clock=clock).check(certificate, roles=[Role.USER])


def test_with_real_keys(clock):
    """Without a stand-in: Baby Jubjub keys, valid and not."""
    authority = CertificateAuthority.create("Test authority", clock=clock)
    key = eddsa.PrivateKey.generate()

    def sign(message):
        return key.sign(message).to_bytes()

    invitation = authority.invite("Ada", Role.USER)
    x, y = key.public_key.point
    for bad in [(x + 1, y), (0, 1), (x, 0), (x + Fr.modulus, y), (Fr.modulus - x, y)]:
        with pytest.raises(SignatureError, match="Baby Jubjub"):
            authority.enrol(apply(invitation, new_key(), bad, sign))
    for junk in (b"", bytes(64), b"\xff" * 64):
        with pytest.raises(SignatureError, match="Baby Jubjub"):
            authority.enrol(apply(invitation, new_key(), (x, y), lambda _, junk=junk: junk))
    assert authority.enrol(apply(invitation, new_key(), (x, y), sign)).babyjubjub == (x, y)


def test_each_identity_gets_one_account(authority):
    assert [enrol(authority, f"user {i}", Role.USER).certificate.index for i in range(3)] == [0, 1, 2]
    for twin in ("user 1", "USER 1", "ｕser 1"):  # the last with a full-width letter
        with pytest.raises(StateError, match="has an account"):
            authority.invite(twin, Role.USER)


def test_a_secret_counts_once(authority):
    invitation = authority.invite("Ada", Role.USER)
    sent = application(invitation)
    authority.enrol(sent)
    for again in (sent, application(invitation)):
        with pytest.raises(AuthorizationError, match="was used"):
            authority.enrol(again)
    assert enrol(authority, "Bob", Role.USER).certificate.index == 1


def test_an_expired_secret_is_refused(authority, clock):
    invitation = authority.invite("Ada", Role.USER, expires_in=1000)
    sent = application(invitation)
    clock.turn(1000)
    with pytest.raises(AuthorizationError, match="expired"):
        authority.enrol(sent)


def test_a_newer_invitation_replaces_the_older(authority):
    old = authority.invite("Ada", Role.USER)
    new = authority.invite("Ada", Role.USER)
    refused(authority, application(old), new, AuthorizationError)


def test_a_wrong_secret_is_refused(authority):
    invitation = authority.invite("Ada", Role.USER)
    other = authority.invite("Bob", Role.USER)
    guessed = dataclasses.replace(invitation, secret=other.secret)
    refused(authority, application(guessed), invitation, SignatureError, "secret")


@pytest.mark.parametrize("part", ["request", "possession", "babyjubjub_possession", "mac", "babyjubjub", "endorsement"])
def test_a_changed_part_is_refused(authority, part):
    invitation = authority.invite("Ada", Role.USER)
    sent, other = application(invitation), application(invitation)
    value = b"x" if part == "endorsement" else getattr(other, part)
    refused(authority, dataclasses.replace(sent, **{part: value}), invitation, SignatureError, "secret")


def sealed(invitation, parts):
    """An application of these parts with a right MAC: what an applicant that holds the secret can send."""
    from assay.identity import enrolment

    unsealed = Application(**parts, mac=b"")
    mac = enrolment._mac(enrolment.mac_key(invitation.secret.reveal()), unsealed._signed())
    return dataclasses.replace(unsealed, mac=mac)


@pytest.mark.parametrize("part", ["request", "possession", "babyjubjub_possession", "babyjubjub"])
def test_an_applicant_cannot_enrol_the_key_of_another(authority, part):
    """With a right secret: one part of the application comes from somebody else's, for another invitation."""
    invitation, rival = authority.invite("Ada", Role.USER), authority.invite("Bob", Role.USER)
    mine, theirs = application(invitation), application(rival)
    parts = {f.name: getattr(mine, f.name) for f in dataclasses.fields(mine) if f.name != "mac"}
    bad = sealed(invitation, parts | {part: getattr(theirs, part)})
    refused(authority, bad, invitation, SignatureError)


def test_swapped_keys_are_refused(authority):
    """Two accomplices cannot cross their Baby Jubjub keys, each having signed only its own statement."""
    invitation = authority.invite("Ada", Role.USER)
    a, b = application(invitation), application(invitation)
    parts = {f.name: getattr(a, f.name) for f in dataclasses.fields(a) if f.name != "mac"}
    crossed = parts | {"babyjubjub": b.babyjubjub, "babyjubjub_possession": b.babyjubjub_possession}
    refused(authority, sealed(invitation, crossed), invitation, SignatureError)


def test_the_possession_of_another_authority_is_refused(authority, clock):
    invitation = authority.invite("Ada", Role.USER)
    elsewhere = dataclasses.replace(invitation, authority=new_authority(clock).certificate.fingerprint)
    refused(authority, application(elsewhere), invitation, SignatureError)


def test_another_name_is_refused(authority):
    invitation = authority.invite("Ada", Role.USER)
    bad = application(dataclasses.replace(invitation, name="Eve"))
    refused(authority, bad, invitation, SignatureError, "is for")


def test_a_possession_in_a_second_form_is_refused(authority, kind):
    from assay.identity.keys import P256_ORDER

    invitation = authority.invite("Ada", Role.USER)
    sent = application(invitation)
    parts = {f.name: getattr(sent, f.name) for f in dataclasses.fields(sent) if f.name != "mac"}
    r, s = sent.possession[:32], sent.possession[32:]
    if kind == "p256":
        second = (P256_ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    else:
        second = (int.from_bytes(s, "little") + L).to_bytes(32, "little")
    bad = sealed(invitation, parts | {"possession": r + second})
    refused(authority, bad, invitation, SignatureError, "n/2" if kind == "p256" else "Ed25519")


def test_no_key_is_certified_twice(authority):
    key, second = new_key(), SecondKey()
    authority.enrol(application(authority.invite("Ada", Role.USER), key, second))
    invitation = authority.invite("Bob", Role.USER)
    for keys in ((key, None), (None, second)):
        with pytest.raises(AuthorizationError, match="certified before"):
            authority.enrol(application(invitation, *keys))
    assert authority.enrol(application(invitation)).index == 1


def test_rotation_keeps_the_index_and_supersedes(authority, clock):
    ada = enrol(authority, "Ada", Role.USER)
    enrol(authority, "Bob", Role.USER)
    invitation = authority.invite_to_rotate("Ada")
    new = authority.enrol(application(invitation, old_key=ada.key))
    assert (new.index, new.generation, new.role) == (0, 1, Role.USER)
    trust = TrustStore(authority.certificate, authority.revocation_list(), clock=clock)
    trust.check(new)
    with pytest.raises(RevokedError, match="superseded"):
        trust.check(ada.certificate)


def test_rotation_needs_the_old_key(authority):
    enrol(authority, "Ada", Role.USER)
    invitation = authority.invite_to_rotate("Ada")
    with pytest.raises(SignatureError):
        authority.enrol(application(invitation, old_key=new_key()))
    with pytest.raises(InvalidInput):
        application(invitation)
    with pytest.raises(SignatureError):
        authority.enrol(application(dataclasses.replace(invitation, rotation=False)))
    assert authority.certificate_of(0).generation == 0


def test_a_revoked_key_endorses_nothing(authority):
    ada = enrol(authority, "Ada", Role.USER)
    invitation = authority.invite_to_rotate("Ada")
    authority.revoke(0)
    with pytest.raises(RevokedError):
        authority.enrol(application(invitation, old_key=ada.key))


def test_lost_keys_are_replaced_by_decision(authority, clock):
    ada = enrol(authority, "Ada", Role.USER)
    with pytest.raises(InvalidInput, match="keeps its role"):
        authority.invite("Ada", Role.OPERATOR, lost_keys=True)
    with pytest.raises(NotFound):
        authority.invite("Eve", Role.USER, lost_keys=True)
    new = authority.enrol(application(authority.invite("Ada", Role.USER, lost_keys=True)))
    assert (new.index, new.generation) == (0, 1)
    with pytest.raises(RevokedError):
        TrustStore(authority.certificate, authority.revocation_list(), clock=clock).check(ada.certificate)


@pytest.mark.parametrize("name", ["", " Ada", "Ada\n", "A" * 65, "Ada\x00", "\u202eAda"])
def test_bad_names_are_refused(authority, name):
    with pytest.raises(InvalidInput):
        authority.invite(name, Role.USER)


def test_bad_invitations_are_refused(authority):
    for options in [
        {"expires_in": 0},
        {"valid_for": 0},
        {"valid_for": -DAY},
        *({"hosts": [host]} for host in ("", "a b", "a\nb", "é.example", "-a.example", "a..b", "*.example", "a" * 64)),
    ]:
        with pytest.raises(InvalidInput):
            authority.invite("Ada", Role.USER, **options)


def test_truncated_and_mutated_messages_are_refused(authority):
    invitation = authority.invite("Ada", Role.USER)
    raw = application(invitation).encode()
    for end in range(0, len(raw), 7):
        with pytest.raises(EncodingError):
            Application.decode(raw[:end])
    for at in range(0, len(raw), 5):
        changed = bytearray(raw)
        changed[at] ^= 1
        with pytest.raises((EncodingError, SignatureError, AuthorizationError)):
            authority.enrol(Application.decode(bytes(changed)))
    assert authority.enrol(Application.decode(raw)).index == 0


def test_the_secret_is_not_shown(authority):
    invitation = authority.invite("Ada", Role.USER)
    assert invitation.secret.reveal().hex() not in repr(invitation)
    assert repr(invitation.secret.reveal()) not in repr(invitation)


def test_the_register_survives_and_knows_its_authority(tmp_path, clock):
    path = tmp_path / "ca.db"
    key = SigningKey.generate()
    first = new_authority(clock, path=path, key=key)
    assert path.stat().st_mode & 0o077 == 0
    invitation = first.invite("Ada", Role.USER)
    first.close()
    again = CertificateAuthority(key, first.certificate, SecondKey.verify, path=path, clock=clock)
    again.enrol(application(invitation))
    again.close()
    with pytest.raises(StateError, match="another authority"):
        new_authority(clock, path=path)
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE t (x)")
    with pytest.raises(StateError, match="not the register"):
        new_authority(clock, path=tmp_path / "other.db")


def test_certificates_do_not_outlive_the_authority(clock):
    authority = new_authority(clock, valid_for=10 * DAY)
    assert enrol(authority, "Ada", Role.USER).certificate.not_after <= authority.certificate.not_after
