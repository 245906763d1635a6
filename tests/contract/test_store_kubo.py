"""The store on a Kubo node: the contract of all stores, against a server of the node's interface."""

import io
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from contract.store_contract import SMALL, StoreContract, content
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support import kubo_node

from assay.core.errors import InvalidInput, SystemFailure
from assay.store import KUBO_RAW_LEAVES, Keyring, KuboStore, RecipientKey, Vault


@pytest.fixture
def node():
    with kubo_node.running() as node:
        yield node


class TestKuboStore(StoreContract):
    @pytest.fixture
    def store(self, node):
        self.node = node
        store = KuboStore(node.url, SMALL, timeout=30)
        yield store
        store.close()

    def remove(self, store, cid):
        del self.node.blocks[cid.digest]


@pytest.fixture
def store(node):
    store = KuboStore(node.url, timeout=30)
    yield store
    store.close()


def test_a_file_is_one_request(node, store):
    cid = store.add(io.BytesIO(bytes(262_145)))
    assert str(cid) == "bafybeigllfqgfpqydppr6cmv56g7ax4wyhruzswvcefv6j5kj77nzttfki"
    ((command, options, headers),) = node.requests
    assert command == "add"
    assert headers["Transfer-Encoding"] == "chunked"
    assert options == {
        "chunker": "size-262144",
        "max-file-links": "174",
        "raw-leaves": "true",
        "cid-version": "1",
        "hash": "sha2-256",
        "trickle": "false",
        "wrap-with-directory": "false",
        "progress": "false",
        "pin": "true",
        "offline": "true",
    }
    assert store.profile == KUBO_RAW_LEAVES


def test_every_request_stays_off_the_network(node, store):
    cid = store.put(content(10))
    store.get(cid)
    store.has(cid)
    store.pin(cid)
    list(store.pins())
    store.unpin(cid)
    store.collect()
    store.put_block(0x55, b"x")
    assert {command for command, _, _ in node.requests} == {
        "add",
        "block/get",
        "block/stat",
        "pin/add",
        "pin/ls",
        "pin/rm",
        "repo/stat",
        "repo/gc",
        "block/put",
    }
    assert all(options["offline"] == "true" for _, options, _ in node.requests)


def test_authorization_is_sent(node):
    store = KuboStore(node.url, authorization="Bearer s3cret")
    store.put(b"x")
    store.get(store.put(b"x"))
    assert all(headers["Authorization"] == "Bearer s3cret" for _, _, headers in node.requests)
    assert "s3cret" not in repr(store)


def test_sealed_objects_on_a_node(store, tmp_path):
    alice = RecipientKey.generate()
    vault = Vault(store, Keyring(tmp_path / "keys"))
    cid = vault.seal(io.BytesIO(content(200_000)), [alice.recipient])
    assert b"".join(vault.open(cid, alice)) == content(200_000)
    assert list(store.pins()) == [cid]


def test_pins_of_other_kinds_are_passed_over(node, store):
    cid = store.put(b"x")
    foreign = [
        {"Cid": "bafyreigllfqgfpqydppr6cmv56g7ax4wyhruzswvcefv6j5kj77nzttfki", "Type": "recursive"},
        {"Cid": "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn", "Type": "recursive"},
    ]
    node.tamper = lambda command, options, status, body: (status, body + b"".join(map(kubo_node.line, foreign)))
    assert [str(pin) for pin in store.pins()] == [
        str(cid),
        "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354",
    ]


def test_a_kept_connection_that_the_node_closed(node, store):
    cid = store.put(b"x")
    connection = store._rpc._connection()
    connection.sock.shutdown(socket.SHUT_RDWR)
    assert store.get(cid) == b"x"
    assert store.put(b"y") != cid


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:5001", "ftp://127.0.0.1", "http://", "http://user:word@127.0.0.1:5001", "http://h/?a=b", "/ip4/1"],
)
def test_addresses_that_are_none(url):
    with pytest.raises(InvalidInput):
        KuboStore(url)
    with pytest.raises(InvalidInput):
        KuboStore("http://127.0.0.1:5001", timeout=0)


def self_signed(path):
    """A certificate for 127.0.0.1 and its key, in one PEM file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = builder.add_extension(address, True).sign(key, hashes.SHA256())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    return path


def test_over_tls(tmp_path):
    pem = self_signed(tmp_path / "node.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with kubo_node.running(context) as node:
        store = KuboStore(node.url, ca_file=str(pem), timeout=30)
        assert store.get(store.put(content(300_000))) == content(300_000)
        store.close()
        for other in ({}, {"ca_file": str(self_signed(tmp_path / "other.pem"))}):
            with pytest.raises(SystemFailure, match="CERTIFICATE_VERIFY_FAILED"):
                KuboStore(node.url, timeout=30, **other).put(b"x")
        assert len(node.requests) == 4


def test_nobody_listens():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        store = KuboStore(f"http://127.0.0.1:{reserved.getsockname()[1]}", timeout=5)
        for call in (lambda: store.put(b"x"), lambda: store.collect(), lambda: list(store.pins())):
            with pytest.raises(SystemFailure, match="cannot be asked"):
                call()
