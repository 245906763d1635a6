"""A node that lies, breaks off or never ends: nothing wrong is returned, and no failure hangs."""

import io
import json
import socket
import threading

import pytest
from contract.store_contract import SMALL, content
from support import kubo_node

from assay.core.errors import AssayError, SystemFailure, VerificationError
from assay.store import MAX_BLOCK, Cid, Codec, DamagedBlock, KuboStore, MissingBlock

OTHER = str(Cid.of(Codec.RAW, b"other"))


@pytest.fixture
def node():
    with kubo_node.running() as node:
        yield node


@pytest.fixture
def store(node):
    store = KuboStore(node.url, SMALL, timeout=10)
    yield store
    store.close()


def answering(node, command, *, status=200, body=b""):
    """From now on the node answers `command` so."""

    def tamper(asked, options, true_status, true_body):
        return (status, body) if asked == command else (true_status, true_body)

    node.tamper = tamper


def test_blocks_that_are_others(node, store):
    data = content(73)
    cid = store.put(data)
    for body in (b"", b"other", bytes(8), data):
        answering(node, "block/get", body=body)
        with pytest.raises(DamagedBlock, match="hash to"):
            store.get(cid)
    node.tamper = None
    assert store.get(cid) == data


def test_a_block_without_end(node, store):
    cid = store.put(b"x")
    answering(node, "block/get", body=bytes(MAX_BLOCK + 1000))
    with pytest.raises(DamagedBlock, match="more than"):
        store.get(cid)
    node.tamper = None
    assert store.get(cid) == b"x"  # over a new connection


def test_an_answer_that_names_another_block(node, store):
    cid = store.put(b"x")
    calls = [
        ("add", {"Hash": OTHER}, lambda: store.put(b"y")),
        ("add", {"Hash": OTHER}, lambda: store.add(io.BytesIO(b"y"))),
        ("add", {}, lambda: store.put(b"y")),
        ("add", {"Hash": 5}, lambda: store.put(b"y")),
        ("block/put", {"Key": OTHER, "Size": 1}, lambda: store.put_block(Codec.RAW, b"y")),
        ("block/put", {"Size": 1}, lambda: store.put_block(Codec.RAW, b"y")),
        ("pin/add", {"Pins": [OTHER]}, lambda: store.pin(cid)),
        ("pin/add", {"Pins": []}, lambda: store.pin(cid)),
        ("pin/ls", {"Type": "recursive"}, lambda: list(store.pins())),
        ("repo/stat", {"RepoSize": "many"}, store.collect),
    ]
    for command, answer, call in calls:
        answering(node, command, body=json.dumps(answer).encode())
        with pytest.raises(VerificationError):
            call()
    answering(node, "block/stat", body=json.dumps({"Key": OTHER, "Size": 1}).encode())
    assert not store.has(cid)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[1]", b"{", b'{"a": 1, "a": 2}', b"[" * 1000, b'{"x": "' + b"y" * 70_000 + b'"}', b"\xff\xfe"],
)
def test_answers_that_are_no_json_objects(node, store, body):
    for command, call in (("pin/add", lambda: store.pin(Cid.parse(OTHER))), ("add", lambda: store.put(b"y"))):
        answering(node, command, body=body)
        with pytest.raises(VerificationError):
            call()


@pytest.mark.parametrize("status", [301, 403, 404, 405, 500, 503])
def test_other_statuses(node, store, status):
    cid = store.put(b"x")
    for body in (b"forbidden", b'{"Message": "no such thing", "Code": 0}', b"[" * 60_000, b"\xff" * 1000, b"[]"):
        for command, call in (
            ("block/get", lambda: store.get(cid)),
            ("add", lambda: store.put(b"y")),
            ("repo/gc", store.collect),
        ):
            answering(node, command, status=status, body=body)
            with pytest.raises(SystemFailure, match=f"status {status}"):
                call()
    node.tamper = None
    assert store.get(cid) == b"x"


def test_a_missing_block_is_told_by_its_name(node, store):
    data = content(73)
    cid = store.put(data)
    store.unpin(cid)
    leaf = Cid.of(Codec.RAW, data[:8])
    del node.blocks[leaf.digest]
    for call in (lambda: store.pin(cid), lambda: store.get(cid)):
        with pytest.raises(MissingBlock) as caught:
            call()
        assert caught.value.cid == leaf
    answering(node, "block/get", status=500, body=b'{"Message": "ipld: could not find bafyNONSENSE"}')
    with pytest.raises(MissingBlock) as caught:
        store.get(cid)
    assert caught.value.cid == cid


def test_a_connection_that_is_cut(node, store):
    cid = store.put(b"x")
    for command, call in (
        ("block/get", lambda: store.get(cid)),
        ("add", lambda: store.put(b"y")),
        ("pin/add", lambda: store.pin(cid)),
    ):
        answering(node, command, body=None)
        with pytest.raises(SystemFailure):
            call()
    node.tamper = None
    assert store.get(cid) == b"x"


def test_a_source_that_breaks_stores_nothing(node, store):
    class Broken(io.BytesIO):
        def readinto(self, buffer):
            if self.tell() >= 256:
                raise RuntimeError("broke")
            return super().readinto(buffer)

    with pytest.raises(RuntimeError, match="broke"):
        store.add(Broken(bytes(1000)))
    assert (node.blocks, node.pins) == ({}, set())
    assert store.get(store.put(b"x")) == b"x"


def listener(serve):
    """A server of one connection, served by hand; its address."""
    server = socket.create_server(("127.0.0.1", 0))

    def run():
        with server, server.accept()[0] as connection:
            connection.recv(1 << 16)
            serve(connection)

    threading.Thread(target=run, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_node_that_never_answers():
    store = KuboStore(listener(lambda connection: connection.recv(1)), timeout=0.2)
    with pytest.raises(SystemFailure, match=r"did not answer block/get within 0\.2 s"):
        store.get(Cid.parse(OTHER))
    store.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Header: 1\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
        b"",
    ],
)
def test_what_is_no_http(answer):
    for call in (lambda store: store.get(Cid.parse(OTHER)), lambda store: store.pin(Cid.parse(OTHER))):
        store = KuboStore(listener(lambda connection: connection.sendall(answer)), timeout=10)
        with pytest.raises(AssayError):
            call(store)
        store.close()


def test_a_list_that_is_longer_than_any(node, store, monkeypatch):
    import assay.store.kubo_rpc as rpc

    monkeypatch.setattr(rpc._lines, "__defaults__", (1000,))
    answering(node, "pin/ls", body=kubo_node.line({"Cid": OTHER, "Type": "recursive"}) * 100)
    with pytest.raises(VerificationError, match="more than 1000 bytes"):
        list(store.pins())
