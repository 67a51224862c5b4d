"""Walks the pages of a list."""
from __future__ import annotations

import itertools
from typing import Any, Callable, Iterator, TypeVar

from labeler_client.connection import Connection
from labeler_client.rpc import UnaryUnary

Q = TypeVar("Q")
A = TypeVar("A")
T = TypeVar("T")
PAGE = 1000
"""Largest page that the API gives."""


def walk(connection: Connection, method: UnaryUnary[Q, A], request: Q, entries: Callable[[A], Any], most: int | None = None) -> Iterator[Any]:
    """The entries of all pages, or the first `most`."""
    return itertools.islice(_walk(connection, method, request, entries, most), most)


def _walk(connection: Connection, method: UnaryUnary[Q, A], request: Any, entries: Callable[[A], Any], most: int | None) -> Iterator[Any]:
    request.page_size = PAGE if most is None else max(1, min(most, PAGE))
    while True:
        answer: Any = connection.call(method, request)
        yield from entries(answer)
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token
