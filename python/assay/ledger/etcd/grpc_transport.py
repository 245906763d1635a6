"""etcd's own interface, gRPC, by `grpcio` where that is installed: for large bodies a quarter of the cost of JSON.

One channel a node carries the calls of all threads. A channel whose call failed for want of an answer is left to the
calls that it still has, and the next call makes a new one: a connection that nobody cut may lead nowhere.

grpcio does not survive a fork, so the child of one goes by the JSON gateway. What grpcio itself does at each fork is
turned off: it would run in every child that is forked to start a program, and breaks those whose pools it wakes.
"""

from __future__ import annotations

import importlib.util
import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, Final

from assay.core.errors import DependencyMissing, EncodingError, LimitError, StateError
from assay.ledger.etcd import protobuf_form
from assay.ledger.etcd.errors import Ambiguous, Unavailable, error_of
from assay.ledger.etcd.json_transport import JsonTransport
from assay.ledger.etcd.messages import Call, Message
from assay.ledger.etcd.transport import MAX_ANSWER_BYTES, Question, Stream, Transport
from assay.ledger.etcd.url import Address

__all__ = ["GrpcTransport", "has_grpc"]

_CANCELLED: Final = 1
_DEADLINE: Final = 4
_EXHAUSTED: Final = 8
_UNAVAILABLE: Final = 14
_BROKEN: Final = (_CANCELLED, _DEADLINE, _UNAVAILABLE)  # after which a channel is not used for more
_NOT_SENT: Final = "failed to connect to all addresses"
_TOO_LARGE: Final = "Received message larger than max"  # by us
_CLOSED: Final = "the client of etcd is closed"
_SERVICES: Final = "/etcdserverpb."
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")  # read when grpcio is imported
_process = 0  # which made the first channel


def has_grpc() -> bool:
    """Whether grpcio is installed."""
    return importlib.util.find_spec("grpc") is not None


class GrpcTransport(Transport):
    """Calls the nodes by gRPC."""

    def __init__(self, address: Address, timeout: float) -> None:
        if not has_grpc():
            raise DependencyMissing("gRPC needs the package grpcio: pip install 'assay-engine[etcd]'", name="grpcio")
        super().__init__(address, timeout)
        address.tls()  # says what is wrong with the certificates, which gRPC does not
        self._channels: dict[int, Any] = {}
        self._all: weakref.WeakSet[Any] = weakref.WeakSet()
        self._instead: JsonTransport | None = None  # in the child of a fork
        self._making = threading.Lock()
        self._closed = False

    def _exchange(self, node: int, question: Question, token: str) -> dict[str, Any]:
        if (instead := self._after_fork()) is not None:
            return instead._exchange(node, question, token)
        channel = self._channel(node)
        import grpc

        call, meanwhile, timeout = question.call, question.meanwhile, question.timeout
        raw = protobuf_form.encode(call.question, question.fields)
        metadata = _metadata(token)
        try:
            name = f"{_SERVICES}{call.name}"
            if meanwhile is None and not call.streams:
                answer = channel.unary_unary(name)(raw, timeout=timeout, metadata=metadata)
            else:  # on the wire one answer is a stream of one; this form runs in our own thread, a future does not
                answers = channel.unary_stream(name)(raw, timeout=timeout, metadata=metadata)
                try:
                    if meanwhile is not None:
                        meanwhile()
                    answer = next(answers, None)
                    if not call.streams:
                        next(answers, None)
                finally:
                    answers.cancel()
        except grpc.RpcError as fault:
            raise self._error(node, channel, fault, question.repeatable) from None
        except ValueError:  # of a channel that was closed
            raise StateError(_CLOSED) from None
        try:
            return protobuf_form.decode(call.answer, b"" if answer is None else answer)
        except EncodingError as fault:
            if question.repeatable:
                raise
            reason = f"{self.address.endpoints[node]}: {fault}; the request may have been carried out"
            raise Ambiguous(reason) from fault

    def stream(self, node: int, call: Call, question: dict[str, Any], idle: float) -> Stream:
        """As in `Transport`."""
        if (instead := self._after_fork()) is not None:
            return instead.stream(node, call, question, idle)
        metadata = (*_metadata(self.token(node)), ("hasleader", "true"))
        channel = self._channel(node)
        raw = protobuf_form.encode(call.question, question)
        try:
            answers = channel.unary_stream(f"{_SERVICES}{call.name}")(raw, timeout=idle, metadata=metadata)
        except ValueError:
            raise StateError(_CLOSED) from None
        return _GrpcStream(answers, call.answer, self.timeout, lambda fault: self._error(node, channel, fault, True))

    def _error(self, node: int, channel: Any, fault: Any, repeatable: bool) -> Exception:
        """The error that a failed call stands for."""
        code, details = fault.code().value[0], str(fault.details())
        if code in _BROKEN:
            self._drop(node, channel)
        details = f"{self.address.endpoints[node]}: {details}" if code in _BROKEN else details
        if code == _UNAVAILABLE and _NOT_SENT in details:
            return Unavailable(details)
        if code == _EXHAUSTED and _TOO_LARGE in details:
            return LimitError(details) if repeatable else Ambiguous(f"{details}; the request was carried out perhaps")
        return error_of(code, details, repeatable=repeatable)

    # --- channels -----------------------------------------------------------------------------------------------------

    def _channel(self, node: int) -> Any:
        channel = self._channels.get(node)
        if channel is not None and not self._closed:
            return channel
        with self._making:
            if self._closed:
                raise StateError(_CLOSED)
            if node not in self._channels:
                self._channels[node] = channel = _connect(self.address, node)
                self._all.add(channel)
            return self._channels[node]

    def _drop(self, node: int, channel: Any) -> None:
        with self._making:
            if self._channels.get(node) is channel:
                del self._channels[node]

    def _after_fork(self) -> JsonTransport | None:
        if _process in (0, os.getpid()):
            return None
        with self._making:
            if self._instead is None:
                self._instead = JsonTransport(self.address, self.timeout)
            return self._instead

    def close(self) -> None:
        """As in `Transport`."""
        with self._making:
            self._closed = True
            channels = list(self._all)
            self._channels.clear()
        if self._instead is not None:
            self._instead.close()
        elif self._after_fork() is None:
            for channel in channels:
                channel.close()


class _GrpcStream(Stream):
    """One message at a time, until the deadline of the call."""

    def __init__(self, answers: Any, answer: Message, first: float, error: Callable[[Any], Exception]) -> None:
        self._answers = answers
        self._answer = answer
        self._error = error
        self._late: threading.Timer | None = threading.Timer(first, answers.cancel)
        self._late.daemon = True
        self._late.start()

    def next(self) -> dict[str, Any]:
        """As in `Stream`."""
        import grpc

        try:
            raw = next(self._answers)
        except StopIteration:
            raise Unavailable("the stream ended") from None
        except grpc.RpcError as fault:
            if fault.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                raise TimeoutError from None
            raise self._error(fault) from None
        finally:
            if self._late is not None:
                self._late.cancel()
                self._late = None
        return protobuf_form.decode(self._answer, raw)

    def close(self) -> None:
        """As in `Stream`."""
        self._answers.cancel()


def _connect(address: Address, node: int) -> Any:
    global _process
    import grpc

    _process = os.getpid()
    target = f"{'ipv6:' if ':' in address.endpoints[node].host else 'dns:///'}{address.endpoints[node]}"
    options = [
        ("grpc.max_receive_message_length", MAX_ANSWER_BYTES),
        ("grpc.enable_http_proxy", 0),
        ("grpc.enable_retries", 0),
        ("grpc.use_local_subchannel_pool", 1),
        ("SingleThreadedUnaryStream", 1),  # grpc.experimental.ChannelOptions
    ]
    if address.ca is None:
        return grpc.insecure_channel(target, options)
    key, certificate = (path and path.read_bytes() for path in (address.key, address.cert))
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(address.ca.read_bytes(), key, certificate), options)


def _metadata(token: str) -> tuple[tuple[str, str], ...]:
    return (("token", token),) if token else ()
