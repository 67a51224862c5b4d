"""What the tests share: a service, a client of it, and datasets of their own."""
from __future__ import annotations

import itertools
import os
import pathlib
import sys
from typing import Callable, Iterator

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from labeler_client import Client, Dataset
from service import Service

MakeDataset = Callable[..., Dataset]
_numbers = itertools.count()


@pytest.fixture(scope="session")
def own_service() -> Iterator[Service]:
    """A service that wants keys, and that a test may kill if it starts it again."""
    service = Service()
    try:
        service.start()
        yield service
    finally:
        service.stop()


@pytest.fixture(scope="session")
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client of the service in LABELER_TEST_SERVER; without it, of the tests' own."""
    address = os.environ.get("LABELER_TEST_SERVER")
    if address:
        made = Client(address)
    else:
        service: Service = request.getfixturevalue("own_service")
        made = Client(service.address, api_key=service.admin_key)
    with made:
        yield made


@pytest.fixture
def make(client: Client) -> Iterator[MakeDataset]:
    """Makes datasets, which are deleted after the test."""
    made: list[Dataset] = []

    def dataset(items: str = "vector:4", classes: tuple[str, ...] = ("cat", "dog", "eel")) -> Dataset:
        made.append(client.create_dataset(f"python-{os.getpid()}-{next(_numbers)}", classes=classes, items=items))
        return made[-1]

    yield dataset
    for old in made:
        client.delete_dataset(old.name)
