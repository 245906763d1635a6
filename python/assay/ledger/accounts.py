"""The contract that every chain begins with: who is certified, and whose certificate is revoked, as the chain knows it.

State: "authority" (certificate), "revocations" (number, this update, next update), "account/INDEX" (newest certificate
of the account), "revoked/SERIAL" (time, reason). Everything in it carries the authority's signature, so anybody
certified may bring it. What is decided here is decided again by whoever verifies the chain, at block time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar, Final

from assay.core.clock import to_datetime
from assay.core.encoding import Encodable, Value, decode_record, encode_record
from assay.core.errors import AuthorizationError, EncodingError, RevokedError
from assay.identity.certificate import AuthorityCertificate, Certificate
from assay.identity.revocation import RevocationList
from assay.identity.roles import EVERYONE, Role
from assay.ledger.contracts import Account, Call, Context, Contract, Origin, Refused, State, StateReader

__all__ = ["ACCOUNTS", "PUBLISH", "REVOKE", "Accounts", "accounts_parameters", "publish_payload"]

ACCOUNTS: Final = "accounts"
PUBLISH: Final = "publish"  # payload: `publish_payload` of certificates
REVOKE: Final = "revoke"  # payload: a newer revocation list, DER
_PARAMETERS, _PUBLISH = "assay.accounts.parameters", "assay.accounts.publish"


def accounts_parameters(authority: AuthorityCertificate, revocations: RevocationList) -> bytes:
    """The genesis parameters."""
    return encode_record(_PARAMETERS, 1, authority.der, revocations.der)


def publish_payload(certificates: list[Certificate]) -> bytes:
    """The payload that makes certificates known to the chain before their holders use it themselves."""
    return encode_record(_PUBLISH, 1, [certificate.der for certificate in certificates])


class Accounts(Contract):
    """Certificates and revocations."""

    name = f"assay.{ACCOUNTS}"
    version = 1
    methods: ClassVar[Mapping[str, frozenset[Role]]] = {PUBLISH: EVERYONE, REVOKE: EVERYONE}

    def begin(self, state: State, parameters: bytes, origin: Origin) -> None:
        """Take the authority and its first revocation list from the genesis."""
        authority, revocations = decode_record(parameters, _PARAMETERS, 1, bytes, bytes)
        state.put("authority", AuthorityCertificate(authority).der)
        _revoke(state, RevocationList(revocations))

    def apply(self, state: State, call: Call, context: Context) -> Encodable:
        """Publish certificates, or bring a newer revocation list."""
        if call.method == REVOKE:
            revocations = RevocationList(call.payload)
            _revoke(state, revocations)
            return revocations.number
        (certificates,) = decode_record(call.payload, _PUBLISH, 1, list)
        if not all(isinstance(der, bytes) for der in certificates):
            raise EncodingError("certificates are bytes")
        return [admit(state, der).index for der in certificates]


def _revoke(state: State, revocations: RevocationList) -> None:
    revocations.check_signed_by(_authority(state))
    known = state.get("revocations")
    if isinstance(known, tuple):
        number, this_update, _ = _numbers(known)
        if revocations.number <= number or revocations.this_update < this_update:
            raise Refused(f"revocation list {revocations.number} is not newer than {number}, which is in force")
    entries = {f"revoked/{serial:x}": (entry.time, entry.reason.value) for serial, entry in revocations.entries.items()}
    for key, value in state.items("revoked/"):
        if entries.pop(key, None) != value:
            raise Refused(f"revocation list {revocations.number} lost or changed the entry of certificate {key[8:]}")
    for key, entry in entries.items():
        state.put(key, entry)
    state.put("revocations", (revocations.number, revocations.this_update, revocations.next_update))


def admit(state: State, der: bytes) -> Certificate:
    """Check that the authority signed a certificate, and remember it unless a newer one of its account is known."""
    certificate = _issued(der, _authority(state).der)
    key = f"account/{certificate.index}"
    known = state.get(key)
    if isinstance(known, bytes):
        newest = _certificate(known)
        if newest == certificate:
            return certificate
        if newest.generation >= certificate.generation:
            raise RevokedError(f"{certificate!r} was superseded by {newest!r}")
        if newest.role is not certificate.role or newest.name != certificate.name:
            raise AuthorizationError(f"{certificate!r} is another identity than {newest!r}")
    state.put(key, certificate.der)
    return certificate


def certificate_of(state: StateReader, index: int) -> Certificate | None:
    """The newest certificate of an account."""
    der = state.get(f"account/{index}")
    return _certificate(der) if isinstance(der, bytes) else None


def account(state: StateReader, index: int) -> Account | None:
    """The account with an index, as of the state."""
    certificate = certificate_of(state, index)
    return None if certificate is None else standing(state, certificate)


def standing(state: StateReader, certificate: Certificate) -> Account:
    """The account of a certificate, the newest one of it, as of the state."""
    revoked = state.get(f"revoked/{certificate.serial:x}")
    return Account(
        index=certificate.index,
        generation=certificate.generation,
        role=certificate.role,
        name=certificate.name,
        babyjubjub=certificate.babyjubjub,
        fingerprint=certificate.fingerprint,
        serial=certificate.serial,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        revoked_at=_numbers(revoked)[0] if isinstance(revoked, tuple) else None,
    )


def check_fresh(state: StateReader, time: int) -> None:
    """Raise `RevokedError` when the authority's certificate has expired, or its revocation list is stale at `time`."""
    _authority(state).check_validity(time)
    number, _, next_update = _numbers(state.get("revocations"))
    if time >= next_update:
        raise RevokedError(
            f"the chain's revocation list {number} is stale since {to_datetime(next_update)}: "
            f"submit a newer one ({ACCOUNTS}.{REVOKE})"
        )


def _numbers(value: Value) -> tuple[int, ...]:
    assert isinstance(value, tuple)
    return tuple(part for part in value if isinstance(part, int))


def _authority(state: StateReader) -> AuthorityCertificate:
    der = state.get("authority")
    assert isinstance(der, bytes)
    return _authority_certificate(der)


# Parsing and checking depend on the bytes alone, so they are done once for each.
_certificate = lru_cache(maxsize=4096)(Certificate)
_authority_certificate = lru_cache(maxsize=16)(AuthorityCertificate)


@lru_cache(maxsize=4096)
def _issued(der: bytes, authority: bytes) -> Certificate:
    certificate = _certificate(der)
    certificate.check_issued_by(_authority_certificate(authority))
    return certificate
