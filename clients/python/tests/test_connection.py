"""Addresses, keys, certificates and deadlines; what may be missing on the machine."""
from __future__ import annotations

import pathlib
import socket
import subprocess
import sys
import time

import grpc
import pytest

from labeler_client import AuthenticationError, Client, InputError, LabelerError, PermissionDeniedError, UnavailableError
from labeler_client.api import api_key_pb2, api_key_service_pb2
from labeler_client.api.api_key_service_pb2_grpc import ApiKeyServiceStub
from service import Service

CLIENT = pathlib.Path(__file__).resolve().parents[1]


def test_a_wrong_key_and_no_key_are_told_apart_from_a_missing_service(own_service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABELER_API_KEY", raising=False)
    for key in (None, "lbl_000000000000_" + "x" * 43, "nonsense"):
        with Client(own_service.address, api_key=key) as client, pytest.raises(AuthenticationError, match="api_key") as error:
            client.datasets()
        assert error.value.status == "UNAUTHENTICATED" and "x" * 10 not in str(error.value)
    with Client(own_service.address, token="a.b.c") as client, pytest.raises(AuthenticationError):
        client.datasets()
    with Client(own_service.address) as client, pytest.raises(AuthenticationError):
        client.create_dataset("python-keyless", classes=["a", "b"], items="vector:1")


def test_server_and_key_come_from_the_environment_as_for_the_command_line(own_service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELER_SERVER", own_service.address)
    monkeypatch.setenv("LABELER_API_KEY", own_service.admin_key)
    with Client() as client:
        client.datasets()
        assert client.address == own_service.address
        assert own_service.admin_key not in repr(client) + repr(vars(client))


def test_a_key_may_do_what_its_role_may_in_uploads_too(own_service: Service) -> None:
    with Client(own_service.address, api_key=own_service.admin_key) as admin:
        dataset = admin.create_dataset("python-roles", classes=["cat", "dog"], items="vector:4")
        dataset.add_items(ids=["i0"])
        key = admin.stub(ApiKeyServiceStub).CreateApiKey(api_key_service_pb2.CreateApiKeyRequest(api_key=api_key_pb2.ApiKey(
            role=api_key_pb2.ApiKey.ROLE_LABELER, datasets=[dataset.name], labeler_id="anna"))).key
    with Client(own_service.address, api_key=key) as anna:
        mine = anna.dataset("python-roles")
        assert mine.add_annotations([("i0", "anna", "cat")]).created == 1
        with pytest.raises(PermissionDeniedError):
            mine.add_annotations([("i0", "ben", "cat")])
        with pytest.raises(PermissionDeniedError, match="role"):
            mine.train("bn")


def test_several_replicas_are_tried_in_turn(own_service: Service) -> None:
    with Client(f"http://127.0.0.1:9,{own_service.address}", api_key=own_service.admin_key) as client:
        for _ in range(4):
            client.datasets()
    with pytest.raises(InputError, match="load balancer"):
        Client("https://a,https://b")


def test_an_address_where_nobody_listens_is_told_within_seconds() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with Client(address) as client, pytest.raises(UnavailableError, match=f"no service answers at {address}.*labeler serve"):
            client.datasets()
    with Client("http://no-such-host.invalid") as client, pytest.raises(UnavailableError, match="no-such-host.invalid"):
        client.datasets()


def test_the_http_port_and_https_where_there_is_none_are_told(own_service: Service) -> None:
    with Client(own_service.http_address) as client, pytest.raises(LabelerError, match="gRPC port"):
        client.datasets()
    with Client(own_service.address.replace("http", "https")) as client, pytest.raises(UnavailableError, match="no secure connection.*ca_file"):
        client.datasets()


@pytest.mark.parametrize("arguments", [
    {"address": "ftp://host"}, {"address": "http://"}, {"address": "http://host:port"}, {"address": "http://host/path"}, {"address": "http://me:secret@host"},
    {"address": "http://host:99999"}, {"api_key": "lbl_\n"}, {"api_key": "clé"}, {"api_key": "a", "token": "b"}, {"timeout": 0},
    {"ca_file": "ca.pem"}, {"address": "https://host", "ca_file": "/absent.pem"}, {"address": "https://host", "client_key": "/absent.pem"},
])
def test_what_cannot_be_an_address_or_a_credential_is_refused_at_once(arguments: dict[str, object]) -> None:
    with pytest.raises(InputError) as error:
        Client(**arguments)  # type: ignore[arg-type]  # that is the test
    assert "lbl_" not in str(error.value) and "clé" not in str(error.value)


def test_a_service_that_does_not_answer_is_given_up_after_the_timeout() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        with Client(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.5) as client, pytest.raises(LabelerError) as error:
            client.datasets()
    assert error.value.status in ("DEADLINE_EXCEEDED", "UNAVAILABLE") and time.monotonic() - started < 60


def test_stubs_of_the_package_send_the_key_along(own_service: Service) -> None:
    with Client(own_service.address, api_key=own_service.admin_key) as client:
        keys = client.stub(ApiKeyServiceStub).ListApiKeys(api_key_service_pb2.ListApiKeysRequest())
        assert api_key_pb2.ApiKey.ROLE_ADMIN in [key.role for key in keys.api_keys]
    with Client(own_service.address, api_key="wrong") as client, pytest.raises(grpc.RpcError):
        client.stub(ApiKeyServiceStub).ListApiKeys(api_key_service_pb2.ListApiKeysRequest())


def test_it_imports_and_works_without_numpy_and_pandas_and_says_what_arrays_need(own_service: Service) -> None:
    program = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("numpy", "pandas"):
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
from labeler_client import Client
with Client({own_service.address!r}, api_key={own_service.admin_key!r}) as client:
    texts = client.create_dataset("python-plain", classes=["no", "yes"], items="text")
    texts.add_items(texts=["one", "two"], ids=["a", "b"], gold=["no", None])
    print(texts.add_annotations([("a", "anna", "no"), ("b", "anna", 1)]).created)
    for needs in (lambda: texts.annotations(), lambda: client.create_dataset("python-plain2", classes=["a", "b"], items="vector:1").add_items([[1.0]])):
        try:
            needs()
        except ImportError as error:
            print(error)
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=CLIENT, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.splitlines()[0] == "2"
    assert "python3-pandas" in ran.stdout.splitlines()[1] and "python3-numpy" in ran.stdout.splitlines()[2]


@pytest.mark.parametrize(("status", "reason", "retry_after", "transient"), [
    ("UNAVAILABLE", "", None, True), ("RESOURCE_EXHAUSTED", "OVERLOADED", None, True), ("RESOURCE_EXHAUSTED", "RATE_LIMIT", 2.0, True),
    ("RESOURCE_EXHAUSTED", "INGESTION_QUEUE_FULL", 1.0, True), ("RESOURCE_EXHAUSTED", "KEY_QUOTA_EXCEEDED", 3600.0, False),
    ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", None, False), ("INVALID_ARGUMENT", "", 1.0, False)])
def test_what_passes_is_told_from_what_lasts(status: str, reason: str, retry_after: float | None, transient: bool) -> None:
    assert LabelerError(status, "no", reason=reason, retry_after=retry_after).transient is transient
