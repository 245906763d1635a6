"""The client of etcd, by gRPC and by the JSON gateway: on a real cluster, and on servers that answer what they like."""

import http.server
import json
import os
import threading
from dataclasses import replace
from itertools import count

import pytest

from assay.core.errors import AssayError, EncodingError, InvalidInput, LimitError, StateError
from assay.ledger.etcd.errors import (
    Ambiguous,
    AuthFailed,
    Compacted,
    LeaseGone,
    QuotaReached,
    Rejected,
    Unavailable,
    error_of,
)
from assay.ledger.etcd.gateway import Gateway, absent, created_at, delete, end_of, get, modified_at, put
from assay.ledger.etcd.maintenance import recover
from assay.ledger.etcd.url import Address, Endpoint
from assay.ledger.etcd.watch import Watch

NUMBERS = count()


@pytest.fixture(params=["grpc", "json"])
def wire(request):
    return request.param


@pytest.fixture
def gateway(etcd, wire):
    gateway = Gateway(replace(etcd.address, wire=wire))
    yield gateway
    gateway.close()


@pytest.fixture
def prefix():
    return b"test/%d/" % next(NUMBERS)


# --- keys -------------------------------------------------------------------------------------------------------------


def test_put_range_delete(gateway, prefix):
    binary = bytes(range(256))
    first = gateway.put(prefix + b"a", binary)
    second = gateway.put(prefix + binary, b"")
    gateway.put(prefix + b"a", b"x" + binary)
    found = gateway.range(prefix, end_of(prefix))
    assert found.count == 2
    assert found.revision == second + 1
    assert [(pair.key, pair.value) for pair in found.pairs] == [(prefix + binary, b""), (prefix + b"a", b"x" + binary)]
    assert (found.pairs[1].created, found.pairs[1].modified) == (first, second + 1)
    assert len(gateway.range(prefix, end_of(prefix), limit=1).pairs) == 1
    assert gateway.range(prefix, end_of(prefix), keys_only=True).pairs[1].value == b""
    assert gateway.range(prefix + b"a", serializable=True).count == 1
    assert gateway.delete(prefix, end_of(prefix)) == 2
    assert gateway.range(prefix, end_of(prefix)).pairs == ()


def test_transactions_compare_and_swap(gateway, prefix):
    key = prefix + b"head"
    made = gateway.transact([absent(key)], [put(key, b"1")], [get(key)])
    assert (made.succeeded, made.reads) == (True, ())
    again = gateway.transact([absent(key)], [put(key, b"2")], [get(key)])
    assert not again.succeeded
    assert again.reads[0][0].value == b"1"
    assert gateway.transact([modified_at(key, made.revision)], [put(key, b"3")]).succeeded
    assert not gateway.transact([modified_at(key, made.revision)], [put(key, b"4")]).succeeded
    assert gateway.transact([created_at(key, made.revision)], [delete(key)]).succeeded
    assert gateway.range(key).count == 0


def test_what_etcd_refuses(gateway, prefix):
    with pytest.raises(Rejected, match="duplicate key"):
        gateway.transact([], [put(prefix, b""), put(prefix, b"")])
    with pytest.raises(Rejected, match="larger than max"):
        gateway.put(prefix, bytes(2 << 20))
    with pytest.raises(Rejected, match="key is not provided"):
        gateway.put(b"", b"")
    with pytest.raises(LeaseGone, match="lease not found"):
        gateway.put(prefix, b"", lease=12345)
    with pytest.raises(Rejected, match="future"):
        gateway.compact(1 << 60)


def test_leases(gateway, prefix):
    lease = gateway.grant(5)
    assert gateway.keep_alive(lease) == 5
    gateway.put(prefix, b"mine", lease)
    assert gateway.range(prefix).pairs[0].lease == lease
    gateway.revoke(lease)
    gateway.revoke(lease)
    assert gateway.range(prefix).count == 0
    assert gateway.keep_alive(lease) == 0


def test_the_cluster_shows_itself(gateway, etcd):
    assert sorted(name for _, name in gateway.members()) == ["n0", "n1", "n2"]
    nodes = [gateway.status(number) for number in range(3)]
    assert {node.leader for node in nodes} == {nodes[etcd.leader()].member}
    gateway.prefer_leader()
    assert gateway.transport.preferred == etcd.leader()
    assert gateway.alarms() == []


# --- watching ---------------------------------------------------------------------------------------------------------


def test_a_watch_sees_every_change_in_order(gateway, prefix):
    revision = gateway.put(prefix + b"a", b"0")
    watch = Watch(gateway, prefix, end_of(prefix), after=revision - 1)
    for number in range(1, 4):
        gateway.put(prefix + b"a", b"%d" % number)
    gateway.delete(prefix + b"a")
    gateway.put(b"elsewhere", b"")
    seen = []
    for events in watch:
        seen += events
        if len(seen) >= 5:
            break
    assert [event.pair.value for event in seen] == [b"0", b"1", b"2", b"3", b""]
    assert [event.removed for event in seen] == [False] * 4 + [True]
    assert [event.pair.modified for event in seen] == list(range(revision, revision + 5))


def test_a_watch_ends_when_closed_or_silent(gateway, prefix):
    watch = Watch(gateway, prefix, end_of(prefix), after=gateway.range(prefix).revision, idle=60)
    threading.Timer(0.1, watch.close).start()
    assert list(watch) == []
    silent = Watch(gateway, prefix, end_of(prefix), after=gateway.range(prefix).revision, idle=0.1)
    assert list(silent) == []


def test_compacted_revisions_are_gone(gateway, prefix):
    first = gateway.put(prefix, b"1")
    newest = gateway.put(prefix, b"2")
    report = recover(gateway)
    assert len(report.after) == 3
    gateway.compact(newest)
    with pytest.raises(Compacted):
        list(Watch(gateway, prefix, end_of(prefix), after=first - 1))
    assert gateway.range(prefix).pairs[0].value == b"2"


# --- nodes that fail --------------------------------------------------------------------------------------------------


def address(*ports, wire="json"):
    return Address(tuple(Endpoint("127.0.0.1", port) for port in ports), wire=wire)


def test_the_next_node_is_asked(etcd, prefix, wire):
    from assay.ledger.etcd.cluster import free_ports

    dead = free_ports(1)[0]
    gateway = Gateway(address(dead, etcd.nodes[0].client, wire=wire))
    gateway.put(prefix, b"x")
    assert gateway.transport.preferred == 1
    assert gateway.range(prefix).pairs[0].value == b"x"
    nobody = Gateway(address(dead, wire=wire))
    with pytest.raises(Unavailable, match="refused"):
        nobody.put(prefix, b"x")
    gateway.close()
    with pytest.raises(StateError, match="closed"):
        gateway.range(prefix)


def test_a_fork_leaves_the_connection_to_the_parent(gateway, prefix):
    gateway.put(prefix, b"1")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            gateway.put(prefix, b"2")
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert gateway.range(prefix).pairs[0].value == b"2"


class Fake:
    """A server of one's own making: `answer(path, body)` returns (status, bytes), or None to hang up without a word."""

    def __init__(self, answer):
        self.asked = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(handler):  # noqa: N805
                body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
                self.asked += 1
                given = answer(handler.path, body)
                if given is None:
                    handler.close_connection = True
                    return
                status, raw = given
                handler.send_response(status)
                handler.send_header("Content-Length", str(len(raw)))
                handler.end_headers()
                handler.wfile.write(raw)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def fake():
    servers = []

    def start(answer):
        servers.append(Fake(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_a_lost_answer_to_a_write_is_ambiguous(fake):
    server, other = fake(lambda *_: None), fake(lambda *_: (200, b'{"header":{"revision":"7"}}'))
    gateway = Gateway(address(server.port, other.port))
    with pytest.raises(Ambiguous):
        gateway.put(b"a", b"b")
    assert other.asked == 0  # not sent twice
    gateway.transport.prefer(0)
    assert gateway.range(b"a").revision == 7  # a read is
    gateway.close()


def test_a_late_answer_to_a_write_is_ambiguous(fake):
    late = threading.Event()
    server = fake(lambda *_: late.wait(300))
    gateway = Gateway(address(server.port), timeout=1.0)
    with pytest.raises(Ambiguous):
        gateway.transact([], [put(b"a", b"b")])
    with pytest.raises(Unavailable):
        gateway.range(b"a")
    gateway.close()
    late.set()


@pytest.mark.parametrize(
    ("code", "message", "write", "read"),
    [
        (14, "etcdserver: request timed out", Ambiguous, Unavailable),
        (14, "etcdserver: request timed out, possibly due to previous leader failure", Ambiguous, Unavailable),
        (14, "transport is closing", Ambiguous, Unavailable),
        (4, "context deadline exceeded", Ambiguous, Unavailable),
        (14, "etcdserver: no leader", Unavailable, Unavailable),
        (8, "etcdserver: too many requests", Unavailable, Unavailable),
        (8, "etcdserver: mvcc: database space exceeded", QuotaReached, QuotaReached),
        (16, "etcdserver: invalid auth token", AuthFailed, AuthFailed),
        (7, "etcdserver: permission denied", AuthFailed, AuthFailed),
        (3, "etcdserver: authentication failed, invalid user ID or password", AuthFailed, AuthFailed),
        (3, "etcdserver: user name is empty", AuthFailed, AuthFailed),
        (11, "etcdserver: mvcc: required revision has been compacted", Compacted, Compacted),
        (11, "etcdserver: mvcc: required revision is a future revision", Rejected, Rejected),
        (3, "etcdserver: duplicate key given in txn request", Rejected, Rejected),
    ],
)
def test_errors_say_what_may_be_concluded(fake, code, message, write, read):
    raw = json.dumps({"error": message, "message": message, "code": code}).encode()
    gateway = Gateway(address(fake(lambda *_: (500, raw)).port))
    with pytest.raises(write, match=message[:20]) as caught:
        gateway.put(b"a", b"b")
    assert type(caught.value) is type(error_of(code, message, repeatable=False))
    with pytest.raises(read):
        gateway.range(b"a")
    gateway.close()


HOSTILE = [
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{" * 1000,
    b'{"a":' * 100 + b"1" + b"}" * 100,
    b'{"header":[]}',
    b'{"header":{"revision":"x"}}',
    b'{"header":{"revision":-1}}',
    b'{"header":{"revision":true}}',
    b'{"header":{"revision":"99999999999999999999"}}',
    b'{"header":{"revision":"1"},"kvs":{}}',
    b'{"header":{"revision":"1"},"kvs":[1]}',
    b'{"header":{"revision":"1"},"kvs":[{"key":"?"}]}',
    b'{"header":{"revision":"1"},"kvs":[{"key":5}]}',
    b'{"header":{"revision":"1"},"kvs":[{"key":"YQ==","mod_revision":1e3}]}',
    b'{"header":{"revision":"1"},"header":{"revision":"2"}}',
    b'{"header":{"revision":NaN}}',
    b"\xff\xfe",
]


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_answers(fake, raw):
    gateway = Gateway(address(fake(lambda *_: (200, raw)).port))
    with pytest.raises(EncodingError):
        gateway.range(b"a")
    gateway.close()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null\n",
        b'{"result":[]}\n',
        b'{"result":{"events":{}}}\n',
        b'{"result":{"events":[{"kv":[]}]}}\n',
        b'{"result":{"events":[{"kv":{"key":"?"}}]}}\n',
        b'{"result":{"canceled":true}}\n',
        b'{"result":{"compact_revision":"x"}}\n',
        b'{"error":{"grpc_code":14,"message":"etcdserver: no leader"}}\n',
        b'{"error":1}\n',
        b"{" * 1000,
    ],
    ids=range(11),
)
def test_hostile_streams(fake, line):
    gateway = Gateway(address(fake(lambda *_: (200, line)).port))
    with pytest.raises(AssayError):
        Watch(gateway, b"a", b"b", after=0)
    later = Gateway(address(fake(lambda *_: (200, b'{"result":{"created":true}}\n' + line)).port))
    assert list(Watch(later, b"a", b"b", after=0)) == []
    gateway.close()
    later.close()


def test_oversized_answers(fake, monkeypatch):
    monkeypatch.setattr("assay.ledger.etcd.json_transport.MAX_ANSWER_BYTES", 1000)
    raw = json.dumps({"header": {"revision": "1"}, "kvs": [{"key": "YQ==" * 1000}]}).encode()
    gateway = Gateway(address(fake(lambda *_: (200, raw)).port))
    with pytest.raises(LimitError):
        gateway.range(b"a")
    with pytest.raises(Ambiguous):
        gateway.put(b"a", b"b")
    gateway.close()


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_errors(fake, raw):
    gateway = Gateway(address(fake(lambda *_: (500, raw)).port))
    with pytest.raises(Unavailable):
        gateway.range(b"a")
    with pytest.raises(Ambiguous):
        gateway.put(b"a", b"b")
    gateway.close()


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("etcd://h:1", "etcd://h:1/"),
        ("etcd://h:1/", "etcd://h:1/"),
        ("etcd://h:1,[::1]:2/a/b", "etcd://h:1,[::1]:2/a/b"),
        ("etcd://ada@127.0.0.1:1/a/?password_file=/p", "etcd://ada@127.0.0.1:1/a?password_file=/p"),
        ("etcd://h:1/a?wire=json&store=s", "etcd://h:1/a?store=s&wire=json"),
        ("etcd://ada@h:1/a?ca=/ca&cert=/c&key=/k&store=s", "etcd://ada@h:1/a?ca=/ca&cert=/c&key=/k&store=s"),
    ],
)
def test_addresses(url, plain):
    parsed = Address.parse(url)
    assert str(parsed) == plain
    assert Address.parse(plain) == parsed
    assert parsed.prefix.startswith("/")
    assert parsed.prefix.endswith("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://h:1/a",
        "etcd://",
        "etcd://h",
        "etcd://h:0/a",
        "etcd://h:65536/a",
        "etcd://h:1x/a",
        "etcd://::1:1/a",
        "etcd://ada:secret@h:1/a",
        "etcd://ada@h:1/a",
        "etcd://h:1/a?ca=",
        "etcd://h:1/a?ca=/a&ca=/b",
        "etcd://h:1/a?color=red",
        "etcd://h:1/a?wire=morse",
        "etcd://h:1/a?wire=json&wire=grpc",
        "etcd://h:1/a?cert=/c&key=/k",
        "etcd://h:1/a?ca=/ca&cert=/c",
        "etcd://h:1/a#x",
    ],
)
def test_bad_addresses(url):
    with pytest.raises(InvalidInput):
        Address.parse(url)


def test_a_password_is_never_shown(monkeypatch, tmp_path):
    monkeypatch.setenv("ASSAY_ETCD_PASSWORD", "hush")
    one = Address.parse("etcd://ada@127.0.0.1:1/a")
    assert one.password() == "hush"
    (tmp_path / "p").write_text("from a file\n")
    assert replace(one, password_file=tmp_path / "p").password() == "from a file"
    assert "hush" not in repr(one) + str(one) + repr(Gateway(one).transport)
    monkeypatch.delenv("ASSAY_ETCD_PASSWORD")
    with pytest.raises(InvalidInput, match="needs a password"):
        one.password()
    with pytest.raises(AssayError, match="cannot be read"):
        replace(one, password_file=tmp_path / "q").password()
