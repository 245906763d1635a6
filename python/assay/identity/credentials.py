"""What an identity holds: its certificate, its signing key, and (users and services) its Baby Jubjub secret.

Kept in a folder as `certificate.pem`, `key.pem` and `babyjubjub.secret`, the latter two of mode 0600.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from assay.core.errors import EncodingError, InvalidInput, NotFound
from assay.identity.certificate import Certificate
from assay.identity.custody import SecretBytes
from assay.identity.keys import SigningKey

__all__ = ["Credentials"]


@dataclass(frozen=True)
class Credentials:
    """A certificate with the keys that go with it."""

    certificate: Certificate
    key: SigningKey = field(repr=False)
    babyjubjub: SecretBytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.certificate.public_key != self.key.public:
            raise InvalidInput(f"the key is not that of {self.certificate!r}")

    def save(self, folder: Path, passphrase: bytes | None = None) -> None:
        """Write the three files into `folder`, which is made when missing; existing key files are not overwritten."""
        folder = Path(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.key.save(folder / "key.pem", passphrase)
        if self.babyjubjub is not None:
            self.babyjubjub.save(folder / "babyjubjub.secret", passphrase)
        (folder / "certificate.pem").write_bytes(self.certificate.pem)

    @classmethod
    def load(cls, folder: Path, passphrase: bytes | None = None) -> Credentials:
        """Read what `save` wrote."""
        folder = Path(folder)
        try:
            pem = (folder / "certificate.pem").read_bytes()
            certificate = Certificate(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER))
        except FileNotFoundError:
            raise NotFound(f"there is no certificate.pem in {folder}") from None
        except ValueError as error:
            raise EncodingError(f"{folder / 'certificate.pem'} is not a certificate: {error}") from None
        key = SigningKey.load(folder / "key.pem", passphrase)
        path = folder / "babyjubjub.secret"
        return cls(certificate, key, SecretBytes.load(path, passphrase) if path.exists() else None)
