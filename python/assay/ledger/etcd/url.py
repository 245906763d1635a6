"""The address of a ledger on etcd:

    etcd://[user@]host:port[,host:port...]/prefix[?ca=FILE][&cert=FILE&key=FILE][&password_file=FILE][&store=FOLDER]
        [&wire=grpc|json]

`ca` turns TLS on and is the only authority believed; `cert` and `key` are the client's own. `store` is the folder that
keeps bodies too large for etcd; all who use a channel share it. The password of `user` stands in the file
`password_file` or in the variable `ASSAY_ETCD_PASSWORD`, never in the address; it is sent over TLS, or to this machine.
`wire` is how etcd is spoken to: by gRPC, where the package grpcio is installed, else by its JSON gateway.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode

from assay.core.errors import InvalidInput, SystemFailure

__all__ = ["PASSWORD_VARIABLE", "Address", "Endpoint"]

PASSWORD_VARIABLE: Final = "ASSAY_ETCD_PASSWORD"
_SCHEME: Final = "etcd://"
_FILES: Final = ("ca", "cert", "key", "password_file", "store")
_WIRES: Final = ("grpc", "json")
_LOCAL: Final = ("127.0.0.1", "::1", "localhost")
_MAX_ENDPOINTS: Final = 32


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a node listens to clients."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """Read HOST:PORT, or [HOST]:PORT for IPv6."""
        host, colon, port = text.rpartition(":")
        bracketed = host[:1] == "[" and host[-1:] == "]"
        host = host[1:-1] if bracketed else host
        if not colon or not host or (":" in host and not bracketed) or not port.isascii() or not port.isdigit():
            raise InvalidInput(f"{text!r} is not HOST:PORT")
        if not 1 <= int(port) <= 65535:
            raise InvalidInput(f"port {port} lies outside [1, 65535]")
        return cls(host, int(port))


@dataclass(frozen=True)
class Address:
    """Nodes, key prefix, and how to prove who we are."""

    endpoints: tuple[Endpoint, ...]
    prefix: str = "/assay/"
    user: str = ""
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    password_file: Path | None = None
    store: Path | None = None
    wire: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.endpoints) <= _MAX_ENDPOINTS:
            raise InvalidInput(f"an etcd address names 1 to {_MAX_ENDPOINTS} endpoints, not {len(self.endpoints)}")
        if not self.prefix.startswith("/") or not self.prefix.endswith("/") or len(self.prefix.encode()) > 512:
            raise InvalidInput(f"the prefix {self.prefix!r} does not begin and end with / within 512 bytes")
        if self.wire not in (None, *_WIRES):
            raise InvalidInput(f"the wire of an etcd address is {' or '.join(_WIRES)}, not {self.wire!r}")
        if (self.cert is None) != (self.key is None):
            raise InvalidInput("cert and key of an etcd address come together")
        if self.cert is not None and self.ca is None:
            raise InvalidInput("a client certificate needs ca as well: without it there is no TLS")
        if self.user and self.ca is None and any(each.host not in _LOCAL for each in self.endpoints):
            raise InvalidInput("a password is not sent to another machine without TLS: give ca")

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read an etcd:// address."""
        if not url.startswith(_SCHEME) or "#" in url:
            raise InvalidInput(f"{url!r} is not an address etcd://host:port,.../prefix")
        rest, _, query = url[len(_SCHEME) :].partition("?")
        authority, _, prefix = rest.partition("/")
        user, _, hosts = authority.rpartition("@")
        if ":" in user:
            raise InvalidInput(f"no password in an etcd address: use password_file or {PASSWORD_VARIABLE}")
        pairs = parse_qsl(query, keep_blank_values=True)
        given = {name: value for name, value in pairs if value}
        if len(given) != len(pairs) or not set(given) <= {*_FILES, "wire"}:
            raise InvalidInput(f"the parameters of an etcd address are {', '.join(_FILES)}, wire, each once: {query!r}")
        wire = given.pop("wire", None)
        files = {name: Path(value) for name, value in given.items()}
        endpoints = tuple(Endpoint.parse(host) for host in hosts.split(","))
        prefix = "/" + unquote(prefix).strip("/")
        return cls(endpoints, prefix if prefix == "/" else prefix + "/", unquote(user), wire=wire, **files)

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        files = {name: str(getattr(self, name)) for name in _FILES if getattr(self, name) is not None}
        given = files | ({"wire": self.wire} if self.wire else {})
        query = "?" + urlencode(given, safe="/") if given else ""
        return f"{_SCHEME}{user}{','.join(map(str, self.endpoints))}{self.prefix.rstrip('/') or '/'}{query}"

    def password(self) -> str:
        """The password of `user`."""
        if self.password_file is None:
            password = os.environ.get(PASSWORD_VARIABLE, "")
            if not password:
                raise InvalidInput(f"user {self.user!r} needs a password: give password_file or {PASSWORD_VARIABLE}")
            return password
        try:
            return self.password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise SystemFailure(f"the password file {self.password_file} cannot be read: {error.strerror}") from error

    def tls(self) -> ssl.SSLContext | None:
        """The context of TLS, 1.2 or newer, with host names checked; None without `ca`."""
        if self.ca is None:
            return None
        try:
            context = ssl.create_default_context(cafile=str(self.ca))
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self.cert is not None and self.key is not None:
                context.load_cert_chain(self.cert, self.key)
        except (OSError, ssl.SSLError) as error:
            raise InvalidInput(f"the certificates of the etcd address cannot be used: {error}") from error
        return context
