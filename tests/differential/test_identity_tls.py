"""OpenSSL's own path validation agrees with ours: mutual TLS with our certificates and revocation lists.

The handshakes run in memory, with OpenSSL's strict X.509 checks and revocation checking on.
"""

import ssl
import time

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from support.identities import KINDS, TurnableClock, enrol, new_authority

from assay.core.errors import AssayError
from assay.identity import Credentials, Reason, Role, TrustStore
from assay.identity.authority import DAY


@pytest.fixture
def clock():
    """OpenSSL looks at the real time, so this clock starts there."""
    return TurnableClock(int(time.time() * 1000) - DAY)


@pytest.fixture
def authority(clock):
    return new_authority(clock)


def context(side, who: Credentials, authority, folder):
    """A TLS 1.3 context of one side that demands the other's certificate, unrevoked."""
    context = ssl.SSLContext(side)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags = ssl.VERIFY_CRL_CHECK_LEAF | ssl.VERIFY_X509_STRICT
    context.check_hostname = side is ssl.PROTOCOL_TLS_CLIENT
    trust = folder / "trust.pem"
    trust.write_bytes(authority.certificate.pem + authority.revocation_list().x509.public_bytes(Encoding.PEM))
    context.load_verify_locations(trust)
    home = folder / who.certificate.name
    if not home.exists():
        who.save(home)
    context.load_cert_chain(home / "certificate.pem", home / "key.pem")
    return context


def handshake(client, server, hostname):
    """Shake hands in memory; raises `ssl.SSLError` when either side refuses."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_side=False, server_hostname=hostname),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    waiting = set(ends)
    for _ in range(10):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.discard(end)
            except ssl.SSLWantReadError:
                pass
        if not waiting:
            return ends
    raise AssertionError("the handshake does not end")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("service_kind", KINDS)
def test_mutual_tls(authority, clock, tmp_path, kind, service_kind):
    ada = enrol(authority, "Ada", Role.USER, kind=kind)
    service = enrol(authority, "Service", Role.RECOGNITION_SERVICE, kind=service_kind, hosts=["service.example"])
    brief = enrol(authority, "Brief", Role.USER, kind=kind, valid_for=DAY // 2)
    clock.turn(DAY)
    trust = TrustStore(authority.certificate, authority.revocation_list(), clock=clock)

    def both_agree(client, server, hostname="service.example"):
        """Ours and OpenSSL's verdict on the two, which must be one."""
        try:
            for who in (client, server):
                trust.check(who.certificate)
            ours = True
        except AssayError:
            ours = False
        try:
            handshake(
                context(ssl.PROTOCOL_TLS_CLIENT, client, authority, tmp_path),
                context(ssl.PROTOCOL_TLS_SERVER, server, authority, tmp_path),
                hostname,
            )
            theirs = True
        except ssl.SSLError:
            theirs = False
        assert ours == theirs
        return ours

    assert both_agree(ada, service)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(
            context(ssl.PROTOCOL_TLS_CLIENT, ada, authority, tmp_path),
            context(ssl.PROTOCOL_TLS_SERVER, service, authority, tmp_path),
            "other.example",
        )
    stranger = enrol(new_authority(clock), "Stranger", Role.USER)
    assert not both_agree(stranger, service)
    assert not both_agree(brief, service)
    authority.revoke(0, Reason.KEY_COMPROMISE)
    trust.update(authority.revocation_list())
    assert not both_agree(ada, service)
