"""What can go wrong, as exceptions."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Sequence, TypeVar

import grpc
from google.protobuf.message import DecodeError

from labeler_client.api import rpc_error_details_pb2 as details_pb2
from labeler_client.api.rpc_status_pb2 import Status

M = TypeVar("M")


@dataclass(frozen=True)
class FieldViolation:
    """One place at fault."""

    field: str
    """Path of the field in the request, such as ``annotations[3].item_id``; of input that never went out, the column, such as ``label``."""
    description: str
    """What is wrong and what would be right."""
    row: int | None = None
    """Row of what the caller gave, from 0; None where it is not about a row."""

    def __str__(self) -> str:
        return f"{self.field}: {self.description}" if self.row is None else f"row {self.row}, {self.field}: {self.description}"


class LabelerError(Exception):
    """A call that failed. The text says what happened and what to do."""

    status: str
    """gRPC status in the API's spelling: ``NOT_FOUND``, ``INVALID_ARGUMENT``, ``UNAVAILABLE``, …"""
    reason: str
    """The service's reason for programs, such as ``QUOTA_EXCEEDED``; empty where none came."""
    message: str
    """What happened and what to do, without the places."""
    violations: tuple[FieldViolation, ...]
    """The places at fault; empty where no single one is."""
    retry_after: float | None
    """Seconds after which the service wants to be asked again, where it said so."""

    def __init__(
        self, status: str, message: str, *, reason: str = "", violations: Sequence[FieldViolation] = (), retry_after: float | None = None,
    ) -> None:
        super().__init__(status, message)
        self.status, self.reason, self.message = status, reason, message
        self.violations, self.retry_after = tuple(violations), retry_after

    def __str__(self) -> str:
        return "\n  ".join([f"{self.message} ({self.status})", *map(str, self.violations)])

    @property
    def transient(self) -> bool:
        """Whether the same call may succeed in a moment: nobody answers, or the service has too much to do."""
        return self.status == "UNAVAILABLE" or (
            self.status == "RESOURCE_EXHAUSTED" and self.reason not in _FULL and (self.reason == "OVERLOADED" or self.retry_after is not None))


_FULL = ("QUOTA_EXCEEDED", "KEY_QUOTA_EXCEEDED")
"""Reasons that last for longer than anybody waits."""


class InvalidArgumentError(LabelerError):
    """The request is wrong by itself; ``violations`` names the fields."""


class InputError(InvalidArgumentError, ValueError):
    """What the caller gave is wrong, and nothing of it was sent."""

    def __init__(self, message: str, *violations: FieldViolation) -> None:
        super().__init__("INVALID_ARGUMENT", message, reason="INVALID_INPUT", violations=violations)


class NotFoundError(LabelerError):
    """Something that the request names does not exist."""


class AlreadyExistsError(LabelerError):
    """What is to be created exists with other content."""


class UnavailableError(LabelerError):
    """No service answers, or it cannot work at the moment."""


class AuthenticationError(LabelerError):
    """The service does not know who calls: no API key or token, or one that is not valid (any more)."""


class PermissionDeniedError(LabelerError):
    """The caller is known and may not do this."""


class TrainingFailedError(LabelerError):
    """A training run ended without a model."""

    run: str
    """Resource name of the run."""

    def __init__(self, status: str, message: str, run: str) -> None:
        super().__init__(status, message)
        self.run = run


_KINDS: dict[str, type[LabelerError]] = {
    "INVALID_ARGUMENT": InvalidArgumentError,
    "NOT_FOUND": NotFoundError,
    "ALREADY_EXISTS": AlreadyExistsError,
    "UNAVAILABLE": UnavailableError,
    "UNAUTHENTICATED": AuthenticationError,
    "PERMISSION_DENIED": PermissionDeniedError,
}


def make(
    status: str, message: str, *, reason: str = "", violations: Sequence[FieldViolation] = (), retry_after: float | None = None,
) -> LabelerError:
    """The exception of a status."""
    return _KINDS.get(status, LabelerError)(status, message, reason=reason, violations=violations, retry_after=retry_after)


def of_rpc(error: grpc.RpcError, address: str, row_of: Callable[[str], int | None] | None = None) -> LabelerError:
    """What a failed call of gRPC says.

    ``address`` is where the service was looked for; ``row_of`` gives the caller's row of a field's path, where the request was made of rows.
    """
    status = str(error.code().name)
    said = str(error.details() or "")
    rich = rich_status(error)
    reason, violations, retry_after = "", [], None
    for packed in rich.details if rich else ():
        kind = packed.type_url.rpartition(".")[2]
        if kind == "ErrorInfo":
            reason = _unpack(details_pb2.ErrorInfo, packed.value).reason
        elif kind == "BadRequest":
            for violation in _unpack(details_pb2.BadRequest, packed.value).field_violations:
                row = row_of(violation.field) if row_of else None
                violations.append(FieldViolation(violation.field, violation.description, row))
        elif kind == "QuotaFailure":
            for failure in _unpack(details_pb2.QuotaFailure, packed.value).violations:
                violations.append(FieldViolation(failure.subject, failure.description))
        elif kind == "RetryInfo":
            retry_after = _unpack(details_pb2.RetryInfo, packed.value).retry_delay.ToTimedelta().total_seconds()
    return make(status, _sentence(status, said, rich is not None, address), reason=reason, violations=violations, retry_after=retry_after)


def rich_status(error: grpc.RpcError) -> Status | None:
    """The service's own status; None where the transport made one up because the service did not speak."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            try:
                return _unpack(Status, value)
            except DecodeError:
                return None
    return None


def _unpack(kind: type[M], data: bytes) -> M:
    message: Any = kind()
    message.ParseFromString(data)
    return message  # type: ignore[no-any-return]  # protobuf has no types


def _sentence(status: str, said: str, by_service: bool, address: str) -> str:
    if status == "UNAVAILABLE" and by_service:
        return f"{said} The service at {address} is up but cannot work now; try again in a moment."
    if not by_service and status in ("UNAVAILABLE", "INTERNAL", "UNKNOWN"):
        lower = said.lower()
        if "http1" in lower or "http/1" in lower or "parsing http/2" in lower:
            return f"{address} does not speak gRPC: the address is that of the gRPC port (HTTP port + 1 unless set otherwise)"
        if address.startswith("https") and any(word in lower for word in ("ssl", "tls", "handshake", "certificate")):
            return f"no secure connection to {address} ({said}); name the authority that signed its certificate with ca_file"
    if status == "UNAVAILABLE":
        return f"no service answers at {address} ({said or 'no connection'}): start one with `./labeler serve`, or name it: Client(address) or LABELER_SERVER"
    if status == "DEADLINE_EXCEEDED":
        return "the service did not answer in time: try again, or give it longer with Client(timeout=SECONDS)"
    if status == "UNAUTHENTICATED":
        return f"{(said or 'the service wants an API key').rstrip('.')}: give one with Client(api_key=…) or LABELER_API_KEY"
    if status == "PERMISSION_DENIED":
        return f"{(said or 'this API key may not do that').rstrip('.')}: use a key with the role it needs"
    if status == "UNIMPLEMENTED":
        return f"the service at {address} does not have this call: is it the gRPC port, and as new as this client?"
    return said or f"the service answered {status}"
