"""Uploading annotations over an acknowledged stream, through breaks of the connection and restarts of the service."""
from __future__ import annotations

import collections
import re
import threading
import time
from typing import Callable, Deque, Iterator, NamedTuple

import grpc

from labeler_client import errors
from labeler_client.api.annotation_pb2 import AnnotationWriteCounts
from labeler_client.api.annotation_service_pb2 import IngestAnnotationsRequest
from labeler_client.connection import PATIENCE, Connection

# What a client sees of a service that dies or stops under it. Without the service's own status, INTERNAL and UNKNOWN are the transport's words.
_BREAKS = ("UNAVAILABLE", "CANCELLED", "ABORTED")
_TRANSPORT_BREAKS = ("INTERNAL", "UNKNOWN")


class Message(NamedTuple):
    """A message that goes out until it is acknowledged."""

    request: IngestAnnotationsRequest
    first_row: int
    """Row of the caller's data that its first annotation is."""
    rows: int


class AnnotationUpload:
    """Sends messages in order, a window of them ahead of the acknowledgements.

    An acknowledgement means committed. Every message has a request id, so that one which was committed though its acknowledgement was lost
    is answered as the first time when it is sent again: nothing is lost, nothing is doubled, and the counts are those of one undisturbed
    upload.
    """

    def __init__(
        self, connection: Connection, messages: Iterator[Message], acknowledged: Callable[[int], None], *, window: int = 8,
        patience: float = PATIENCE,
    ) -> None:
        self._connection, self._messages, self._acknowledged = connection, messages, acknowledged
        self._window, self._patience = window, patience
        self._changed = threading.Condition()
        self._pending: Deque[Message] = collections.deque()
        self._exhausted = False
        self._refused: BaseException | None = None
        self._sequence = 0
        self.counts = AnnotationWriteCounts()
        self.rows = 0
        """Rows that are acknowledged."""

    def run(self) -> None:
        """Sends everything; returns when all of it is acknowledged.

        Raises what making a message raised, after everything before it is acknowledged; and LabelerError where the service refuses a
        message, or stays away for longer than `patience` seconds.
        """
        away: float | None = None
        attempt = 0
        while self._anything_left():
            before = self.rows
            failure = self._stream()
            if failure is None and not self._anything_left():
                break
            # A source that is slow says nothing about the service: it is away from the first stream on that brings nothing.
            if self.rows > before or away is None:
                away, attempt = time.monotonic(), 0
            if failure and not failure.transient and failure.status not in _BREAKS + _TRANSPORT_BREAKS:
                raise self._explained(failure)
            # A stream that ended without an error though messages are pending is a service that stops in good order.
            if time.monotonic() - away > self._patience:
                raise self._explained(failure or errors.make("UNAVAILABLE", f"the service at {self._connection.address} ended the stream early"))
            self._connection.pause(attempt, failure)
            attempt += 1
        if self._refused:
            raise self._refused

    def _anything_left(self) -> bool:
        with self._changed:
            return bool(self._pending) or self._next() is not None

    def _stream(self) -> errors.LabelerError | None:
        """One stream, from what is pending on. Returns why it broke; None where it ended in order."""
        ended = threading.Event()
        call = self._connection.annotations.IngestAnnotations(self._requests(ended))
        counts = AnnotationWriteCounts()
        try:
            for answer in call:
                counts = answer.counts
                self._acknowledge(answer.acknowledged_sequence)
            return None
        except grpc.RpcError as error:
            failure = errors.of_rpc(error, self._connection.address, self._row_of)
            if failure.status in _TRANSPORT_BREAKS and errors.rich_status(error) is not None:
                raise self._explained(failure) from None
            return failure
        finally:
            # Nothing of this stream takes from the messages any more once this lock was held.
            with self._changed:
                ended.set()
                self._changed.notify_all()
            call.cancel()
            for field in ("created", "revised", "unchanged", "retracted"):
                setattr(self.counts, field, getattr(self.counts, field) + getattr(counts, field))

    def _requests(self, ended: threading.Event) -> Iterator[IngestAnnotationsRequest]:
        """Requests of one stream; gRPC takes them, in a thread of its own, as fast as they go out."""
        sent = 0
        while True:
            with self._changed:
                while not ended.is_set():
                    message = next((message for message in self._pending if message.request.sequence > sent), None)
                    if message is None and len(self._pending) < self._window:
                        message = self._next()
                        if message is None:
                            return
                    if message is not None:
                        break
                    self._changed.wait()
                else:
                    return
            sent = message.request.sequence
            yield message.request

    def _next(self) -> Message | None:
        if self._exhausted:
            return None
        try:
            message = next(self._messages, None)
        except BaseException as error:  # whatever it is, it is raised to the caller in run
            self._refused, message = error, None
        if message is None:
            self._exhausted = True
            return None
        self._sequence += 1
        message.request.sequence = self._sequence
        self._pending.append(message)
        return message

    def _acknowledge(self, sequence: int) -> None:
        with self._changed:
            while self._pending and self._pending[0].request.sequence <= sequence:
                self.rows += self._pending.popleft().rows
            self._changed.notify_all()
        self._acknowledged(self.rows)

    def _row_of(self, field: str) -> int | None:
        """Row of a field such as ``messages[2].annotations[3].item_id``. The message at fault is the first one that is not acknowledged."""
        found = re.search(r"annotations\[(\d+)\]", field)
        return self._pending[0].first_row + int(found.group(1)) if found and self._pending else None

    def _explained(self, failure: errors.LabelerError) -> errors.LabelerError:
        failure.message += f" ({self.rows:,} rows before are stored; sending all of them again changes nothing)" if self.rows else " (nothing is stored)"
        return failure
