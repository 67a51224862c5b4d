"""Datasets: making, finding and deleting them, and what is refused."""
from __future__ import annotations

import pytest
from conftest import MakeDataset

from labeler_client import AlreadyExistsError, Client, InputError, InvalidArgumentError, NotFoundError


def test_a_dataset_is_made_found_listed_and_deleted(client: Client) -> None:
    made = client.create_dataset("python-life", classes=["no", "yes"], items="image:2x3x1", label_kind="binary", display_name="Wörter", tags={"site": "Oslo"})
    try:
        found = client.dataset("python-life")
        assert (found.name, found.id, list(found.classes)) == ("datasets/python-life", "python-life", ["no", "yes"])
        assert (found.item_type.image.height, found.item_type.image.width, found.item_type.image.channels) == (2, 3, 1)
        assert (found.info().display_name, dict(found.info().tags)) == ("Wörter", {"site": "Oslo"})
        assert made.name in [dataset.name for dataset in client.datasets()]
        assert client.dataset(made.name).name == made.name
    finally:
        client.delete_dataset("python-life")
    with pytest.raises(NotFoundError) as error:
        client.dataset("python-life")
    assert (error.value.status, error.value.reason) == ("NOT_FOUND", "RESOURCE_NOT_FOUND")


def test_an_id_that_is_taken_is_told(client: Client, make: MakeDataset) -> None:
    dataset = make()
    with pytest.raises(AlreadyExistsError):
        client.create_dataset(dataset.id, classes=["other", "classes"], items="vector:9")


@pytest.mark.parametrize(("dataset_id", "classes", "field"), [
    ("Not an id", ["a", "b"], "dataset_id"),
    ("x" * 5000, ["a", "b"], "dataset_id"),
    ("python-bad", ["a", "a"], "dataset.classes[1]"),
    ("python-bad", ["a", "b" * 100_000], "dataset.classes[1]"),
    ("python-bad", [], "dataset.classes"),
])
def test_the_field_at_fault_is_named(client: Client, dataset_id: str, classes: list[str], field: str) -> None:
    with pytest.raises(InvalidArgumentError) as error:
        client.create_dataset(dataset_id, classes=classes, items="vector:4")
    assert field in [violation.field for violation in error.value.violations]
    assert field in str(error.value)


@pytest.mark.parametrize("items", ["", "vector", "vector:-1", "vector:x", "image:28x28", "image:28x28x1x1", "text:3", "tensor:4"])
def test_an_item_type_that_does_not_exist_is_refused_before_anything_is_sent(client: Client, items: str) -> None:
    with pytest.raises(InputError, match="item type"):
        client.create_dataset("python-bad", classes=["a", "b"], items=items)


def test_one_text_is_no_list_of_classes(client: Client) -> None:
    with pytest.raises(InputError, match="list of names"):
        client.create_dataset("python-bad", classes="cat", items="vector:4")


def test_class_names_of_any_script_come_back_as_they_were(client: Client, make: MakeDataset) -> None:
    names = ("猫", "<img src=x onerror=alert(1)>", "ñandú 🦤", "a\u0301")
    dataset = make(classes=names)
    assert tuple(client.dataset(dataset.id).classes) == names
