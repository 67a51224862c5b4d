"""The connection to a service: address, credentials, deadlines, repetition of calls."""
from __future__ import annotations

import collections
import os
import pathlib
import random
import socket
import ssl
import time
import urllib.parse
import uuid
from typing import Any, Callable, Iterator, TypeVar, Union

import grpc

from labeler_client import errors
from labeler_client.api.annotation_service_pb2_grpc import AnnotationServiceStub
from labeler_client.api.dataset_service_pb2_grpc import DatasetServiceStub
from labeler_client.api.insight_service_pb2_grpc import InsightServiceStub
from labeler_client.api.item_service_pb2_grpc import ItemServiceStub
from labeler_client.api.labeler_registry_service_pb2_grpc import LabelerRegistryServiceStub
from labeler_client.api.model_service_pb2_grpc import ModelServiceStub
from labeler_client.api.prediction_job_service_pb2_grpc import PredictionJobServiceStub
from labeler_client.api.prediction_service_pb2_grpc import PredictionServiceStub
from labeler_client.api.training_service_pb2_grpc import TrainingServiceStub
from labeler_client.rpc import UnaryStream, UnaryUnary

Q = TypeVar("Q")
A = TypeVar("A")
PathText = Union[str, "os.PathLike[str]"]

DEFAULT_ADDRESS = "http://localhost:8081"
TIMEOUT = 120.0
"""Seconds that a call which answers once may take."""
PATIENCE = 180.0
"""Seconds that uploads and watches wait for a service that is away."""
_TRIES = 4
_LARGEST_ANSWER = 64 << 20

_OPTIONS: list[tuple[str, Any]] = [
    ("grpc.max_receive_message_length", _LARGEST_ANSWER),
    ("grpc.max_send_message_length", -1),
    # A connection that died silently (NAT, suspended laptop) is noticed while a run is watched.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
]


class Connection:
    """A channel with everything that calls need. Opening makes no connection: the first call does."""

    def __init__(
        self, address: str | None = None, *, api_key: str | None = None, token: str | None = None, ca_file: PathText | None = None,
        client_cert: PathText | None = None, client_key: PathText | None = None, timeout: float | None = None,
    ) -> None:
        self.address = address or os.environ.get("LABELER_SERVER") or DEFAULT_ADDRESS
        self.timeout = TIMEOUT if timeout is None else timeout
        if self.timeout <= 0:
            raise errors.InputError("timeout is a number of seconds above 0")
        target, secure, options = _target(self.address)
        credential = _credential(api_key, token)
        if secure:
            channel = grpc.secure_channel(target, _tls(ca_file, client_cert, client_key), _OPTIONS + options)
        elif ca_file or client_cert or client_key:
            raise errors.InputError(f"certificates are for https, and {self.address} is not: write https://…")
        else:
            channel = grpc.insecure_channel(target, _OPTIONS + options)
        self._bare_channel = channel
        self.channel = grpc.intercept_channel(channel, _Credential(credential)) if credential else channel
        self.datasets = DatasetServiceStub(self.channel)
        self.items = ItemServiceStub(self.channel)
        self.labelers = LabelerRegistryServiceStub(self.channel)
        self.annotations = AnnotationServiceStub(self.channel)
        self.training = TrainingServiceStub(self.channel)
        self.models = ModelServiceStub(self.channel)
        self.predictions = PredictionServiceStub(self.channel)
        self.prediction_jobs = PredictionJobServiceStub(self.channel)
        self.insight = InsightServiceStub(self.channel)

    def close(self) -> None:
        """Ends the connection and all calls that are open."""
        self._bare_channel.close()

    def call(
        self, method: UnaryUnary[Q, A], request: Q, *, repeatable: bool = True, patience: float = 0.0,
        row_of: Callable[[str], int | None] | None = None,
    ) -> A:
        """Calls and waits for the answer.

        A call that may be repeated (reading, or with a request id) is tried four times while the service is away or overloaded, and for
        ``patience`` seconds at least.
        """
        started = time.monotonic()
        for attempt in range(1_000_000):
            try:
                return method(request, timeout=self.timeout)
            except grpc.RpcError as error:
                failure = errors.of_rpc(error, self.address, row_of)
                if not (repeatable and failure.transient):
                    raise failure from None
                if attempt + 1 >= _TRIES and time.monotonic() - started >= patience:
                    raise failure from None
            self.pause(attempt, failure)
        raise AssertionError("unreachable")

    def pause(self, attempt: int, failure: errors.LabelerError | None = None) -> None:
        """Waits after a failed attempt (from 0), no longer than until there is a connection again where it was that which failed."""
        seconds = pause(attempt, failure)
        if failure is None or failure.reason:  # the service spoke
            time.sleep(seconds)
            return
        # Not a sleep: gRPC gets ahead with connecting only while somebody waits for it.
        ready = grpc.channel_ready_future(self._bare_channel)
        try:
            ready.result(timeout=seconds)
        except grpc.FutureTimeoutError:
            pass  # the next attempt says what is wrong
        finally:
            ready.cancel()

    def stream(self, method: UnaryStream[Q, A], request: Q) -> Iterator[A]:
        """Answers of a call that streams them; an error comes as LabelerError. Leaving the loop early ends the call."""
        call = method(request)
        try:
            yield from call
        except grpc.RpcError as error:
            raise errors.of_rpc(error, self.address) from None
        finally:
            call.cancel()


def new_request_id() -> str:
    """An id that makes a repeated call harmless."""
    return str(uuid.uuid4())


def pause(attempt: int, failure: errors.LabelerError | None = None) -> float:
    """Seconds to wait after a failed attempt (from 0): 0.2 to 2, with jitter so that clients do not come back all at once."""
    wait: float = min(0.2 * 2.0 ** min(attempt, 6), 2.0) * random.uniform(0.8, 1.2)
    return max(wait, failure.retry_after or 0.0) if failure and failure.status == "RESOURCE_EXHAUSTED" else wait


def _target(address: str) -> tuple[str, bool, list[tuple[str, Any]]]:
    """Target for gRPC, whether it is TLS, and options. Several plain http addresses, separated by commas, are replicas of one service."""
    parsed = [_parse(part.strip()) for part in address.split(",")]
    if len(parsed) == 1:
        secure, host, port = parsed[0]
        return (f"[{host}]:{port}" if ":" in host else f"{host}:{port}"), secure, []
    if any(secure for secure, _, _ in parsed):
        raise errors.InputError("several servers are possible with plain http only; for https, name the load balancer in front of them")
    places = []
    for _, host, port in parsed:
        try:
            found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
        except OSError as error:
            raise errors.UnavailableError("UNAVAILABLE", f"{host} has no IPv4 address: {error}") from None
        places.append(f"{found[0][4][0]}:{port}")
    # Without a name of its own a list of addresses would be sent as the host, which is none.
    name = f"{parsed[0][1]}:{parsed[0][2]}"
    return "ipv4:" + ",".join(places), False, [("grpc.lb_policy_name", "round_robin"), ("grpc.default_authority", name)]


def _parse(text: str) -> tuple[bool, str, int]:
    url = urllib.parse.urlsplit(text if "://" in text else f"http://{text}")
    try:
        port = url.port
    except ValueError:
        port = -1
    if url.scheme not in ("http", "https") or not url.hostname or port == -1 or url.path not in ("", "/") or url.query or url.username:
        raise errors.InputError(f"\"{text}\" is not the address of a server; one looks like {DEFAULT_ADDRESS}")
    return url.scheme == "https", url.hostname, port or (443 if url.scheme == "https" else 80)


def _credential(api_key: str | None, token: str | None) -> str | None:
    if api_key and token:
        raise errors.InputError("give an API key or a token, not both")
    credential = token or api_key or os.environ.get("LABELER_API_KEY") or None
    # The text is not repeated: it is secret.
    if credential and not all(" " < character < "\x7f" for character in credential):
        raise errors.InputError("the API key or token has characters that none has: look for spaces and line ends, in LABELER_API_KEY too")
    return credential


def _tls(ca_file: PathText | None, client_cert: PathText | None, client_key: PathText | None) -> grpc.ChannelCredentials:
    if client_key and not client_cert:
        raise errors.InputError("client_key belongs to a client_cert: give both")
    # gRPC brings a list of authorities of its own; the machine's is the one that its administrator keeps.
    roots = ca_file or ssl.get_default_verify_paths().cafile
    certificate = _read(client_cert, "client_cert")
    key = _read(client_key, "client_key") or certificate
    return grpc.ssl_channel_credentials(_read(roots, "ca_file"), key, certificate)


def _read(path: PathText | None, name: str) -> bytes | None:
    if path is None:
        return None
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise errors.InputError(f"{name} cannot be read: {error}") from None


class _CallDetails(
    collections.namedtuple("_CallDetails", ("method", "timeout", "metadata", "credentials", "wait_for_ready", "compression")),
    grpc.ClientCallDetails,
):
    """How a call is made."""


class _Credential(
    grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor, grpc.StreamUnaryClientInterceptor, grpc.StreamStreamClientInterceptor,
):
    """Puts the key or token on every call."""

    def __init__(self, credential: str) -> None:
        self._entry = ("authorization", f"Bearer {credential}")

    def _intercept(self, continuation: Callable[[Any, Any], Any], details: Any, request: Any) -> Any:
        with_key = _CallDetails(
            details.method, details.timeout, [*(details.metadata or ()), self._entry], details.credentials,
            getattr(details, "wait_for_ready", None), getattr(details, "compression", None))
        return continuation(with_key, request)

    intercept_unary_unary = intercept_unary_stream = intercept_stream_unary = intercept_stream_stream = _intercept
