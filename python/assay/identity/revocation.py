"""Revocation lists: X.509 CRLs (RFC 5280, section 5) of the authority, checked whenever a certificate is used.

A list counts until its `next_update`; after that it is stale, and a stale list vouches for nobody.
Lists are numbered, and a later one holds every entry of the earlier: nothing is ever un-revoked (replaced keys come
with a new certificate). An entry takes effect at its revocation date, to the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from assay.core.clock import from_datetime, to_datetime
from assay.core.errors import EncodingError, InvalidInput, LimitError, RevokedError, SignatureError, StateError
from assay.identity.certificate import PARSE_ERRORS, AuthorityCertificate, Certificate
from assay.identity.keys import SigningKey

__all__ = ["MAX_LIST_BYTES", "Reason", "Revocation", "RevocationList"]

MAX_LIST_BYTES = 512 << 10


class Reason(Enum):
    """Why a certificate was revoked (a part of RFC 5280's reasons)."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    SUPERSEDED = "superseded"
    CESSATION = "cessationOfOperation"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn"


@dataclass(frozen=True, slots=True)
class Revocation:
    """One entry: from when (ms since 1970, whole seconds) a certificate counts no more, and why."""

    time: int
    reason: Reason


class RevocationList:
    """A parsed revocation list; `check_signed_by` before trusting it."""

    def __init__(self, der: bytes) -> None:
        if len(der) > MAX_LIST_BYTES:
            raise LimitError(f"a revocation list of {len(der)} bytes is above the limit of {MAX_LIST_BYTES}")
        try:
            self.x509 = x509.load_der_x509_crl(der)
            self.number: int = self.x509.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
            self._issuer = self.x509.issuer
            next_update = self.x509.next_update_utc
            self.entries: Mapping[int, Revocation] = {e.serial_number: _revocation(e) for e in self.x509}
            count = sum(1 for _ in self.x509)
        except PARSE_ERRORS as error:
            raise EncodingError(f"the bytes are not a numbered revocation list: {error}") from None
        if next_update is None or len(self.entries) != count:
            raise EncodingError("a revocation list names its next update, and each certificate once")
        self.der = bytes(der)
        self.this_update = from_datetime(self.x509.last_update_utc)
        self.next_update = from_datetime(next_update)

    @classmethod
    def sign(
        cls,
        authority: AuthorityCertificate,
        key: SigningKey,
        *,
        number: int,
        this_update: int,
        next_update: int,
        entries: Mapping[int, Revocation],
    ) -> RevocationList:
        """Sign a list of `entries` by serial number; times in ms, rounded down to seconds."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(authority.x509.subject)
            .last_update(to_datetime(this_update))
            .next_update(to_datetime(next_update))
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key), critical=False)
        )
        for serial, entry in sorted(entries.items()):
            revoked = x509.RevokedCertificateBuilder(serial, to_datetime(entry.time))
            if entry.reason is not Reason.UNSPECIFIED:
                revoked = revoked.add_extension(x509.CRLReason(x509.ReasonFlags(entry.reason.value)), critical=False)
            builder = builder.add_revoked_certificate(revoked.build())
        der = builder.sign(key.handle, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        return cls(der)

    def check_signed_by(self, authority: AuthorityCertificate) -> None:
        """Raise `SignatureError` unless `authority` signed this list."""
        try:
            valid = self._issuer == authority.x509.subject and self.x509.is_signature_valid(authority.public_key)
        except PARSE_ERRORS:
            valid = False
        if not valid:
            raise SignatureError(f"revocation list {self.number} is not signed by {authority!r}")

    def check_follows(self, earlier: RevocationList) -> None:
        """Raise `StateError` unless this list is newer than `earlier` and keeps all of its entries."""
        if self.number <= earlier.number or self.this_update < earlier.this_update:
            raise StateError(f"revocation list {self.number} is not newer than {earlier.number}, which is in force")
        if any(self.entries.get(serial) != entry for serial, entry in earlier.entries.items()):
            raise InvalidInput(f"revocation list {self.number} lost or changed entries of {earlier.number}")

    def check_fresh(self, time: int) -> None:
        """Raise `RevokedError` unless the list counts at `time` (ms)."""
        if time >= self.next_update:
            raise RevokedError(
                f"revocation list {self.number} is stale since {to_datetime(self.next_update)}: fetch a newer one"
            )

    def check(self, certificate: Certificate, time: int) -> None:
        """Raise `RevokedError` if `certificate` is revoked at `time` (ms)."""
        entry = self.entries.get(certificate.serial)
        if entry is not None and entry.time <= time:
            raise RevokedError(
                f"the certificate of {certificate.name!r} was revoked {to_datetime(entry.time)} ({entry.reason.value})"
            )

    def __repr__(self) -> str:
        return f"<RevocationList {self.number}, {len(self.entries)} entries>"


def _revocation(entry: x509.RevokedCertificate) -> Revocation:
    reason = Reason.UNSPECIFIED
    for extension in entry.extensions:
        if not isinstance(extension.value, x509.CRLReason):
            raise ValueError(f"entry extension {extension.oid.dotted_string} is not understood")
        reason = Reason(extension.value.reason.value)
    return Revocation(from_datetime(entry.revocation_date_utc), reason)
