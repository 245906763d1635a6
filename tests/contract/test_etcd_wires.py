"""The binary form of what etcd is asked and answers; and servers of gRPC that answer what they like."""

import contextlib
import importlib
import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import AssayError, DependencyMissing, EncodingError, LimitError
from assay.ledger.etcd.errors import (
    Ambiguous,
    AuthFailed,
    Compacted,
    LeaseGone,
    QuotaReached,
    Rejected,
    Unavailable,
)
from assay.ledger.etcd.gateway import Gateway, created_at, get, modified_at, put
from assay.ledger.etcd.json_transport import JsonTransport
from assay.ledger.etcd.messages import DELETE, RANGE, STATUS, TXN, WATCH, Enumeration, Message, Repeated
from assay.ledger.etcd.protobuf_form import decode, encode
from assay.ledger.etcd.url import Address, Endpoint
from assay.ledger.etcd.watch import Watch

grpc = importlib.import_module("grpc")  # after our own modules, which turn off what it does at a fork

# --- the form ---------------------------------------------------------------------------------------------------------

EVERY = Message(
    raw=(1, bytes), text=(2, str), number=(3, int), truth=(16, bool), kind=(5, Enumeration(("A", "B"))),
    inner=(2047, Message(number=(1, int))), many=(7, Repeated(Message(raw=(1, bytes)))), words=(8, Repeated(str)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("values", "raw"),
    [
        ({}, ""),
        ({"number": 150}, "189601"),  # the example of protobuf.dev/programming-guides/encoding
        ({"text": "testing"}, "120774657374696e67"),  # and the second one
        ({"inner": {"number": 150}}, "fa7f03089601"),
        ({"number": 0, "truth": True, "kind": "B"}, "18008001012801"),
        ({"number": 2**64 - 1}, "18ffffffffffffffffff01"),
        ({"many": [{}, {"raw": b"\0"}], "words": ["a", ""]}, "3a003a030a01004201614200"),
    ],
)
def test_known_messages(values, raw):
    assert encode(EVERY, values).hex() == raw
    assert decode(EVERY, bytes.fromhex(raw)) == {
        "raw": b"", "text": "", "number": 0, "truth": False, "kind": "A", "many": [], "words": [],
    } | values | ({"many": [{"raw": b""}, {"raw": b"\0"}]} if "many" in values else {})  # fmt: skip


def test_the_step_of_an_append():
    """Byte by byte, from the numbers in rpc.proto."""
    question = {"compare": [modified_at(b"h", 7), created_at(b"l", 0)], "success": [put(b"h", b"v"), get(b"k")]}
    assert encode(TXN.question, question).hex() == (
        "0a09" "1a0168" "1002" "0800" "3007"
        "0a09" "1a016c" "1001" "0800" "2800"
        "1208" "1206" "0a0168" "120176"
        "1205" "0a03" "0a016b"
    )  # fmt: skip


@given(
    st.fixed_dictionaries({
        "raw": st.binary(), "text": st.text(), "number": st.integers(0, 2**64 - 1), "truth": st.booleans(),
        "kind": st.sampled_from("AB"), "inner": st.fixed_dictionaries({"number": st.integers(0, 2**64 - 1)}),
        "many": st.lists(st.fixed_dictionaries({"raw": st.binary()})), "words": st.lists(st.text()),
    })
)  # fmt: skip
def test_what_is_written_is_read(values):
    assert decode(EVERY, encode(EVERY, values)) == values


def test_fields_that_are_not_known_are_skipped():
    unknown = bytes.fromhex("20ffff032201612101020304050607082501020304")  # all of number 4
    assert decode(EVERY, unknown + encode(EVERY, {"number": 1}) + unknown)["number"] == 1
    assert decode(EVERY, bytes.fromhex("2809"))["kind"] == "9"  # a name that came later


@pytest.mark.parametrize(
    "raw",
    [
        "18", "1880", "18ffffffffffffffffff02", "18ffffffffffffffffffff01",
        "0a", "0a02", "0a0261", "0affffffffffffffff7f",
        "0801", "1a0161", "120180", "18011801", "0a000a00", "fa7f0108", "fa7f00fa7f00", "1b", "1c", "1e", "1f", "2101",
        "250102", "3a0208", "3801",
    ],
)  # fmt: skip
def test_damaged_messages(raw):
    with pytest.raises(EncodingError):
        decode(EVERY, bytes.fromhex(raw))


@given(st.sampled_from([RANGE, TXN, WATCH, STATUS]), st.binary(max_size=200))
def test_any_bytes_are_a_message_or_an_error(call, raw):
    with contextlib.suppress(EncodingError):
        decode(call.answer, raw)


# --- servers ----------------------------------------------------------------------------------------------------------


class Fake(grpc.GenericRpcHandler):
    """A server of one's own making: `answer(name, question)` returns the bytes of an answer or raises (code, text)."""

    def __init__(self, answer):
        self.asked = 0
        self._answer = answer
        self._server = grpc.server(ThreadPoolExecutor(4), handlers=[self], options=[("grpc.so_reuseport", 0)])
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def service(self, call):
        name = call.method.removeprefix("/etcdserverpb.")

        def one(question, context):
            self.asked += 1
            found = self._answer(name, question)
            if isinstance(found, tuple):
                context.abort(*found)
            return found

        def many(question, context):
            yield from one(question, context)

        if name == "Watch/Watch":
            return grpc.unary_stream_rpc_method_handler(many)
        return grpc.unary_unary_rpc_method_handler(one)

    def close(self):
        self._server.stop(0).wait()


@pytest.fixture
def fake():
    servers = []

    def start(answer):
        servers.append(Fake(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def gateway_to():
    gateways = []

    def make(*ports, timeout=30.0):
        gateways.append(
            Gateway(Address(tuple(Endpoint("127.0.0.1", port) for port in ports), wire="grpc"), timeout=timeout)
        )
        return gateways[-1]

    yield make
    for gateway in gateways:
        gateway.close()


HEADED = bytes.fromhex("0a021807")  # revision 7


def test_a_lost_answer_to_a_write_is_ambiguous(fake, gateway_to):
    server = fake(lambda *_: (grpc.StatusCode.UNAVAILABLE, "transport is closing"))
    other = fake(lambda *_: HEADED)
    gateway = gateway_to(server.port, other.port)
    with pytest.raises(Ambiguous):
        gateway.put(b"a", b"b")
    assert (server.asked, other.asked) == (1, 0)  # not sent twice
    gateway.transport.prefer(0)
    assert gateway.range(b"a").revision == 7  # a read is
    assert other.asked == 1


def test_a_late_answer_to_a_write_is_ambiguous(fake, gateway_to):
    end = threading.Event()
    server = fake(lambda *_: end.wait(10) and HEADED)
    gateway = gateway_to(server.port, timeout=0.1)
    called = []
    with pytest.raises(Ambiguous):
        gateway.transact([], [put(b"a", b"b")])
    with pytest.raises(Ambiguous):
        gateway.transact([], [put(b"a", b"b")], meanwhile=lambda: called.append(server.asked))
    assert len(called) == 1
    with pytest.raises(Unavailable):
        gateway.range(b"a")
    end.set()


def test_a_node_that_died_is_passed_by(fake, gateway_to):
    first, second = fake(lambda *_: HEADED), fake(lambda *_: HEADED)
    gateway = gateway_to(first.port, second.port)
    assert gateway.put(b"a", b"b") == 7
    first.close()
    with contextlib.suppress(Ambiguous):  # unless it is seen to be dead before anything is sent
        gateway.put(b"a", b"b")
    assert gateway.put(b"a", b"b") == 7
    assert gateway.transport.preferred == 1


@pytest.mark.parametrize(
    ("code", "text", "write", "read"),
    [
        ("UNAVAILABLE", "etcdserver: request timed out", Ambiguous, Unavailable),
        ("DEADLINE_EXCEEDED", "context deadline exceeded", Ambiguous, Unavailable),
        ("UNKNOWN", "what", Ambiguous, Unavailable),
        ("UNAVAILABLE", "etcdserver: no leader", Unavailable, Unavailable),
        ("RESOURCE_EXHAUSTED", "etcdserver: too many requests", Unavailable, Unavailable),
        ("RESOURCE_EXHAUSTED", "etcdserver: mvcc: database space exceeded", QuotaReached, QuotaReached),
        ("RESOURCE_EXHAUSTED", "grpc: received message larger than max (3 vs. 2)", Rejected, Rejected),
        ("UNAUTHENTICATED", "etcdserver: invalid auth token", AuthFailed, AuthFailed),
        ("PERMISSION_DENIED", "etcdserver: permission denied", AuthFailed, AuthFailed),
        ("INVALID_ARGUMENT", "etcdserver: authentication failed, invalid user ID or password", AuthFailed, AuthFailed),
        ("OUT_OF_RANGE", "etcdserver: mvcc: required revision has been compacted", Compacted, Compacted),
        ("NOT_FOUND", "etcdserver: requested lease not found", LeaseGone, LeaseGone),
        ("INVALID_ARGUMENT", "etcdserver: duplicate key given in txn request", Rejected, Rejected),
    ],
)
def test_errors_say_what_may_be_concluded(fake, gateway_to, code, text, write, read):
    gateway = gateway_to(fake(lambda *_: (grpc.StatusCode[code], text)).port)
    with pytest.raises(write, match=text[:20]):
        gateway.put(b"a", b"b")
    with pytest.raises(read):
        gateway.range(b"a")


@pytest.mark.parametrize("raw", ["0a", "0a01", "0801", "0a0218", "0a021a00", "1201ff", "1203080100", "0a000a00"])
def test_hostile_answers(fake, gateway_to, raw):
    gateway = gateway_to(fake(lambda *_: bytes.fromhex(raw)).port)
    with pytest.raises(EncodingError):
        gateway.range(b"a")
    with pytest.raises(Ambiguous):
        gateway.transact([], [put(b"a", b"b")])


def test_oversized_answers(fake, gateway_to, monkeypatch):
    monkeypatch.setattr("assay.ledger.etcd.grpc_transport.MAX_ANSWER_BYTES", 1000)
    gateway = gateway_to(fake(lambda *_: HEADED + bytes.fromhex("a21fd00f") + bytes(2000)).port)
    with pytest.raises(LimitError):
        gateway.range(b"a")
    with pytest.raises(Ambiguous):
        gateway.put(b"a", b"b")


CREATED = bytes.fromhex("1801")


@pytest.mark.parametrize("raw", ["18", "5a01", "5a021201", "2001", "2805", "5a0408011200ff"])
def test_hostile_streams(fake, gateway_to, raw):
    raw = bytes.fromhex(raw)
    with pytest.raises(AssayError):
        Watch(gateway_to(fake(lambda *_: [raw]).port), b"a", b"b", after=0)
    watch = Watch(gateway_to(fake(lambda *_: [CREATED, raw]).port), b"a", b"b", after=0)
    try:
        assert list(watch) == []
    except Compacted:
        assert raw[0] == 0x28


def test_a_watch_that_is_never_confirmed(fake, gateway_to):
    end = threading.Event()
    gateway = gateway_to(fake(lambda *_: end.wait(10) and []).port, timeout=0.1)
    with pytest.raises(Unavailable):
        Watch(gateway, b"a", b"b", after=0, idle=60)
    end.set()


def test_a_call_ends_when_the_client_is_closed(fake):
    end = threading.Event()
    server = fake(lambda *_: end.wait(10) and HEADED)
    gateway = Gateway(Address((Endpoint("127.0.0.1", server.port),), wire="grpc"), timeout=60)
    ended = []

    def ask(meanwhile):
        try:
            gateway.transact([], [put(b"a", b"b")], meanwhile=meanwhile)
        except AssayError as error:
            ended.append(type(error))

    threads = [threading.Thread(target=ask, args=[meanwhile]) for meanwhile in (None, lambda: None)]
    for thread in threads:
        thread.start()
    while server.asked < 2:
        time.sleep(0.01)
    gateway.close()
    for thread in threads:
        thread.join(10)
    assert ended == [Ambiguous, Ambiguous]
    end.set()


def test_programs_are_started_while_calls_are_under_way(fake, gateway_to, capfd):
    """grpcio hooks into each fork when it may, and the programs did not always begin."""
    gateway = gateway_to(fake(lambda *_: HEADED).port)
    end, failures = threading.Event(), []

    def ask():
        while not end.is_set():
            try:
                assert gateway.range(b"a").revision == 7
            except BaseException as fault:
                failures.append(fault)
                return

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(40):
            subprocess.run(["true"], preexec_fn=os.getpid, check=True, timeout=30)
    finally:
        end.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert capfd.readouterr().err == ""


def test_without_grpcio(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    address = Address((Endpoint("127.0.0.1", 1),))
    assert isinstance(Gateway(address).transport, JsonTransport)
    with pytest.raises(DependencyMissing, match="grpcio"):
        Gateway(Address(address.endpoints, wire="grpc"))


def test_delete_is_answered_with_a_count(fake, gateway_to):
    gateway = gateway_to(fake(lambda *_: encode(DELETE.answer, {"deleted": 3})).port)
    assert gateway.delete(b"a") == 3
