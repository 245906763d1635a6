"""Sealed objects, their headers, chunks and wrapped keys under attack: everything changed is refused."""

import io

import pytest
from contract.store_contract import content

from assay.core.errors import EncodingError, InvalidInput, NotFound, VerificationError
from assay.store import Cid, Codec, DamagedSeal, FolderStore, Keyring, NoKey, Recipient, RecipientKey, Vault
from assay.store.sealing import CHUNK, HEADER, TAG, Sealer, unsealed

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
SEALED_CHUNK = CHUNK + TAG
DATA = content(3 * CHUNK + 100)


def seal(data, key=KEY):
    return Sealer(key, io.BytesIO(data)).readall()


def unseal(sealed, key=KEY):
    return b"".join(unsealed(key, [sealed]))


@pytest.fixture(scope="module")
def sealed():
    data = seal(DATA)
    assert unseal(data) == DATA
    return data


def parts(sealed):
    body = sealed[HEADER:]
    return sealed[:HEADER], [body[at : at + SEALED_CHUNK] for at in range(0, len(body), SEALED_CHUNK)]


def refused(sealed, key=KEY, match=None):
    """Refused, and all that was yielded before is a true beginning, never the whole."""
    got = []
    with pytest.raises(DamagedSeal, match=match):
        got.extend(iter(unsealed(key, [sealed])))
    assert DATA.startswith(b"".join(got))
    return sum(map(len, got))


def test_every_flipped_bit_of_a_small_object():
    small = seal(b"attack at dawn")
    for bit in range(8 * len(small)):
        wrong = bytearray(small)
        wrong[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DamagedSeal):
            unseal(bytes(wrong))


@pytest.mark.parametrize("chunk", range(4))
def test_a_flipped_bit_in_a_chunk(sealed, chunk):
    wrong = bytearray(sealed)
    wrong[HEADER + chunk * SEALED_CHUNK + 50] ^= 4
    assert refused(bytes(wrong), match=f"chunk {chunk} ") == chunk * CHUNK


def test_every_truncation_of_a_small_object():
    small = seal(b"attack at dawn")
    for size in range(len(small)):
        with pytest.raises(DamagedSeal):
            unseal(small[:size])


def test_truncations_at_and_around_chunks(sealed):
    for chunks in range(5):
        for change in (-1, 0, 1, TAG, -TAG):
            size = HEADER + chunks * SEALED_CHUNK + change
            if 0 <= size < len(sealed):
                refused(sealed[:size])


def test_bytes_behind_the_end(sealed):
    for more in (b"\0", bytes(TAG), bytes(SEALED_CHUNK), sealed[-100:], sealed):
        refused(sealed + more)


def test_chunks_moved_repeated_and_left_out(sealed):
    header, (a, b, c, d) = parts(sealed)
    for order in (
        [b, a, c, d],
        [a, c, b, d],
        [a, b, b, d],
        [a, a, b, c, d],
        [a, b, d],
        [b, c, d],
        [d],
        [a, b, c, d, d],
        [a, b, d, c],
        [],
    ):
        refused(header + b"".join(order))


def test_chunks_of_another_object(sealed):
    """Also under the same key, which the rule of one key an object forbids: the salts differ."""
    for other in (seal(DATA), seal(DATA, OTHER)):
        header, (a, b, c, d) = parts(sealed)
        foreign, (_, q, _, z) = parts(other)
        refused(header + a + q + c + d, match="chunk 1 ")
        refused(header + a + b + c + z, match="chunk 3 ")
        refused(foreign + a + b + c + d)


def test_a_header_of_another_object(sealed):
    header, chunks = parts(sealed)
    foreign, _ = parts(seal(DATA))
    mixed = [foreign, header[:44] + foreign[44:], foreign[:44] + header[44:], b"assaysld\0\0\0\2" + header[12:]]
    for wrong in mixed:
        refused(wrong + b"".join(chunks))


def test_another_key(sealed):
    assert refused(sealed, OTHER, match="another key") == 0
    for wrong in (b"", bytes(31), bytes(33)):
        with pytest.raises(InvalidInput):
            unseal(sealed, wrong)
        with pytest.raises(InvalidInput):
            seal(b"", wrong)


def test_no_sealed_object_at_all():
    for wrong in (b"", b"hello", bytes(HEADER), bytes(1000)):
        with pytest.raises(DamagedSeal, match="not a sealed object"):
            unseal(wrong)


def test_an_empty_last_chunk_is_not_canonical():
    """A writer that ends a full chunk with an empty one gives a second form of the same object: refused."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from assay.store import sealing

    header = seal(b"")[:HEADER]
    stream_key, _ = sealing._schedule(KEY, header[12:44])
    aead = AESGCM(stream_key)
    full = aead.encrypt(sealing._nonce(0, False), bytes(CHUNK), header)
    empty = aead.encrypt(sealing._nonce(1, True), b"", header)
    with pytest.raises(DamagedSeal, match="cut short"):
        unseal(header + full + empty)


# --- in a vault -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people():
    return [RecipientKey.generate() for _ in range(3)]


@pytest.fixture
def vault(tmp_path):
    return Vault(FolderStore(tmp_path / "blobs"), Keyring(tmp_path / "keys"))


def key_path(vault, cid, recipient):
    return vault.keyring.path / "keys" / str(cid)[-3:-1] / str(cid) / str(recipient)


def test_nothing_half_is_written(vault, people, tmp_path):
    """A forged object whose hash is right, because the forger stored it: the copy does not appear at all."""
    cid = vault.seal(io.BytesIO(DATA), [people[0].recipient])
    wrapped_key = vault.keyring.unwrap(cid, people[0])
    stored = vault.store.get(cid)
    forged = vault.store.put(stored[: HEADER + 2 * SEALED_CHUNK])
    vault.keyring.add(forged, people[0].recipient, people[0].recipient.wrap(forged, wrapped_key))
    (tmp_path / "old").write_bytes(b"what was there")
    for path in (tmp_path / "new", tmp_path / "old"):
        with pytest.raises(DamagedSeal, match="chunk 1 "):
            vault.open_to(forged, people[0], path)
    assert not (tmp_path / "new").exists()
    assert (tmp_path / "old").read_bytes() == b"what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blobs", "keys", "old"]


def test_the_wrong_recipient(vault, people):
    alice, bob, eve = people
    cid = vault.seal(io.BytesIO(DATA), [alice.recipient, bob.recipient])
    with pytest.raises(NoKey):
        vault.open(cid, eve)
    for thief, owner in ((eve, alice), (bob, alice)):  # another's wrapped key under one's own name
        key_path(vault, cid, thief.recipient).unlink(missing_ok=True)
        key_path(vault, cid, thief.recipient).write_bytes(vault.keyring.wrapped(cid, owner.recipient))
        key_path(vault, cid, thief.recipient).chmod(0o600)
        with pytest.raises(DamagedSeal, match="does not open"):
            vault.open(cid, thief)


def test_wrapped_keys_of_two_objects_swapped(vault, people):
    alice = people[0]
    one, two = (vault.seal(io.BytesIO(data), [alice.recipient]) for data in (DATA, DATA[::-1]))
    a, b = (key_path(vault, cid, alice.recipient) for cid in (one, two))
    first, second = a.read_bytes(), b.read_bytes()
    a.write_bytes(second)
    b.write_bytes(first)
    for cid in (one, two):
        with pytest.raises(DamagedSeal, match=str(cid)):
            vault.open(cid, alice)


def test_every_byte_of_a_wrapped_key_counts(vault, people):
    alice = people[0]
    cid = vault.seal(io.BytesIO(b"x"), [alice.recipient])
    path = key_path(vault, cid, alice.recipient)
    good = path.read_bytes()
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 0x80 if at == 31 else good[at] ^ 1]) + good[at + 1 :])
        if at == 31:  # RFC 7748 ignores the highest bit of a coordinate; HPKE's key schedule takes it in
            pass
        with pytest.raises(DamagedSeal):
            vault.open(cid, alice)
    for wrong in (b"", good[:-1], good + b"\0", bytes(80)):
        path.write_bytes(wrong)
        with pytest.raises(DamagedSeal):
            vault.open(cid, alice)


def test_the_objects_of_two_stores_mixed_up(vault, people):
    """The wrapped key is right, and the object under its name is another's: the store refuses first."""
    alice = people[0]
    one, two = (vault.seal(io.BytesIO(data), [alice.recipient]) for data in (b"one", b"two"))
    blocks = vault.store.path / "blocks"
    (blocks / str(one)[-3:-1] / str(one)).write_bytes((blocks / str(two)[-3:-1] / str(two)).read_bytes())
    with pytest.raises(VerificationError, match="hash to"):
        b"".join(vault.open(one, alice))


def test_what_was_never_sealed(vault, people):
    cid = vault.store.put(b"plain bytes")
    with pytest.raises(NotFound):
        vault.open(cid, people[0])
    vault.keyring.add(cid, people[0].recipient, people[0].recipient.wrap(cid, KEY))
    with pytest.raises(DamagedSeal, match="not a sealed object"):
        b"".join(vault.open(cid, people[0]))


def test_points_of_small_order_are_no_recipients():
    cid = Cid.of(Codec.RAW, b"")
    for point in (0, 1, 2**255 - 19, 2**255 - 18, 2**255 - 20):
        with pytest.raises(InvalidInput, match="no usable"):
            Recipient(point.to_bytes(32, "little")).wrap(cid, KEY)
    with pytest.raises(InvalidInput):
        RecipientKey.generate().recipient.wrap(cid, KEY[:-1])


def test_an_erasure_cannot_be_undone_with_an_old_key_file(vault, people):
    from assay.store import KeyErased

    alice = people[0]
    cid = vault.seal(io.BytesIO(b"x"), [alice.recipient])
    saved = vault.keyring.wrapped(cid, alice.recipient)
    vault.erase(cid)
    with pytest.raises(KeyErased):
        vault.keyring.add(cid, alice.recipient, saved)


def test_a_foreign_name_among_the_keys(vault, people):
    cid = vault.seal(io.BytesIO(b"x"), [people[0].recipient])
    (key_path(vault, cid, people[0].recipient).parent / "readme").touch()
    with pytest.raises(EncodingError, match="readme"):
        vault.keyring.recipients(cid)
