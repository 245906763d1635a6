"""A server of Kubo's RPC interface on 127.0.0.1, as docs.ipfs.tech/reference/kubo/rpc describes it, in memory.

It holds blocks by multihash, as Kubo does, and answers in Kubo's forms. `tamper` lets a test change what it answers:
a function (command, options, status, body) -> (status, body), where a body of None cuts the connection.
"""

import hashlib
import io
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from assay.store import Cid, Codec, Profile, dagpb, layout

CODECS = {"raw": Codec.RAW, "dag-pb": Codec.DAG_PB}


class Refusal(Exception):
    pass


class Node:
    def __init__(self):
        self.blocks = {}  # digest -> bytes
        self.pins = set()
        self.requests = []
        self.tamper = None
        self.url = ""
        self._lock = threading.RLock()

    # --- what the commands do -----------------------------------------------------------------------------------------

    def answer(self, command, options, file):
        handler = getattr(self, command.replace("/", "_"), None)
        if handler is None:
            return 404, b"404 page not found\n"
        try:
            with self._lock:
                return 200, handler(options, file)
        except Refusal as refusal:
            return 500, json.dumps({"Message": str(refusal), "Code": 0, "Type": "error"}).encode()

    def _block(self, cid):
        try:
            return self.blocks[cid.digest]
        except KeyError:
            raise Refusal(f"block was not found locally (offline): ipld: could not find {cid}") from None

    def block_put(self, options, file):
        if options.get("mhtype", "sha2-256") != "sha2-256" or file is None:
            raise Refusal("unsupported here")
        if len(file) > 1 << 20 and options.get("allow-big-block") != "true":
            raise Refusal("produced block is over 1MiB: big blocks can't be exchanged with other peers")
        cid = Cid(CODECS[options["cid-codec"]], hashlib.sha256(file).digest())
        self.blocks[cid.digest] = file
        if options.get("pin") == "true":
            self.pins.add(cid)
        return line({"Key": str(cid), "Size": len(file)})

    def block_get(self, options, file):
        return self._block(Cid.parse(options["arg"]))

    def block_stat(self, options, file):
        return line({"Key": options["arg"], "Size": len(self._block(Cid.parse(options["arg"])))})

    def add(self, options, file):
        chunk = int(re.fullmatch(r"size-(\d+)", options["chunker"])[1])
        profile = Profile("asked", chunk, int(options.get("max-file-links", 174)))
        if (options["cid-version"], options["raw-leaves"]) != ("1", "true"):
            raise Refusal("unsupported here")

        def keep(blocks):
            for cid, block in blocks:
                self.blocks[cid.digest] = bytes(block)

        root = layout.blocks_of_file(io.BytesIO(file), profile, keep)
        if options.get("pin", "true") == "true":
            self.pins.add(root.cid)
        return line({"Name": str(root.cid), "Hash": str(root.cid), "Size": str(root.total)})

    def _below(self, cid):
        open_ends, seen = [cid], set()
        while open_ends:
            each = open_ends.pop()
            if each in seen:
                continue
            seen.add(each)
            block = self._block(each)
            if each.codec == Codec.DAG_PB:
                open_ends += [link.cid for link in dagpb.decode(block).links]
        return seen

    def pin_add(self, options, file):
        cid = Cid.parse(options["arg"])
        self._below(cid)
        self.pins.add(cid)
        return line({"Pins": [str(cid)]})

    def pin_rm(self, options, file):
        cid = Cid.parse(options["arg"])
        if cid not in self.pins:
            raise Refusal("not pinned or pinned indirectly")
        self.pins.remove(cid)
        return line({"Pins": [str(cid)]})

    def pin_ls(self, options, file):
        assert (options["type"], options["stream"]) == ("recursive", "true")
        return b"".join(line({"Cid": str(cid), "Type": "recursive"}) for cid in self.pins)

    def repo_gc(self, options, file):
        kept = {each.digest for pin in self.pins for each in self._below(pin)}
        gone = [digest for digest in self.blocks if digest not in kept]
        for digest in gone:
            del self.blocks[digest]
        return b"".join(line({"Key": {"/": str(Cid(Codec.RAW, digest))}}) for digest in gone)

    def repo_stat(self, options, file):
        return line({"RepoSize": sum(map(len, self.blocks.values())), "StorageMax": 0})


def line(value):
    return json.dumps(value).encode() + b"\n"


@contextmanager
def running(tls=None):
    """A node that serves until the block ends; over TLS with the server's context `tls`."""
    node = Node()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        disable_nagle_algorithm = True

        def do_POST(self):
            url = urlsplit(self.path)
            command = url.path.removeprefix("/api/v0/")
            options = {name: values[-1] for name, values in parse_qs(url.query).items()}
            body = self._body()
            if body is None:  # cut off in mid-request: nothing is stored
                self.close_connection = True
                return
            node.requests.append((command, options, dict(self.headers)))
            status, answer = node.answer(command, options, _file(self.headers.get("Content-Type", ""), body))
            if node.tamper is not None:
                status, answer = node.tamper(command, options, status, answer)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status == 500 else "text/plain")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, len(answer), 1 << 16):
                piece = answer[at : at + (1 << 16)]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")

        def _body(self):
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            out = b""
            while size := int(self.rfile.readline().strip() or b"-1", 16):
                piece = self.rfile.read(size) if size > 0 else b""
                if size < 0 or len(piece) < size:
                    return None
                out += piece
                self.rfile.readline()
            self.rfile.readline()
            return out

        def log_message(self, *arguments):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            pass  # clients that go away in mid-answer

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    node.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield node
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _file(kind, body):
    """The one file of a multipart body."""
    match = re.fullmatch(r"multipart/form-data; boundary=(\S+)", kind)
    if match is None:
        return None
    mark = f"--{match[1]}".encode()
    assert body.startswith(mark + b"\r\n")
    assert body.endswith(b"\r\n" + mark + b"--\r\n")
    _, _, rest = body.partition(b"\r\n\r\n")
    return rest[: -len(mark) - 6]
