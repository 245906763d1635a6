"""Certificates: X.509 (RFC 5280), one level below the authority, with a private extension.

The authority's key is on P-256 and signs with ECDSA; an identity's is on P-256 or of Ed25519 (RFC 8410).

The extension (not critical, so that TLS stacks pass over it) is the record

    ("assay.identity.account", 1, index, generation, role, x, y)

with the account index, how many times its keys were replaced, the role, and the Baby Jubjub public key as two
32-byte big-endian coordinates. They are opaque here: whoever uses the key checks that the point is valid.

A certificate is named by its fingerprint, the tagged hash of the part that is signed: an ECDSA signature has a second
valid form, so a hash over all of it would give one certificate two names.
"""

from __future__ import annotations

from functools import cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from assay.core.clock import from_datetime, to_datetime
from assay.core.encoding import decode_record, digest, encode_record
from assay.core.errors import EncodingError, InvalidInput, LimitError, RevokedError, SignatureError
from assay.crypto import ed25519
from assay.identity.keys import SigningKey
from assay.identity.roles import Role
from assay.identity.signatures import KeyHolder, PublicKey, is_public_key, public_key_bytes

__all__ = ["ACCOUNT_EXTENSION", "MAX_CERTIFICATE_BYTES", "AuthorityCertificate", "Certificate", "issue"]

ACCOUNT_EXTENSION = x509.ObjectIdentifier("2.25.85117865866762751017137002225494732158")
MAX_CERTIFICATE_BYTES = 8 << 10
MAX_INDEX = (1 << 32) - 1
PARSE_ERRORS = (
    ValueError,
    KeyError,  # names of unknown string types, before cryptography 50
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)  # what `cryptography` raises for bytes that are not what they should be
_KIND = "assay.identity.account"
_FINGERPRINT = "assay/identity/certificate/v1"
_SHA256_ECDSA = "1.2.840.10045.4.3.2"


class _X509(KeyHolder):
    """A parsed DER certificate for a key on P-256 or of Ed25519, signed with ECDSA and SHA-256."""

    def __init__(self, der: bytes) -> None:
        if len(der) > MAX_CERTIFICATE_BYTES:
            raise LimitError(f"a certificate of {len(der)} bytes is above the limit of {MAX_CERTIFICATE_BYTES}")
        try:
            self.x509 = x509.load_der_x509_certificate(der)
            key = self.x509.public_key()
            self._extensions = self.x509.extensions
            names = self.x509.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        except PARSE_ERRORS as error:
            raise EncodingError(f"the bytes are not an X.509 certificate: {error}") from None
        if not is_public_key(key):
            raise EncodingError("the key of a certificate is an ECDSA key on P-256 or an Ed25519 key")
        if self.x509.signature_algorithm_oid.dotted_string != _SHA256_ECDSA:
            raise EncodingError("a certificate is signed with ECDSA and SHA-256")
        if len(names) != 1 or not isinstance(names[0].value, str):
            raise EncodingError("the subject of a certificate has exactly one common name")
        self.der = bytes(der)
        super().__init__(key)
        self.name: str = names[0].value
        self.serial = self.x509.serial_number
        self.not_before = from_datetime(self.x509.not_valid_before_utc)
        self.not_after = from_datetime(self.x509.not_valid_after_utc)

    @cached_property
    def fingerprint(self) -> bytes:
        """The 32 bytes that name the certificate."""
        return digest(_FINGERPRINT, self.x509.tbs_certificate_bytes)

    @property
    def pem(self) -> bytes:
        """The certificate in PEM, for TLS."""
        return self.x509.public_bytes(serialization.Encoding.PEM)

    def check_validity(self, time: int) -> None:
        """Raise `RevokedError` unless `time` (ms) lies within the certificate's validity."""
        if time < self.not_before:
            raise RevokedError(
                f"the certificate of {self.name!r} begins {to_datetime(self.not_before)}, later than now"
            )
        if time > self.not_after:
            raise RevokedError(f"the certificate of {self.name!r} expired {to_datetime(self.not_after)}: enrol again")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)


class AuthorityCertificate(_X509):
    """The self-signed certificate of a certificate authority: the anchor of all trust in identities."""

    public_key: ec.EllipticCurvePublicKey

    def __init__(self, der: bytes) -> None:
        super().__init__(der)
        if not isinstance(self.public_key, ec.EllipticCurvePublicKey):
            raise EncodingError("the key of an authority is an ECDSA key on P-256")
        try:
            constraints = self._extensions.get_extension_for_class(x509.BasicConstraints).value
            usage = self._extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound:
            raise EncodingError("an authority's certificate has basic constraints and key usage") from None
        if not constraints.ca or constraints.path_length != 0 or not (usage.key_cert_sign and usage.crl_sign):
            raise EncodingError(
                "an authority's certificate may sign certificates and revocation lists, at path length 0"
            )
        try:
            self.x509.verify_directly_issued_by(self.x509)
        except (InvalidSignature, *PARSE_ERRORS):
            raise SignatureError("the authority's certificate is not signed by itself") from None

    @classmethod
    def self_signed(cls, name: str, key: SigningKey, not_before: int, not_after: int) -> AuthorityCertificate:
        """Make the certificate of a new authority; times in ms. The key is on P-256, else InvalidInput."""
        if key.kind != "p256":
            raise InvalidInput(f"the key of an authority is an ECDSA key on P-256, not {key.kind}")
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, checked_name(name))])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(to_datetime(not_before))
            .not_valid_after(to_datetime(not_after))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public), critical=False)
        )
        return cls(builder.sign(key.handle, hashes.SHA256()).public_bytes(serialization.Encoding.DER))

    def __repr__(self) -> str:
        return f"<AuthorityCertificate {self.name!r} {self.fingerprint.hex()[:16]}>"


class Certificate(_X509):
    """The certificate of an identity: name, role, account index, and both public keys."""

    def __init__(self, der: bytes) -> None:
        super().__init__(der)
        try:
            constraints = self._extensions.get_extension_for_class(x509.BasicConstraints).value
            extension = self._extensions.get_extension_for_oid(ACCOUNT_EXTENSION).value
        except x509.ExtensionNotFound:
            raise EncodingError("the certificate lacks basic constraints or the account extension") from None
        if constraints.ca:
            raise EncodingError("an authority's certificate is not that of an identity")
        assert isinstance(extension, x509.UnrecognizedExtension)
        index, generation, role, x, y = decode_record(extension.value, _KIND, 1, int, int, str, bytes, bytes)
        if not 0 <= index <= MAX_INDEX or not 0 <= generation <= MAX_INDEX or len(x) != 32 or len(y) != 32:
            raise EncodingError("a field of the account extension is out of range")
        try:
            self.role = Role(role)
        except ValueError:
            raise EncodingError(f"unknown role {role!r} in the account extension") from None
        self.index: int = index
        self.generation: int = generation
        self.babyjubjub = (int.from_bytes(x, "big"), int.from_bytes(y, "big"))

    def check_issued_by(self, authority: AuthorityCertificate) -> None:
        """Raise `SignatureError` unless `authority` signed this certificate."""
        try:
            self.x509.verify_directly_issued_by(authority.x509)
        except (InvalidSignature, *PARSE_ERRORS):
            raise SignatureError(f"the certificate of {self.name!r} is not signed by {authority!r}") from None

    def __repr__(self) -> str:
        return f"<Certificate {self.name!r} {self.role.value} account {self.index}.{self.generation}>"


def issue(
    authority: AuthorityCertificate,
    authority_key: SigningKey,
    *,
    name: str,
    role: Role,
    index: int,
    generation: int,
    public_key: PublicKey,
    babyjubjub: tuple[int, int],
    not_before: int,
    not_after: int,
    hosts: tuple[str, ...] = (),
) -> Certificate:
    """Sign a certificate; whoever calls has verified that the holder possesses both keys.

    Refuses an Ed25519 key that is no honest one (`crypto.ed25519.require_key`).
    """
    if isinstance(public_key, Ed25519PublicKey):
        ed25519.require_key(public_key.public_bytes_raw())
    x, y = coordinate_bytes(babyjubjub)
    names = [x509.UniformResourceIdentifier(f"urn:assay:account:{index}"), *map(x509.DNSName, hosts)]
    account = encode_record(_KIND, 1, index, generation, role.value, x, y)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, checked_name(name))]))
        .issuer_name(authority.x509.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(to_datetime(not_before))
        .not_valid_after(to_datetime(not_after))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key), critical=False)
        .add_extension(x509.UnrecognizedExtension(ACCOUNT_EXTENSION, account), critical=False)
    )
    der = builder.sign(authority_key.handle, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    certificate = Certificate(der)
    certificate.check_issued_by(authority)
    return certificate


def checked_name(name: str) -> str:
    """`name` if it can be a common name: 1 to 64 printable characters without surrounding spaces."""
    if not isinstance(name, str) or not 1 <= len(name) <= 64 or not name.isprintable() or name != name.strip():
        raise InvalidInput(f"{name!r} is not a name of 1 to 64 printable characters without surrounding spaces")
    return name


def coordinate_bytes(point: tuple[int, int]) -> tuple[bytes, bytes]:
    """Both coordinates of a Baby Jubjub point as 32 bytes, big-endian."""
    if not all(0 <= c < 1 << 256 for c in point):
        raise InvalidInput("the coordinates of a Baby Jubjub key are integers in [0, 2^256)")
    return int(point[0]).to_bytes(32, "big"), int(point[1]).to_bytes(32, "big")


def key_names(certificate: Certificate) -> tuple[bytes, bytes]:
    """The two keys of a certificate as bytes that tell kinds and keys apart."""
    kind = b"ed25" if isinstance(certificate.public_key, Ed25519PublicKey) else b"p256"
    return kind + public_key_bytes(certificate.public_key), b"bjub" + b"".join(coordinate_bytes(certificate.babyjubjub))


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
