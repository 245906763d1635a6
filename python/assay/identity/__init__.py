"""Who somebody is: certificate authority, roles, enrolment, revocation, key custody.

- `roles`: data owner, model owner, user, recognition service, registrar, operator
- `keys`: ECDSA P-256 and Ed25519 private keys, signatures in tagged domains; `signatures`: their verification, many
  at once
- `custody`: key files, secret bytes; `credentials`: all that one identity holds
- `certificate`: X.509 with the account extension; `revocation`: signed lists; `trust`: both, checked at each use
- `enrolment`: the messages of the three steps; `authority`: who answers them
"""

from assay.identity.authority import CertificateAuthority
from assay.identity.certificate import AuthorityCertificate, Certificate
from assay.identity.credentials import Credentials
from assay.identity.custody import SecretBytes
from assay.identity.enrolment import Application, Invitation, apply
from assay.identity.keys import SealingKey, SigningKey
from assay.identity.revocation import Reason, RevocationList
from assay.identity.roles import EVERYONE, Role
from assay.identity.signatures import verify_signatures
from assay.identity.trust import TrustStore

__all__ = [
    "EVERYONE",
    "Application",
    "AuthorityCertificate",
    "Certificate",
    "CertificateAuthority",
    "Credentials",
    "Invitation",
    "Reason",
    "RevocationList",
    "Role",
    "SealingKey",
    "SecretBytes",
    "SigningKey",
    "TrustStore",
    "apply",
    "verify_signatures",
]
