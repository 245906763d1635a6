"""Sealed objects: any size comes back, for those it was sealed for; keys are shared, withdrawn and erased."""

import io
import random

import pytest
from contract.store_contract import SMALL, content

from assay.core.errors import AuthorizationError, EncodingError, InvalidInput, StateError
from assay.store import FolderStore, KeyErased, Keyring, NoKey, Recipient, RecipientKey, Vault
from assay.store.sealing import CHUNK, HEADER, TAG, Sealer, sealed_size, unsealed

SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17]
KEY = bytes(range(32))


@pytest.fixture(scope="module")
def people():
    return [RecipientKey.generate() for _ in range(3)]


@pytest.fixture
def vault(tmp_path):
    return Vault(FolderStore(tmp_path / "blobs"), Keyring(tmp_path / "keys"))


@pytest.fixture
def sealed(vault, people):
    return vault.seal(io.BytesIO(content(200)), [people[0].recipient])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [1000, CHUNK + TAG, 1 << 20])
def test_a_stream_comes_back(size, step):
    data = content(size)
    sealer = Sealer(KEY, io.BytesIO(data))
    sealed = b""
    while piece := sealer.read(step):
        sealed += piece
    assert len(sealed) == sealed_size(size) == HEADER + size + TAG * max(1, -(-size // CHUNK))
    pieces = [sealed[at : at + step] for at in range(0, len(sealed), step)]
    assert b"".join(unsealed(KEY, pieces)) == data


def test_two_sealings_share_nothing():
    one, two = (Sealer(KEY, io.BytesIO(bytes(5000))).readall() for _ in range(2))
    assert one[:12] == two[:12] == b"assaysld\0\0\0\1"
    same = sum(a == b for a, b in zip(one[12:], two[12:], strict=True))
    assert same < 60  # 1 in 256 of 5080


@pytest.mark.parametrize("size", SIZES)
def test_sealed_and_opened(vault, people, size, tmp_path):
    (tmp_path / "plain").write_bytes(content(size))
    alice, bob, eve = people
    cid = vault.seal(tmp_path / "plain", [alice.recipient, bob.recipient])
    for person in (alice, bob):
        assert b"".join(vault.open(cid, person)) == content(size)
    with pytest.raises(NoKey, match=str(eve.recipient)):
        vault.open(cid, eve)
    vault.open_to(cid, alice, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content(size)
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    assert set(vault.keyring.recipients(cid)) == {alice.recipient, bob.recipient}
    assert list(vault.store.pins()) == [cid]


def test_nothing_of_the_plaintext_is_stored(vault, people, tmp_path):
    data = b"a very particular secret " * 1000
    vault.seal(io.BytesIO(data), [people[0].recipient])
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"particular" not in path.read_bytes()


def test_the_same_file_sealed_twice_has_two_names(vault, people):
    assert len({vault.seal(io.BytesIO(b"same"), [people[0].recipient]) for _ in range(3)}) == 3


def test_sealed_for_nobody_or_twice(vault, people):
    for wrong in ([], [people[0].recipient] * 2):
        with pytest.raises(InvalidInput, match="different recipients"):
            vault.seal(io.BytesIO(b""), wrong)
    assert list(vault.store.pins()) == []


def test_a_source_that_breaks_leaves_no_pin_and_no_key(vault, people):
    class Broken(io.BytesIO):
        def readinto(self, buffer):
            if self.tell() > CHUNK:
                raise RuntimeError("broke")
            return super().readinto(buffer)

    with pytest.raises(RuntimeError, match="broke"):
        vault.seal(Broken(bytes(5 * CHUNK)), [people[0].recipient])
    assert list(vault.store.pins()) == []
    assert list((vault.keyring.path / "keys").iterdir()) == []
    vault.store.collect()
    assert list(vault.store.blocks()) == []


# --- keys -------------------------------------------------------------------------------------------------------------


def test_sharing_leaves_the_object_alone(vault, people, sealed):
    alice, bob, eve = people
    before = {path: path.read_bytes() for path in vault.store.path.rglob("*") if path.is_file()}
    vault.share(sealed, alice, bob.recipient)
    assert b"".join(vault.open(sealed, bob)) == content(200)
    assert {path: path.read_bytes() for path in vault.store.path.rglob("*") if path.is_file()} == before
    with pytest.raises(StateError, match="already"):
        vault.share(sealed, alice, bob.recipient)
    with pytest.raises(NoKey):
        vault.share(sealed, eve, eve.recipient)


def test_a_wrapped_key_travels(vault, people, sealed, tmp_path):
    wrapped = vault.keyring.wrapped(sealed, people[0].recipient)
    elsewhere = Vault(vault.store, Keyring(tmp_path / "elsewhere"))
    with pytest.raises(NoKey):
        elsewhere.open(sealed, people[0])
    elsewhere.keyring.add(sealed, people[0].recipient, wrapped)
    assert b"".join(elsewhere.open(sealed, people[0])) == content(200)
    with pytest.raises(EncodingError):
        elsewhere.keyring.add(sealed, people[1].recipient, wrapped[:-1])


def test_withdrawing(vault, people, sealed):
    alice, bob, _ = people
    vault.share(sealed, alice, bob.recipient)
    vault.keyring.withdraw(sealed, alice.recipient)
    assert vault.keyring.recipients(sealed) == (bob.recipient,)
    with pytest.raises(NoKey):
        vault.open(sealed, alice)
    assert b"".join(vault.open(sealed, bob)) == content(200)
    with pytest.raises(NoKey):
        vault.keyring.withdraw(sealed, alice.recipient)


def test_erasing(vault, people, sealed, monkeypatch):
    alice, bob, _ = people
    vault.share(sealed, alice, bob.recipient)
    paths = [path for path in (vault.keyring.path / "keys").rglob("*") if path.is_file()]
    wrapped = vault.keyring.wrapped(sealed, alice.recipient)
    assert len(paths) == 2
    kept = [path.open("rb") for path in paths]  # the files as the disk has them, after they are deleted
    assert vault.erase(sealed) == 2
    for file in kept:
        assert file.read() == bytes(80)
        file.close()
    assert [path for path in (vault.keyring.path / "keys").rglob("*") if path.is_file()] == []
    for call in (
        lambda: vault.open(sealed, alice),
        lambda: vault.share(sealed, bob, alice.recipient),
        lambda: vault.keyring.add(sealed, alice.recipient, wrapped),
        lambda: vault.keyring.recipients(sealed),
        lambda: vault.keyring.withdraw(sealed, alice.recipient),
    ):
        with pytest.raises(KeyErased, match=str(sealed)):
            call()
    assert vault.keyring.is_erased(sealed)
    assert vault.store.get(sealed)  # the sealed bytes are as they were: nobody can read them
    assert vault.erase(sealed) == 0


def test_an_interrupted_erasure_is_finished(vault, people, sealed, monkeypatch):
    import assay.store.keyring as module

    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "destroy_private", interrupted)
    with pytest.raises(KeyboardInterrupt):
        vault.erase(sealed)
    monkeypatch.undo()
    with pytest.raises(KeyErased):
        vault.open(sealed, people[0])
    assert vault.erase(sealed) == 1
    assert [path for path in (vault.keyring.path / "keys").rglob("*") if path.is_file()] == []


def test_other_objects_survive_an_erasure(vault, people, sealed):
    other = vault.seal(io.BytesIO(b"other"), [people[0].recipient])
    vault.erase(sealed)
    assert b"".join(vault.open(other, people[0])) == b"other"
    with pytest.raises(NoKey):
        vault.erase(vault.store.put(b"never sealed"))


# --- custody ----------------------------------------------------------------------------------------------------------


def test_a_recipients_key_file(people, tmp_path):
    people[0].save(tmp_path / "plain.pem")
    people[0].save(tmp_path / "locked.pem", b"correct horse")
    assert (tmp_path / "plain.pem").stat().st_mode & 0o777 == 0o600
    assert RecipientKey.load(tmp_path / "plain.pem").recipient == people[0].recipient
    assert RecipientKey.load(tmp_path / "locked.pem", b"correct horse").recipient == people[0].recipient
    with pytest.raises(EncodingError):
        RecipientKey.load(tmp_path / "locked.pem", b"wrong")
    with pytest.raises(StateError):
        RecipientKey.load(tmp_path / "locked.pem")
    with pytest.raises(StateError, match="never overwritten"):
        people[1].save(tmp_path / "plain.pem")
    (tmp_path / "plain.pem").chmod(0o644)
    with pytest.raises(AuthorizationError, match="chmod 600"):
        RecipientKey.load(tmp_path / "plain.pem")


def test_a_key_of_another_kind(tmp_path):
    from assay.identity import SigningKey

    SigningKey.generate().save(tmp_path / "p256.pem")
    with pytest.raises(EncodingError, match="another kind"):
        RecipientKey.load(tmp_path / "p256.pem")


def test_a_private_key_is_silent(people):
    import pickle

    assert "private" in repr(people[0])
    assert str(people[0].recipient) in repr(people[0])
    with pytest.raises(StateError):
        pickle.dumps(people[0])


def test_recipients_in_text(people):
    recipient = people[0].recipient
    assert Recipient.parse(str(recipient)) == recipient
    for wrong in ("", "00", str(recipient).upper(), str(recipient) + "00", " " + str(recipient)[1:], "zz" * 32):
        with pytest.raises(InvalidInput):
            Recipient.parse(wrong)


def test_keyring_folders(tmp_path, vault):
    assert vault.keyring.path.stat().st_mode & 0o777 == 0o700
    Keyring(vault.keyring.path)
    vault.keyring.path.chmod(0o755)
    with pytest.raises(StateError, match="chmod 700"):
        Keyring(vault.keyring.path)
    (tmp_path / "other").mkdir(mode=0o700)
    (tmp_path / "other" / "thing").touch()
    with pytest.raises(StateError, match="'thing'"):
        Keyring(tmp_path / "other")


def test_wrapped_keys_are_private(vault, sealed):
    (path,) = [path for path in (vault.keyring.path / "keys").rglob("*") if path.is_file()]
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(AuthorizationError, match="open to others"):
        vault.keyring.wrapped(sealed, vault.keyring.recipients(sealed)[0])


def test_in_a_store_of_any_profile(tmp_path, people):
    vault = Vault(FolderStore(tmp_path / "blobs", SMALL), Keyring(tmp_path / "keys"))
    data = random.Random(1).randbytes(700)
    cid = vault.seal(io.BytesIO(data), [people[0].recipient])
    assert b"".join(vault.open(cid, people[0])) == data
    assert list((tmp_path / "keys" / "erased").iterdir()) == []
