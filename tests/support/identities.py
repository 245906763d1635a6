"""A small world of identities for tests: a clock to turn, an authority, and enrolled participants.

The Baby Jubjub key is opaque to the identity room; here Ed25519 plays its part, with (public key, 0) for the point.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from assay.identity import CertificateAuthority, Credentials, SecretBytes, SigningKey, apply

START = 1_800_000_000_000  # ms
KINDS = ("p256", "ed25519")


class TurnableClock:
    def __init__(self, now=START):
        self.now = now

    def __call__(self):
        return self.now

    def turn(self, ms):
        self.now += ms


class SecondKey:
    """Stands in for a Baby Jubjub key."""

    def __init__(self):
        self.secret = Ed25519PrivateKey.generate()
        self.public = (int.from_bytes(self.secret.public_key().public_bytes_raw(), "big"), 0)

    def sign(self, message):
        return self.secret.sign(message)

    @staticmethod
    def verify(public, message, signature):
        try:
            Ed25519PublicKey.from_public_bytes(public[0].to_bytes(32, "big")).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def new_authority(clock, **options):
    return CertificateAuthority.create("Test authority", SecondKey.verify, clock=clock, **options)


def enrol(authority, name, role, *, kind="p256", **options):
    """Run all three steps; returns the credentials."""
    invitation = authority.invite(name, role, **options)
    key, second = SigningKey.generate(kind), SecondKey()
    certificate = authority.enrol(apply(invitation, key, second.public, second.sign))
    return Credentials(certificate, key, SecretBytes(second.secret.private_bytes_raw()))
