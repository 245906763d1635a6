"""HPKE (RFC 9180), base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, written from the RFC.

The obvious reference for the implementation that the store uses; the names are those of the RFC.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

KEM_SUITE = b"KEM" + (0x0020).to_bytes(2, "big")
HPKE_SUITE = b"HPKE" + (0x0020).to_bytes(2, "big") + (0x0001).to_bytes(2, "big") + (0x0003).to_bytes(2, "big")


def labeled_extract(suite, salt, label, ikm):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, hashlib.sha256)


def labeled_expand(suite, prk, label, info, length):
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    out = block = b""
    counter = 1
    while len(out) < length:
        block = hmac.digest(prk, block + labeled + bytes([counter]), hashlib.sha256)
        out, counter = out + block, counter + 1
    return out[:length]


def shared_secret(dh, enc, recipient):
    prk = labeled_extract(KEM_SUITE, b"", b"eae_prk", dh)
    return labeled_expand(KEM_SUITE, prk, b"shared_secret", enc + recipient, 32)


def key_schedule(secret, info):
    """(key, base nonce) of base mode."""
    context = b"\x00" + labeled_extract(HPKE_SUITE, b"", b"psk_id_hash", b"")
    context += labeled_extract(HPKE_SUITE, b"", b"info_hash", info)
    prk = labeled_extract(HPKE_SUITE, secret, b"secret", b"")
    return labeled_expand(HPKE_SUITE, prk, b"key", context, 32), labeled_expand(
        HPKE_SUITE, prk, b"base_nonce", context, 12
    )


def seal(recipient, info, plaintext, aad=b"", ephemeral=None):
    """enc || ciphertext, as `Suite.encrypt` gives it; `ephemeral` 32 bytes, else fresh."""
    sender = X25519PrivateKey.from_private_bytes(ephemeral) if ephemeral else X25519PrivateKey.generate()
    enc = sender.public_key().public_bytes_raw()
    dh = sender.exchange(X25519PublicKey.from_public_bytes(recipient))
    key, nonce = key_schedule(shared_secret(dh, enc, recipient), info)
    return enc + ChaCha20Poly1305(key).encrypt(nonce, plaintext, aad)


def unseal(private, info, sealed, aad=b""):
    """The plaintext of enc || ciphertext; `private` 32 bytes."""
    receiver = X25519PrivateKey.from_private_bytes(private)
    enc = sealed[:32]
    dh = receiver.exchange(X25519PublicKey.from_public_bytes(enc))
    key, nonce = key_schedule(shared_secret(dh, enc, receiver.public_key().public_bytes_raw()), info)
    return ChaCha20Poly1305(key).decrypt(nonce, sealed[32:], aad)
