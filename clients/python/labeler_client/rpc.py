"""Types of the calls that stubs offer, for type checkers; grpcio itself has none."""
from __future__ import annotations

from typing import Any, Iterator, Protocol, Sequence, TypeVar

Q_in = TypeVar("Q_in", contravariant=True)
A_out = TypeVar("A_out", covariant=True)

Metadata = Sequence["tuple[str, str]"]


class Answers(Protocol[A_out]):
    """Answers of a stream, in order; iterating blocks until the next one comes."""

    def __iter__(self) -> Iterator[A_out]: ...

    def __next__(self) -> A_out: ...

    def cancel(self) -> bool: ...


class UnaryUnary(Protocol[Q_in, A_out]):
    """One request, one answer."""

    def __call__(self, request: Q_in, timeout: float | None = None, metadata: Metadata | None = None, **options: Any) -> A_out: ...


class UnaryStream(Protocol[Q_in, A_out]):
    """One request, many answers."""

    def __call__(self, request: Q_in, timeout: float | None = None, metadata: Metadata | None = None, **options: Any) -> Answers[A_out]: ...


class StreamUnary(Protocol[Q_in, A_out]):
    """Many requests, one answer."""

    def __call__(self, requests: Iterator[Q_in], timeout: float | None = None, metadata: Metadata | None = None, **options: Any) -> A_out: ...


class StreamStream(Protocol[Q_in, A_out]):
    """Many requests, many answers."""

    def __call__(
        self, requests: Iterator[Q_in], timeout: float | None = None, metadata: Metadata | None = None, **options: Any) -> Answers[A_out]: ...
