"""Enrolment in three steps, with a one-time secret.

1. A participant asks for a name and a role. Whoever runs the authority decides, and `CertificateAuthority.invite`
   makes an `Invitation` with a secret that counts once and expires. It travels over a confidential channel.
2. The participant makes both keys at home and answers with an `Application` (`apply`): a certificate request
   (PKCS #10), its Baby Jubjub key, a signature by *each* key on the same statement, and an HMAC-SHA256 over all of it
   under the secret.
3. `CertificateAuthority.enrol` checks all of that, uses the secret up and signs the certificate.

The statement that both keys sign is (invitation, authority, signing key, Baby Jubjub key): neither key, nor a request
made for another purpose, can be enrolled by somebody who cannot use it, and the two keys cannot be paired otherwise.
To replace keys the authority sends an invitation for the same account; the old signing key signs the statement as well.
A signing key is on P-256 or of Ed25519; the two may follow each other.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from assay.core.encoding import Encodable, decode_record, digest, encode, encode_record
from assay.core.errors import EncodingError, InvalidInput, SignatureError
from assay.crypto import eddsa
from assay.identity.certificate import PARSE_ERRORS, coordinate_bytes
from assay.identity.custody import SecretBytes
from assay.identity.keys import SigningKey
from assay.identity.roles import Role
from assay.identity.signatures import PublicKey, is_public_key, public_key_bytes, verify_signature

__all__ = ["Application", "Invitation", "VerifyBabyJubjub", "apply", "mac_key", "verify_babyjubjub"]

# (public key, message of 32 bytes, signature) -> whether the signature verifies; never raises for bad bytes
VerifyBabyJubjub = Callable[[tuple[int, int], bytes, bytes], bool]

_INVITATION, _APPLICATION = "assay.identity.invitation", "assay.identity.application"
_POSSESSION = "assay/identity/possession/v1"
_ROTATION = "assay/identity/rotation/v1"
_BABYJUBJUB = "assay/identity/possession/babyjubjub/v1"
_MAC = "assay/identity/application/v1"
_MAX_MESSAGE = 16 << 10


@dataclass(frozen=True, slots=True)
class Invitation:
    """Step 1: the authority's answer. `expires` in ms; `rotation` when keys of an account are to be replaced."""

    identifier: bytes
    authority: bytes  # fingerprint of the authority's certificate
    name: str
    role: Role
    expires: int
    rotation: bool
    secret: SecretBytes = field(repr=False)

    def encode(self) -> bytes:
        """The message, which holds the secret: for a confidential channel only."""
        return encode_record(
            _INVITATION, 1, self.identifier, self.authority, self.name, self.role.value, self.expires, self.rotation,
            self.secret.reveal(),
        )  # fmt: skip

    @classmethod
    def decode(cls, data: bytes) -> Invitation:
        """Read what `encode` wrote."""
        types = (bytes, bytes, str, str, int, bool, bytes)
        identifier, authority, name, role, expires, rotation, secret = decode_record(
            data, _INVITATION, 1, *types, limit=_MAX_MESSAGE
        )
        if role not in {known.value for known in Role}:
            raise EncodingError(f"unknown role {role!r} in an invitation")
        return cls(identifier, authority, name, Role(role), expires, rotation, SecretBytes(secret))


@dataclass(frozen=True, slots=True)
class Application:
    """Step 2: the participant's answer to an invitation. Public, but for the name in it."""

    invitation: bytes
    request: bytes  # PKCS #10, DER
    babyjubjub: tuple[int, int]
    possession: bytes  # by the new signing key
    babyjubjub_possession: bytes  # by the Baby Jubjub key
    endorsement: bytes  # by the signing key being replaced; empty otherwise
    mac: bytes

    def _signed(self) -> Encodable:
        x, y = coordinate_bytes(self.babyjubjub)
        return (
            self.invitation, self.request, x, y, self.possession, self.babyjubjub_possession, self.endorsement,
        )  # fmt: skip

    def encode(self) -> bytes:
        """The message for the authority."""
        return encode_record(_APPLICATION, 1, self._signed(), self.mac)

    @classmethod
    def decode(cls, data: bytes) -> Application:
        """Read what `encode` wrote."""
        signed, mac = decode_record(data, _APPLICATION, 1, tuple, bytes, limit=_MAX_MESSAGE)
        if [type(part) for part in signed] != [bytes] * 7 or len(signed[2]) != 32 or len(signed[3]) != 32:
            raise EncodingError("an application has seven fields of bytes, two of them of 32")
        invitation, request, x, y, possession, babyjubjub_possession, endorsement = signed
        key = (int.from_bytes(x, "big"), int.from_bytes(y, "big"))
        return cls(invitation, request, key, possession, babyjubjub_possession, endorsement, mac)

    def check_mac(self, key: bytes) -> None:
        """Raise `SignatureError` unless the application was made with the invitation's secret."""
        if not hmac.compare_digest(_mac(key, self._signed()), self.mac):
            raise SignatureError("the application was not made with the secret of its invitation")

    def check_possession(self, authority: bytes, name: str, verify_babyjubjub: VerifyBabyJubjub) -> PublicKey:
        """Check that the applicant can use both keys, for this invitation; returns the signing key."""
        public = _requested_key(self.request, name)
        statement = _statement(self.invitation, authority, public, self.babyjubjub)
        verify_signature(public, _POSSESSION, statement, self.possession)
        if not verify_babyjubjub(self.babyjubjub, digest(_BABYJUBJUB, statement), self.babyjubjub_possession):
            raise SignatureError("the Baby Jubjub key did not sign the statement of possession")
        return public

    def check_endorsement(self, authority: bytes, old: PublicKey) -> None:
        """Check that the holder of the key being replaced agrees."""
        statement = _statement(self.invitation, authority, _load_request(self.request)[1], self.babyjubjub)
        verify_signature(old, _ROTATION, statement, self.endorsement)


def apply(
    invitation: Invitation,
    key: SigningKey,
    babyjubjub: tuple[int, int],
    sign_babyjubjub: Callable[[bytes], bytes],
    *,
    old_key: SigningKey | None = None,
) -> Application:
    """Answer an invitation with keys that were made here.

    `sign_babyjubjub` signs a 32-byte message with the secret of `babyjubjub`. `old_key` is the signing key being
    replaced, for an invitation to rotate.
    """
    if invitation.rotation != (old_key is not None):
        raise InvalidInput("the old key is given exactly when the invitation is to replace keys")
    statement = _statement(invitation.identifier, invitation.authority, key.public, babyjubjub)
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, invitation.name)]))
        .sign(key.handle, key.x509_hash)
    )
    unsealed = Application(
        invitation=invitation.identifier,
        request=request.public_bytes(serialization.Encoding.DER),
        babyjubjub=babyjubjub,
        possession=key.sign(_POSSESSION, statement),
        babyjubjub_possession=sign_babyjubjub(digest(_BABYJUBJUB, statement)),
        endorsement=b"" if old_key is None else old_key.sign(_ROTATION, statement),
        mac=b"",
    )
    mac = _mac(mac_key(invitation.secret.reveal()), unsealed._signed())
    return Application(**{name: getattr(unsealed, name) for name in Application.__slots__ if name != "mac"}, mac=mac)


def verify_babyjubjub(public: tuple[int, int], message: bytes, signature: bytes) -> bool:
    """Whether an EdDSA signature of 64 bytes verifies, with a key that is a point of prime order (`crypto.eddsa`)."""
    try:
        eddsa.verify(public, message, signature)
    except SignatureError:
        return False
    return True


def mac_key(secret: bytes) -> bytes:
    """The key that the secret of an invitation stands for; the authority keeps this and not the secret."""
    return digest("assay/identity/invitation-key/v1", secret)


def _mac(key: bytes, signed: Encodable) -> bytes:
    return hmac.digest(key, digest(_MAC, encode(signed)), "sha256")


def _statement(invitation: bytes, authority: bytes, public: PublicKey, babyjubjub: tuple[int, int]) -> Encodable:
    return (invitation, authority, public_key_bytes(public), *coordinate_bytes(babyjubjub))


def _load_request(der: bytes) -> tuple[x509.CertificateSigningRequest, PublicKey]:
    try:
        request = x509.load_der_x509_csr(der)
        key = request.public_key()
    except PARSE_ERRORS as error:
        raise EncodingError(f"the bytes are not a certificate request: {error}") from None
    if not is_public_key(key):
        raise EncodingError("a certificate request is for an ECDSA key on P-256 or an Ed25519 key")
    return request, key


def _requested_key(der: bytes, name: str) -> PublicKey:
    request, key = _load_request(der)
    try:
        valid = request.is_signature_valid
        subject = [attribute.value for attribute in request.subject]
    except PARSE_ERRORS:
        valid = False
    if not valid:
        raise SignatureError("the certificate request is not signed by its own key")
    if subject != [name]:
        raise SignatureError(f"the certificate request is for {subject!r}, the invitation for {name!r}")
    return key
