"""Annotations: every way to give them, and what is refused."""
from __future__ import annotations

import datetime
from typing import Any, Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from conftest import MakeDataset

from labeler_client import AnnotationCounts, Dataset, InputError, InvalidArgumentError, LabelerError, NotFoundError

UTC = datetime.timezone.utc


@pytest.fixture
def dataset(make: MakeDataset) -> Dataset:
    made = make()
    made.add_items(ids=[f"i{i}" for i in range(6)])
    return made


FRAME = pd.DataFrame({"item": ["i0", "i0", "i1"], "labeler": ["anna", "ben", "anna"], "label": ["cat", "dog", "eel"]})


@pytest.mark.parametrize("ways", [
    FRAME,
    FRAME.rename(columns={"item": "task", "labeler": "worker"}),
    FRAME.astype("category"),
    FRAME.astype("string"),
    FRAME.assign(label=[0, 1, 2]),
    FRAME.assign(label=pd.array([0, 1, 2], dtype="Int8")),
    FRAME.to_dict("list"),
    FRAME.to_dict("records"),
    list(FRAME.itertuples(index=False, name=None)),
    iter(FRAME.values.tolist()),
], ids=["frame", "crowd-kit", "category", "string", "integers", "nullable", "columns", "mappings", "tuples", "iterator"])
def test_annotations_in_every_form_come_back_the_same(dataset: Dataset, ways: Any) -> None:
    assert dataset.add_annotations(ways) == AnnotationCounts(created=3)
    pd.testing.assert_frame_equal(dataset.annotations()[["item", "labeler", "label"]], FRAME)


def test_three_columns_are_taken_as_arrays_of_any_kind(dataset: Dataset) -> None:
    dataset.add_items(ids=np.arange(3))
    counts = dataset.add_annotations(items=np.arange(3), labelers=np.array([7, 7, 8]), classes=np.array([2, 1, 0], np.uint8))
    assert counts == AnnotationCounts(created=3)
    assert dataset.annotations()[["item", "labeler", "label"]].values.tolist() == [["0", "7", "eel"], ["1", "7", "dog"], ["2", "8", "cat"]]


def test_confidence_duration_and_time_come_back_where_they_are_known(dataset: Dataset) -> None:
    times = pd.to_datetime(["2024-03-01T12:00:00.25", None, "2024-03-02T00:00:00"]).tz_localize("Europe/Oslo")
    dataset.add_annotations(FRAME.assign(confidence=[0.25, np.nan, 1], duration=[1.5, 2, np.nan], time=times))
    back = dataset.annotations()
    assert back["confidence"].tolist()[::2] == [0.25, 1] and np.isnan(back["confidence"][1])
    assert back["duration"].tolist()[:2] == [1.5, 2] and np.isnan(back["duration"][2])
    assert back["time"].tolist()[0] == pd.Timestamp("2024-03-01T11:00:00.25", tz="UTC") and pd.isna(back["time"][1])
    assert back["revision"].tolist() == [1, 1, 1]

    dataset.add_annotations([{"item": "i5", "labeler": "ben", "label": "cat", "time": "2024-01-01T00:00:00Z", "duration": datetime.timedelta(seconds=3)}])
    last = dataset.annotations().iloc[-1]
    assert (last["time"].to_pydatetime(), last["duration"]) == (datetime.datetime(2024, 1, 1, tzinfo=UTC), 3)
    dataset.add_annotations(items=["i5"], labelers=["cleo"], classes=["cat"], times=np.array(["2024-01-01"], "datetime64[ns]"), durations=np.array([1500], "timedelta64[ms]"))
    last = dataset.annotations().iloc[-1]
    assert (last["time"].to_pydatetime(), last["duration"]) == (datetime.datetime(2024, 1, 1, tzinfo=UTC), 1.5)


def test_the_same_again_changes_nothing_and_another_class_is_a_revision(dataset: Dataset) -> None:
    dataset.add_annotations(FRAME)
    assert dataset.add_annotations(FRAME) == AnnotationCounts(unchanged=3)
    assert dataset.add_annotations(FRAME.assign(label=["dog", "dog", "eel"])) == AnnotationCounts(revised=1, unchanged=2)
    assert dataset.retract_annotations(["i0"], ["ben"]) == AnnotationCounts(retracted=1)
    assert dataset.annotations()["label"].tolist() == ["dog", "eel"]
    everything = dataset.annotations(retracted=True)
    assert everything[["label", "revision", "retracted"]].values.tolist() == [["dog", 2, False], [None, 2, True], ["eel", 1, False]]


@pytest.mark.parametrize(("column", "value", "says"), [
    ("label", np.nan, "missing"), ("label", None, "missing"), ("label", pd.NA, "missing"), ("label", "cow", "no class"), ("label", "", "no class"),
    ("label", 3, "no index"), ("label", -1, "no index"), ("label", 1.0, "astype"), ("label", True, "bool"), ("label", "c" * 100_000, "no class"),
    ("item", np.nan, "missing"), ("item", 7.0, "astype"), ("labeler", None, "missing"), ("labeler", b"anna", "bytes"), ("labeler", pd.NaT, "missing"),
    ("confidence", "high", "number"), ("confidence", np.inf, "number"), ("time", "yesterday", "ISO 8601"), ("time", 3, "datetime"),
])
def test_a_wrong_cell_is_named_by_row_and_column_and_nothing_is_sent(dataset: Dataset, column: str, value: Any, says: str) -> None:
    rows = 25_000
    cells: dict[str, list[Any]] = {"item": ["i0"] * rows, "labeler": [f"l{i}" for i in range(rows)], "label": ["cat"] * rows}
    cells[column] = list(cells.get(column, [None] * rows))
    cells[column][23_456] = value
    with pytest.raises(InputError) as error:
        dataset.add_annotations(pd.DataFrame(cells, dtype=object))
    violation = error.value.violations[0]
    assert (violation.row, violation.field, len(error.value.violations)) == (23_456, column, 1)
    assert says in violation.description and len(str(error.value)) < 1000
    assert dataset.info().counts.annotations == 0


def test_a_column_of_classes_with_a_gap_which_pandas_makes_floats_names_the_gap(dataset: Dataset) -> None:
    with pytest.raises(InputError) as error:
        dataset.add_annotations(FRAME.assign(label=[0, None, 2]))
    assert {(v.row, v.description == "is missing") for v in error.value.violations} == {(0, False), (1, True), (2, False)}


def test_many_wrong_rows_are_listed_up_to_twenty(dataset: Dataset) -> None:
    with pytest.raises(InputError, match="more may follow") as error:
        dataset.add_annotations(items=["i0"] * 1000, labelers=["anna"] * 1000, classes=["cow"] * 1000)
    assert [v.row for v in error.value.violations] == list(range(20))


def test_numbers_are_no_classes_where_classes_are_called_by_other_numbers(make: MakeDataset) -> None:
    stars = make(classes=("1", "2", "3"))
    with pytest.raises(InputError, match="give the name as a text"):
        stars.add_annotations(items=["a"], labelers=["b"], classes=[1])
    assert stars.add_annotations(items=["a"], labelers=["b"], classes=["1"], unknown_items="register").created == 1
    digits = make(classes=("0", "1"))
    assert digits.add_annotations(items=["a"], labelers=["b"], classes=[1], unknown_items="register").created == 1
    assert digits.annotations()["label"].tolist() == ["1"]


@pytest.mark.parametrize("give", [
    lambda d: d.add_annotations(),
    lambda d: d.add_annotations(FRAME, items=["i0"]),
    lambda d: d.add_annotations(FRAME.drop(columns="label")),
    lambda d: d.add_annotations(items=["i0"], labelers=["anna"]),
    lambda d: d.add_annotations(items=["i0", "i1"], labelers=["anna", "ben"], classes=["cat"]),
    lambda d: d.add_annotations(items="i0", labelers="anna", classes="cat"),
    lambda d: d.add_annotations([("i0", "anna")]),
    lambda d: d.add_annotations(["i0"]),
    lambda d: d.add_annotations(items=np.zeros((2, 2)), labelers=["anna"], classes=["cat"]),
    lambda d: d.add_annotations(FRAME, unknown_items="ignore"),
])
def test_what_is_no_table_of_annotations_is_refused(dataset: Dataset, give: Callable[[Dataset], object]) -> None:
    with pytest.raises(InputError):
        give(dataset)
    assert dataset.info().counts.annotations == 0


def test_nothing_is_stored_of_nothing(dataset: Dataset) -> None:
    for nothing in (FRAME.iloc[:0], [], iter(()), {"item": [], "labeler": [], "label": []}):
        assert dataset.add_annotations(nothing) == AnnotationCounts()
    assert dataset.retract_annotations([], []) == AnnotationCounts()
    assert dataset.annotations().empty


def test_keys_of_any_script_and_the_longest_come_back_as_they_were(dataset: Dataset) -> None:
    names = ["猫", "ñ 🦤", "a\u0301", "<img src=x onerror=alert(1)>", "../../etc/passwd", "x" * 256, "'; drop table items; --", "-", " "]
    dataset.add_annotations(items=names, labelers=names[::-1], classes=["cat"] * len(names), unknown_items="register")
    back = dataset.annotations()
    assert dict(zip(back["item"], back["labeler"])) == dict(zip(names, names[::-1]))


def test_an_enormous_name_is_refused_by_row_and_what_came_before_is_stored(dataset: Dataset) -> None:
    labelers = [f"l{i}" for i in range(20_050)]
    labelers[20_001] = "ü" * 1_000_000
    with pytest.raises(InvalidArgumentError) as error:
        dataset.add_annotations(items=["i0"] * len(labelers), labelers=labelers, classes=[0] * len(labelers))
    assert [(v.row, v.field) for v in error.value.violations] == [(20_001, "messages[2].annotations[1].labeler_id")]
    assert "20,000 rows before are stored" in error.value.message
    assert dataset.info().counts.annotations == 20_000


def test_half_a_character_is_refused_by_row(dataset: Dataset) -> None:
    with pytest.raises(InputError) as error:
        dataset.add_annotations(items=["i0", "i\udc80"], labelers=["anna", "anna"], classes=["cat", "cat"])
    assert error.value.violations[0].row == 1


def test_items_that_do_not_exist_are_refused_or_registered(dataset: Dataset) -> None:
    rows = [("i0", "anna", "cat"), ("i99", "anna", "cat")]
    with pytest.raises(NotFoundError) as error:
        dataset.add_annotations(rows)
    assert [(v.row, v.field) for v in error.value.violations] == [(1, "messages[0].annotations[1].item_id")]
    with pytest.raises(NotFoundError):
        dataset.add_annotations(rows[:1], unknown_labelers="reject")
    assert dataset.add_annotations(rows, unknown_items="register").created == 2


def test_a_row_that_an_iterable_gets_wrong_or_fails_to_make_leaves_what_came_before(dataset: Dataset) -> None:
    def rows(last: Any) -> Iterator[Any]:
        yield from ((f"i{i % 6}", f"l{i}", "cat") for i in range(10_005))
        if last is None:
            raise KeyError("the file is broken")
        yield last

    with pytest.raises(InputError) as error:
        dataset.add_annotations(rows(("i0", "x", "cow")))
    assert error.value.violations[0].row == 10_005
    assert dataset.info().counts.annotations == 10_000
    with pytest.raises(KeyError, match="the file is broken"):
        dataset.add_annotations(rows(None))


def test_progress_is_told_what_is_committed(dataset: Dataset) -> None:
    told: list[tuple[int, int | None]] = []
    rows = 30_001
    dataset.add_annotations(
        items=[f"i{i % 6}" for i in range(rows)], labelers=[f"l{i // 6}" for i in range(rows)], classes=[0] * rows,
        progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told) and told[-1] == (rows, rows)
    with pytest.raises(ZeroDivisionError):
        dataset.add_annotations(FRAME, progress=lambda done, total: 1 // 0)  # type: ignore[arg-type]  # that is the test


def test_a_dataset_that_is_gone_is_told(make: MakeDataset) -> None:
    dataset = Dataset(make().connection, "datasets/python-absent")
    calls: list[Callable[[], object]] = [lambda: dataset.add_annotations(FRAME), dataset.annotations, lambda: dataset.add_items(ids=["a"])]
    for call in calls:
        with pytest.raises(LabelerError) as error:
            call()
        assert error.value.status == "NOT_FOUND"
