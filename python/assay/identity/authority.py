"""The certificate authority: invites, enrols, replaces keys, revokes, and signs revocation lists.

One account index for each identity: a name (compared after NFKC and case folding) has one account for ever, replaced
keys keep it, and no key is certified twice. Every step is one transaction on the `Register`, so that a secret is used
up exactly when its certificate exists.
"""

from __future__ import annotations

import os
import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from assay.core.clock import Clock, system_clock, to_datetime
from assay.core.errors import AuthorizationError, InvalidInput, NotFound, RevokedError, StateError
from assay.identity.certificate import AuthorityCertificate, Certificate, checked_name, issue, key_names
from assay.identity.custody import SecretBytes
from assay.identity.enrolment import Application, Invitation, VerifyBabyJubjub, mac_key, verify_babyjubjub
from assay.identity.keys import SigningKey
from assay.identity.register import Register
from assay.identity.revocation import Reason, Revocation, RevocationList
from assay.identity.roles import Role

__all__ = ["DAY", "CertificateAuthority"]

DAY: Final = 86_400_000  # ms
_LABEL: Final = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")


class CertificateAuthority:
    """Runs one authority. Thread-safe; times in ms.

    `verify_babyjubjub(public_key, message, signature)` tells whether a Baby Jubjub signature on a 32-byte message
    verifies (and the key is a point of the right order); it is asked at every enrolment, and is EdDSA over Poseidon
    unless another is given.
    """

    def __init__(
        self,
        key: SigningKey,
        certificate: AuthorityCertificate,
        verify_babyjubjub: VerifyBabyJubjub = verify_babyjubjub,
        *,
        path: Path | None = None,
        clock: Clock = system_clock,
    ) -> None:
        if certificate.public_key != key.public:
            raise InvalidInput("the key is not that of the authority's certificate")
        self.certificate = certificate
        self._key = key
        self._verify_babyjubjub = verify_babyjubjub
        self._clock = clock
        self._register = Register(path, certificate.der)

    @classmethod
    def create(
        cls,
        name: str,
        verify_babyjubjub: VerifyBabyJubjub = verify_babyjubjub,
        *,
        path: Path | None = None,
        key: SigningKey | None = None,
        valid_for: int = 3650 * DAY,
        clock: Clock = system_clock,
    ) -> CertificateAuthority:
        """Begin a new authority with a self-signed certificate."""
        key = key or SigningKey.generate()
        now = clock()
        certificate = AuthorityCertificate.self_signed(name, key, now, now + valid_for)
        return cls(key, certificate, verify_babyjubjub, path=path, clock=clock)

    def close(self) -> None:
        """Close the file."""
        self._register.close()

    # --- step 1 -------------------------------------------------------------------------------------------------------

    def invite(
        self,
        name: str,
        role: Role,
        *,
        hosts: Sequence[str] = (),
        expires_in: int = DAY,
        valid_for: int = 365 * DAY,
        lost_keys: bool = False,
    ) -> Invitation:
        """Invite somebody to enrol as `name`; an earlier open invitation to that name no longer counts.

        `hosts` are DNS names for TLS. A name that has an account is refused (see `invite_to_rotate`), unless whoever
        runs the authority has made sure of the person and says `lost_keys`: the account then gets new keys without
        the consent of the old ones.
        """
        folded = _fold(checked_name(name))
        with self._register.transaction() as database:
            known = database.execute("SELECT role FROM identities WHERE folded = ?", (folded,)).fetchone()
            if known and not lost_keys:
                raise StateError(f"{name!r} has an account: invite to rotate its keys, or say that they are lost")
            if lost_keys and not known:
                raise NotFound(f"{name!r} has no account whose keys could be lost")
            if known and known[0] != role.value:
                raise InvalidInput(f"{name!r} is a {known[0]}; an identity keeps its role")
            return self._invite(database, name, folded, role, tuple(hosts), expires_in, valid_for, endorsed=False)

    def invite_to_rotate(
        self, name: str, *, hosts: Sequence[str] = (), expires_in: int = DAY, valid_for: int = 365 * DAY
    ) -> Invitation:
        """Invite an identity to replace its keys, with the consent of the current ones."""
        folded = _fold(name)
        with self._register.transaction() as database:
            known = database.execute("SELECT name, role FROM identities WHERE folded = ?", (folded,)).fetchone()
            if known is None:
                raise NotFound(f"{name!r} has no account")
            role = Role(known[1])
            return self._invite(database, known[0], folded, role, tuple(hosts), expires_in, valid_for, endorsed=True)

    def _invite(
        self,
        database: sqlite3.Connection,
        name: str,
        folded: str,
        role: Role,
        hosts: tuple[str, ...],
        expires_in: int,
        valid_for: int,
        *,
        endorsed: bool,
    ) -> Invitation:
        if expires_in <= 0 or valid_for < 1000:
            raise InvalidInput("an invitation lasts at least 1 ms, a certificate at least 1000")
        for host in hosts:
            if not _HOST.fullmatch(host):
                raise InvalidInput(f"{host!r} is not a DNS name (use the ASCII form)")
        identifier, secret = os.urandom(16), os.urandom(32)
        expires = self._clock() + expires_in
        database.execute("DELETE FROM invitations WHERE folded = ?", (folded,))
        database.execute(
            "INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (identifier, folded, name, role.value, "\n".join(hosts), mac_key(secret), expires, endorsed, valid_for),
        )
        return Invitation(identifier, self.certificate.fingerprint, name, role, expires, endorsed, SecretBytes(secret))

    # --- step 3 -------------------------------------------------------------------------------------------------------

    def enrol(self, application: Application) -> Certificate:
        """Check an application and sign the certificate; the invitation is used up. Old keys are superseded."""
        now = self._clock()
        with self._register.transaction() as database:
            row = database.execute(
                "SELECT folded, name, role, hosts, mac_key, expires, endorsed, valid_for FROM invitations "
                "WHERE identifier = ?",
                (application.invitation,),
            ).fetchone()
            if row is None:
                raise AuthorizationError("no such invitation is open: it was used, replaced or never made")
            folded, name, role, hosts, secret, expires, endorsed, valid_for = row
            application.check_mac(secret)
            if now >= expires:
                raise AuthorizationError(f"the invitation of {name!r} expired {to_datetime(expires)}: ask for another")
            fingerprint = self.certificate.fingerprint
            public = application.check_possession(fingerprint, name, self._verify_babyjubjub)
            index, generation, old = self._account(database, folded, name, role)
            if endorsed:
                assert old is not None
                self._check_in_force(database, old, now)
                application.check_endorsement(fingerprint, old.public_key)
            certificate = issue(
                self.certificate,
                self._key,
                name=name,
                role=Role(role),
                index=index,
                generation=generation,
                public_key=public,
                babyjubjub=application.babyjubjub,
                not_before=now,
                not_after=min(now + valid_for, self.certificate.not_after),
                hosts=tuple(hosts.split("\n")) if hosts else (),
            )
            for key in key_names(certificate):
                try:
                    database.execute("INSERT INTO certified_keys VALUES (?)", (key,))
                except sqlite3.IntegrityError:
                    raise AuthorizationError("one of the keys was certified before; make fresh ones") from None
            database.execute(
                "INSERT INTO certificates VALUES (?, ?, ?, ?, NULL, NULL)",
                (f"{certificate.serial:x}", index, generation, certificate.der),
            )
            if old is not None:
                self._revoke(database, old, Reason.SUPERSEDED, now)
            database.execute("DELETE FROM invitations WHERE identifier = ?", (application.invitation,))
        return certificate

    def _account(
        self, database: sqlite3.Connection, folded: str, name: str, role: str
    ) -> tuple[int, int, Certificate | None]:
        known = database.execute("SELECT account FROM identities WHERE folded = ?", (folded,)).fetchone()
        if known is None:
            (index,) = database.execute("SELECT COALESCE(MAX(account) + 1, 0) FROM identities").fetchone()
            database.execute("INSERT INTO identities VALUES (?, ?, ?, ?)", (index, folded, name, role))
            return index, 0, None
        newest = self._newest(database, known[0])
        return newest.index, newest.generation + 1, newest

    # --- revocation ---------------------------------------------------------------------------------------------------

    def revoke(self, index: int, reason: Reason = Reason.UNSPECIFIED) -> None:
        """Revoke the current certificate of account `index` as of now; publish a new `revocation_list` after it."""
        now = self._clock()
        with self._register.transaction() as database:
            certificate = self._newest(database, index)
            if self._entry(database, certificate) is not None:
                raise StateError(f"the certificate of {certificate.name!r} is revoked already")
            self._revoke(database, certificate, reason, now)

    def revocation_list(self, *, valid_for: int = 7 * DAY) -> RevocationList:
        """Sign a new revocation list, with the next number, that counts for `valid_for` ms."""
        now = self._clock()
        with self._register.transaction() as database:
            database.execute("UPDATE authority SET list_number = list_number + 1")
            (number,) = database.execute("SELECT list_number FROM authority").fetchone()
            rows = database.execute("SELECT serial, revoked, reason FROM certificates WHERE revoked IS NOT NULL")
            entries = {int(serial, 16): Revocation(time, Reason(reason)) for serial, time, reason in rows}
            return RevocationList.sign(
                self.certificate,
                self._key,
                number=number,
                this_update=now,
                next_update=now + valid_for,
                entries=entries,
            )

    def certificate_of(self, index: int) -> Certificate:
        """The newest certificate of account `index`."""
        with self._register.transaction() as database:
            return self._newest(database, index)

    def _newest(self, database: sqlite3.Connection, index: int) -> Certificate:
        row = database.execute(
            "SELECT der FROM certificates WHERE account = ? ORDER BY generation DESC LIMIT 1", (index,)
        ).fetchone()
        if row is None:
            raise NotFound(f"there is no account {index}")
        return Certificate(row[0])

    @staticmethod
    def _entry(database: sqlite3.Connection, certificate: Certificate) -> int | None:
        query = "SELECT revoked FROM certificates WHERE serial = ?"
        time: int | None = database.execute(query, (f"{certificate.serial:x}",)).fetchone()[0]
        return time

    def _check_in_force(self, database: sqlite3.Connection, certificate: Certificate, now: int) -> None:
        certificate.check_validity(now)
        if self._entry(database, certificate) is not None:
            raise RevokedError(f"the certificate of {certificate.name!r} is revoked: its key endorses nothing")

    def _revoke(self, database: sqlite3.Connection, certificate: Certificate, reason: Reason, now: int) -> None:
        database.execute(
            "UPDATE certificates SET revoked = ?, reason = ? WHERE serial = ? AND revoked IS NULL",
            (now - now % 1000, reason.value, f"{certificate.serial:x}"),
        )

    def __repr__(self) -> str:
        return f"<CertificateAuthority {self.certificate.name!r}>"


def _fold(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
