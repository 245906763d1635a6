"""What a party that relies on certificates keeps: the authority's certificate and its newest revocation list.

`check` is called at each use, not once at connection: a certificate can be revoked between the two.
"""

from __future__ import annotations

import threading
from collections.abc import Collection

from assay.core.clock import Clock, system_clock
from assay.core.errors import AuthorizationError
from assay.identity.certificate import AuthorityCertificate, Certificate
from assay.identity.revocation import RevocationList
from assay.identity.roles import EVERYONE, Role

__all__ = ["TrustStore"]


class TrustStore:
    """Checks certificates against one authority. Thread-safe."""

    def __init__(
        self, authority: AuthorityCertificate, revocations: RevocationList, *, clock: Clock = system_clock
    ) -> None:
        revocations.check_signed_by(authority)
        self.authority = authority
        self._revocations = revocations
        self._clock = clock
        self._lock = threading.Lock()

    @property
    def revocations(self) -> RevocationList:
        """The newest revocation list."""
        return self._revocations

    def update(self, revocations: RevocationList) -> None:
        """Take over a newer list; an older, forged or shrunken one is refused."""
        revocations.check_signed_by(self.authority)
        with self._lock:
            revocations.check_follows(self._revocations)
            self._revocations = revocations

    def check(self, certificate: Certificate, *, roles: Collection[Role] = EVERYONE, time: int | None = None) -> None:
        """Return only if the certificate may be used now (or at `time`, ms) in one of `roles`.

        Raises `SignatureError` for another authority's certificate, `RevokedError` for an expired or revoked one or
        when the revocation list is stale, `AuthorizationError` for another role.
        """
        now = self._clock() if time is None else time
        revocations = self._revocations
        certificate.check_issued_by(self.authority)
        self.authority.check_validity(now)
        certificate.check_validity(now)
        revocations.check_fresh(now)
        revocations.check(certificate, now)
        if certificate.role not in roles:
            wanted = ", ".join(sorted(role.value for role in roles))
            raise AuthorizationError(f"{certificate.name!r} is a {certificate.role.value}; this is for: {wanted}")
