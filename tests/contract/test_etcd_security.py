"""TLS and authentication of etcd: a ledger works through both, and whoever lacks either gets nowhere."""

import datetime
import ipaddress
import time
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from support.etcd import running
from support.ledgers import World, add

from assay.core.errors import InvalidInput
from assay.ledger import verify_ledger
from assay.ledger.etcd.engine import EtcdEngine
from assay.ledger.etcd.errors import AuthFailed, Unavailable
from assay.ledger.etcd.gateway import Gateway
from assay.ledger.etcd.messages import Call, Enumeration, Message
from assay.ledger.etcd.watch import Watch

NOTHING = Message()
ADD_USER = Call("Auth/UserAdd", "auth/user/add", Message(name=(1, str), password=(2, str)), NOTHING)
ADD_ROLE = Call("Auth/RoleAdd", "auth/role/add", Message(name=(1, str)), NOTHING)
GRANT_ROLE = Call("Auth/UserGrantRole", "auth/user/grant", Message(user=(1, str), role=(2, str)), NOTHING)
PERMISSION = Message(permType=(1, Enumeration(("READ", "WRITE", "READWRITE"))), key=(2, bytes), range_end=(3, bytes))
PERMIT = Call("Auth/RoleGrantPermission", "auth/role/grant", Message(name=(1, str), perm=(2, PERMISSION)), NOTHING)
ENABLE = Call("Auth/AuthEnable", "auth/enable", NOTHING, NOTHING)


class Authority:
    """A certificate authority that lasts for a test."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign(name, self.key.public_key(), ca=True)
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name, hosts=("127.0.0.1",)):
        """Paths of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, secret = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        signed = self._sign(name, key.public_key(), hosts=hosts)
        certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        secret.write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
        return certificate, secret

    def _sign(self, name, public, *, ca=False, hosts=()):
        now = datetime.datetime.now(datetime.UTC)
        usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.name)]))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if hosts:
            names = [x509.IPAddress(ipaddress.ip_address(host)) for host in hosts]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        return builder.sign(self.key, hashes.SHA256())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("security")


@pytest.fixture(scope="module")
def authority(folder):
    return Authority(folder, "authority")


@pytest.fixture(scope="module")
def client(authority):
    return authority.issue("client")


@pytest.fixture(scope="module")
def cluster(folder, authority, client):
    """Three nodes that ask each client for a certificate and, once the users are made, for a password too."""
    certificate, key = authority.issue("node")
    options = [
        "--cert-file", str(certificate), "--key-file", str(key), "--client-cert-auth",
        "--trusted-ca-file", str(authority.path), "--auth-token-ttl", "2",
    ]  # fmt: skip
    with running(folder / "cluster", options=options, start=False) as cluster:
        address = replace(cluster.address, ca=authority.path, cert=client[0], key=client[1])
        cluster.start(tied=True, address=address)
        gateway = Gateway(address)
        permission = {"permType": "READWRITE", "key": b"/ours/", "range_end": b"/ours0"}
        for call, question in [
            (ADD_USER, {"name": "root", "password": "root's"}),
            (ADD_ROLE, {"name": "root"}),
            (GRANT_ROLE, {"user": "root", "role": "root"}),
            (ADD_USER, {"name": "ada", "password": "ada's"}),
            (ADD_ROLE, {"name": "ledger"}),
            (GRANT_ROLE, {"user": "ada", "role": "ledger"}),
            (PERMIT, {"name": "ledger", "perm": permission}),
            (ENABLE, {}),
        ]:
            gateway.transport.call(call, question, repeatable=True)
        gateway.close()
        yield cluster


@pytest.fixture(params=["grpc", "json"])
def address(cluster, authority, client, folder, request):
    (folder / "password").write_text("ada's\n")
    return replace(
        cluster.address, ca=authority.path, cert=client[0], key=client[1], user="ada", prefix="/ours/",
        password_file=folder / "password", wire=request.param,
    )  # fmt: skip


@pytest.fixture
def world():
    return World()


def test_a_ledger_behind_tls_and_passwords(world, address):
    with (
        EtcdEngine(str(address), registry=world.registry, clock=world.clock) as engine,
        engine.create(f"chain-{address.wire}", world.genesis, world.key) as leader,
        engine.open(f"chain-{address.wire}", forwarding=True) as other,
    ):
        user, operator = world.clients(other)
        assert user.submit("tally", "add", add(5)).result == 5
        assert world.clients(leader)[0].submit("tally", "add", add(5)).result == 10
        time.sleep(3.5)  # the tokens of whoever did nothing have expired by now
        assert operator.submit("tally", "add", add(5)).result == 15
        assert verify_ledger(other, world.registry).transactions == 3
        assert f"chain-{address.wire}" in engine.channels()


def test_tokens_are_renewed(address):
    gateway = Gateway(address)
    gateway.put(b"/ours/a", b"1")
    gateway.transport._token = "nonsense.1"
    gateway.put(b"/ours/a", b"2")
    assert gateway.range(b"/ours/a").pairs[0].value == b"2"
    gateway.transport._token = "nonsense.1"
    watch = Watch(gateway, b"/ours/", b"/ours0", after=gateway.range(b"/ours/a").revision - 1)
    assert next(iter(watch))[0].pair.value == b"2"
    watch.close()
    gateway.close()


def test_wrong_and_missing_passwords(address, folder):
    (folder / "wrong").write_text("guess")
    for bad in (
        replace(address, password_file=folder / "wrong"),
        replace(address, user="eve"),
        replace(address, user=""),
    ):
        gateway = Gateway(bad)
        with pytest.raises(AuthFailed) as caught:
            gateway.range(b"/ours/a")
        assert "guess" not in str(caught.value)
        with pytest.raises(AuthFailed):
            gateway.put(b"/ours/a", b"x")
        gateway.close()


def test_keys_of_others(address):
    gateway = Gateway(address)
    for attempt in (gateway.range, lambda key: gateway.put(key, b""), gateway.delete):
        with pytest.raises(AuthFailed, match="permission denied"):
            attempt(b"/theirs/a")
    gateway.close()


def test_wrong_and_missing_certificates(address, folder, cluster):
    stranger = Authority(folder, "stranger")
    certificate, key = stranger.issue("impostor")
    for bad in (
        replace(address, ca=stranger.path),  # a server that we have no reason to believe
        replace(address, cert=certificate, key=key),  # a client that it has no reason to believe
        replace(address, cert=None, key=None),
        replace(cluster.address, prefix="/ours/", wire=address.wire),  # without TLS
    ):
        gateway = Gateway(bad)
        with pytest.raises((Unavailable, AuthFailed)):
            gateway.range(b"/ours/a")
        gateway.close()
    for bad in (replace(address, ca=folder / "nothing"), replace(address, cert=folder / "password")):
        with pytest.raises(InvalidInput, match="certificates"):
            Gateway(bad)


def test_the_name_of_the_server_is_checked(address, authority, folder, tmp_path):
    """A certificate of the same authority for another host."""
    certificate, key = authority.issue("elsewhere", hosts=("192.0.2.1",))
    options = ["--cert-file", str(certificate), "--key-file", str(key)]
    with running(tmp_path / "other", nodes=1, options=options, start=False) as other:
        other.start(tied=True, wait=0)
        gateway = Gateway(replace(other.address, ca=authority.path, wire=address.wire))
        deadline = time.monotonic() + 120
        while True:
            with pytest.raises(Unavailable) as caught:
                gateway.range(b"a")
            if "refused" not in str(caught.value):
                break
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert any(part in str(caught.value) for part in ("CERTIFICATE_VERIFY_FAILED", "Hostname Verification"))
        gateway.close()
