"""Uploads through breaks: nothing is lost and nothing is stored twice."""
from __future__ import annotations

import threading
from typing import Iterator

import pandas as pd
import pytest

from labeler_client import AnnotationCounts, Client, ItemCounts, UnavailableError
from relay import Relay
from service import Service


@pytest.fixture
def small_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labeler_client.annotations._BATCH", 200)


def test_a_server_that_is_killed_in_mid_upload_loses_and_doubles_nothing(own_service: Service, small_messages: None) -> None:
    pairs = 4_000
    first = pd.DataFrame({"item": [f"i{i // 20}" for i in range(pairs)], "labeler": [f"l{i % 20}" for i in range(pairs)], "label": "cat"})
    # The second half revises the first: a message that was stored twice, or out of order, would leave another class or revision.
    frame = pd.concat([first, first.assign(label="dog")], ignore_index=True)
    killed_at: list[int] = []

    def kill(done: int, total: int | None) -> None:
        if done >= 5_000 and not killed_at:
            killed_at.append(done)
            own_service.kill()
            threading.Thread(target=own_service.start).start()

    with Client(own_service.address, api_key=own_service.admin_key) as client:
        dataset = client.create_dataset("python-killed", classes=["cat", "dog"], items="vector:4")
        counts = dataset.add_annotations(frame, unknown_items="register", progress=kill)
        assert killed_at and killed_at[0] < len(frame)
        assert counts == AnnotationCounts(created=pairs, revised=pairs)
        stored = dataset.annotations()
        assert len(stored) == pairs and set(stored["label"]) == {"dog"} and set(stored["revision"]) == {2}
        assert set(zip(stored["item"], stored["labeler"])) == set(zip(first["item"], first["labeler"]))


def test_a_connection_that_is_cut_again_and_again_loses_and_doubles_nothing(client: Client, small_messages: None) -> None:
    relay, rows, cuts = Relay(client.address), 6_000, 0

    def cut(done: int, total: int | None) -> None:
        nonlocal cuts
        if done >= (cuts + 1) * 1_000:
            cuts += 1
            relay.cut()
            relay.mend()

    with Client(relay.address) as through:
        dataset = client.create_dataset("python-cut", classes=["cat", "dog"], items="vector:4")
        try:
            cuttable = through.dataset(dataset.id)
            counts = cuttable.add_annotations(
                items=range(rows), labelers=["anna"] * rows, classes=[i % 2 for i in range(rows)], unknown_items="register", progress=cut)
            assert cuts >= 3 and counts == AnnotationCounts(created=rows)
            stored = dataset.annotations()
            assert dict(zip(stored["item"].astype(int), stored["label"])) == {i: ("cat", "dog")[i % 2] for i in range(rows)}
            assert set(stored["revision"]) == {1}
        finally:
            client.delete_dataset(dataset.id)
            relay.cut()


def test_a_service_that_stays_away_is_told_with_what_is_stored(client: Client, small_messages: None) -> None:
    relay, cut_at = Relay(client.address), 0

    def rows() -> Iterator[tuple[str, str, str]]:
        for i in range(5_000):
            yield f"i{i}", "anna", "cat"

    def cut(done: int, total: int | None) -> None:
        nonlocal cut_at
        if done >= 1_000 and not cut_at:
            cut_at = done
            relay.cut()

    with Client(relay.address) as through:
        dataset = client.create_dataset("python-away", classes=["cat", "dog"], items="vector:4")
        try:
            cuttable = through.dataset(dataset.id)
            with pytest.raises(UnavailableError, match="rows before are stored; sending all of them again changes nothing"):
                cuttable.add_annotations(rows(), unknown_items="register", progress=cut, patience=0.5)
            relay.mend()
            counts = cuttable.add_annotations(rows(), unknown_items="register")
            assert counts.total == 5_000 and counts.unchanged >= cut_at and counts.revised == 0
        finally:
            client.delete_dataset(dataset.id)
            relay.cut()


def test_items_are_sent_again_through_a_cut(client: Client) -> None:
    relay, told = Relay(client.address), 0

    def cut(done: int, total: int | None) -> None:
        nonlocal told
        told += 1
        relay.cut()
        threading.Timer(0.3, relay.mend).start()

    with Client(relay.address) as through:
        dataset = client.create_dataset("python-items-cut", classes=["cat", "dog"], items="vector:4")
        try:
            assert through.dataset(dataset.id).add_items(ids=range(20_001), progress=cut) == ItemCounts(created=20_001)
            assert told == 3 and dataset.info().counts.items == 20_001
        finally:
            client.delete_dataset(dataset.id)
            relay.cut()


def test_no_more_than_a_window_goes_ahead_of_the_acknowledgements(client: Client, small_messages: None) -> None:
    dataset = client.create_dataset("python-window", classes=["cat", "dog"], items="vector:4")
    made, committed, ahead = 0, 0, 0

    def rows() -> Iterator[tuple[str, str, str]]:
        nonlocal made, ahead
        for i in range(12_000):
            made = i + 1
            ahead = max(ahead, made - committed)
            yield f"i{i}", "anna", "cat"

    def told(done: int, total: int | None) -> None:
        nonlocal committed
        committed = done

    try:
        assert dataset.add_annotations(rows(), unknown_items="register", progress=told).created == 12_000
    finally:
        client.delete_dataset(dataset.id)
    assert 200 < ahead <= (8 + 1) * 200 + 200  # eight messages on their way, one in the making, one whose progress was not told yet
