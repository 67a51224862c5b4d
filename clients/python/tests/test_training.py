"""Training, predictions as arrays, promotion and measuring, on a small crowd whose classes can be learnt."""
from __future__ import annotations

import hashlib
import pathlib
from dataclasses import dataclass
from typing import Any, Iterator

import numpy as np
import pandas as pd
import pytest

from labeler_client import Client, Dataset, InputError, InvalidArgumentError, LabelerError, ModelVersion, NotFoundError, TrainingFailedError

CLASSES = ("cat", "dog", "eel")
LABELERS = ("anna", "ben", "cleo", "dora")


@dataclass
class Crowd:
    """Items whose class is where their features are largest; all but cleo are nearly always right, cleo says dog to everything."""

    dataset: Dataset
    features: Any
    truth: Any
    model: ModelVersion
    events: list[Any]


@pytest.fixture(scope="module")
def crowd(client: Client) -> Iterator[Crowd]:
    random = np.random.default_rng(5)
    truth = random.integers(0, 3, 240)
    features = (random.normal(0, 0.3, (240, 4)) + 2 * np.eye(3, 4)[truth]).astype(np.float32)
    dataset = client.create_dataset("python-crowd", classes=CLASSES, items="vector:4")
    try:
        for split, rows in (("train", slice(0, 180)), ("validation", slice(180, 200)), ("test", slice(200, 240))):
            ids = [f"i{i}" for i in range(240)[rows]]
            dataset.add_items(features[rows], ids=ids, split=split, gold=None if split == "train" else truth[rows])
        answers = np.where(random.random((4, 180)) < np.array([[0.95], [0.9], [0], [0.9]]), truth[:180], random.integers(0, 3, (4, 180)))
        answers[2] = CLASSES.index("dog")
        dataset.add_annotations(items=np.tile([f"i{i}" for i in range(180)], 4), labelers=np.repeat(LABELERS, 180), classes=answers.ravel())
        events: list[Any] = []
        run = dataset.train("wdn", seed=3, settings={"epochs": 15})
        model = run.wait(progress=events.append, timeout=300)
        assert run.state == "succeeded"
        yield Crowd(dataset, features, truth, model, events)
    finally:
        client.delete_dataset(dataset.id)


def test_waiting_tells_every_event_in_order_and_gives_the_version(crowd: Crowd) -> None:
    assert crowd.model.name == f"{crowd.dataset.name}/models/wdn/versions/1" and crowd.model.number == 1
    numbers = [event.sequence for event in crowd.events]
    assert numbers == list(range(1, len(numbers) + 1))
    assert crowd.events[-1].state == "succeeded"
    assert [event.epochs for event in crowd.events if event.phase == "averaging"]
    [run] = crowd.dataset.runs()
    assert [event.sequence for event in run.events(after=numbers[-3])] == numbers[-2:]


def test_predictions_are_arrays_in_the_order_given(crowd: Crowd) -> None:
    features = crowd.features[200:]
    found = crowd.model.predict(features, labelers=True, uncertainty=True)
    heads = found.labelers or ()
    assert set(LABELERS) <= set(heads) and tuple(found.classes) == CLASSES and len(found) == 40
    assert found.probabilities.shape == (40, 3) and found.probabilities.dtype == np.float32
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found.class_indexes, found.probabilities.argmax(axis=1))
    assert list(found.labels) == [CLASSES[i] for i in found.class_indexes]
    assert (found.class_indexes == crowd.truth[200:]).mean() > 0.8
    np.testing.assert_allclose(found.entropy, -(found.probabilities * np.log(found.probabilities)).sum(axis=1), atol=1e-4)

    each, weights = found.labeler_probabilities, found.labeler_weights
    assert each is not None and weights is not None and each.shape == (40, len(heads), 3) and weights.shape == (40, len(heads))
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    assert found.disagreement is not None and found.expected_disagreement is not None and found.deviations is not None
    assert found.deviations.shape == (40, 3) and ((0 <= found.expected_disagreement) & (found.expected_disagreement <= 1)).all()
    plain = crowd.model.predict(features.astype(np.float64))
    np.testing.assert_array_equal(plain.probabilities, found.probabilities)
    assert plain.labelers is None and plain.labeler_weights is None and plain.deviations is None


def test_stored_items_are_predicted_by_key_as_their_features_are(crowd: Crowd) -> None:
    by_key = crowd.model.predict(items=["i239", "i200"])
    by_features = crowd.model.predict(crowd.features[[239, 200]])
    np.testing.assert_array_equal(by_key.probabilities, by_features.probabilities)
    frame = by_key.to_frame()
    assert list(frame["item"]) == ["i239", "i200"] and list(frame.columns) == ["item", "predicted", "p_cat", "p_dog", "p_eel", "entropy", "disagreement"]
    with_labelers = crowd.model.predict(items=["i200"], labelers=True).to_frame()
    assert {"class_by_anna", "weight_of_cleo"} <= set(with_labelers.columns)


def test_some_labelers_answer_alone(crowd: Crowd) -> None:
    found = crowd.model.predict(crowd.features[:5], only_labelers=["ben", "anna"], labelers=True)
    assert set(found.labelers or ()) == {"anna", "ben"}
    with pytest.raises(InvalidArgumentError, match="zoe|labeler"):
        crowd.model.predict(crowd.features[:5], only_labelers=["zoe"])


def test_many_items_are_predicted_in_batches_as_one(crowd: Crowd) -> None:
    told: list[tuple[int, int | None]] = []
    many = np.tile(crowd.features, (100, 1))
    found = crowd.model.predict(many, progress=lambda done, total: told.append((done, total)))
    assert len(found) == len(many) and len(told) > 1 and told[-1] == (len(many), len(many))
    np.testing.assert_allclose(found.probabilities, np.tile(found.probabilities[:240], (100, 1)), atol=1e-6)


def test_nothing_is_predicted_of_nothing(crowd: Crowd) -> None:
    empty = crowd.model.predict(np.zeros((0, 4), np.float32), labelers=True)
    assert len(empty) == 0 and empty.probabilities.shape == (0, 3) and empty.to_frame().empty
    assert len(crowd.model.predict(items=[])) == 0


def test_what_cannot_be_predicted_is_named(crowd: Crowd) -> None:
    with pytest.raises(InvalidArgumentError) as width:
        crowd.model.predict(np.zeros((3, 5), np.float32))
    assert width.value.violations[0].field.startswith("features")
    with pytest.raises(InputError) as infinite:
        crowd.model.predict(np.array([[0, 0, 0, 0], [0, np.inf, 0, 0]]))
    assert infinite.value.violations[0].row == 1
    with pytest.raises(NotFoundError) as absent:
        crowd.model.predict(items=["i0"] * 10_000 + ["i1", "absent"])
    assert absent.value.violations[0].row == 10_001
    wrongs: list[dict[str, Any]] = [{}, {"features": crowd.features, "items": ["i0"]}]
    for wrong in wrongs:
        with pytest.raises(InputError, match="one of"):
            crowd.model.predict(**wrong)
    with pytest.raises(LabelerError):
        crowd.model.predict(texts=["hello"])
    with pytest.raises(NotFoundError):
        crowd.dataset.model("absent").predict(crowd.features)


def test_metrics_and_heads_say_how_good_it_is_and_whom_it_trusts(crowd: Crowd) -> None:
    measured = crowd.model.evaluate("test")
    accuracy = measured["accuracy"]
    assert accuracy.value == (crowd.model.predict(crowd.features[200:]).class_indexes == crowd.truth[200:]).mean()
    assert accuracy.low is not None and accuracy.high is not None and accuracy.low <= accuracy.value <= accuracy.high and accuracy.count == 40
    assert {"log_loss", "ece"} <= set(measured)
    heads = crowd.model.heads().set_index("labeler")
    assert heads.loc["anna", "annotations"] == 180 and heads.loc["anna", "estimated_accuracy"] > heads.loc["cleo", "estimated_accuracy"]
    assert "accuracy" in [metric.name for metric in crowd.model.metrics()]
    with pytest.raises(InputError):
        crowd.model.evaluate("dev")


def test_a_file_arrives_whole_or_not_at_all(crowd: Crowd, tmp_path: pathlib.Path) -> None:
    path = crowd.model.download(tmp_path / "wdn.onnx")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == crowd.model.info().artefact_sha256
    with pytest.raises(NotFoundError):
        crowd.dataset.model("wdn").version(99).download(tmp_path / "absent.onnx")
    assert [file.name for file in tmp_path.iterdir()] == ["wdn.onnx"]


def test_versions_are_promoted_and_rolled_back(crowd: Crowd) -> None:
    model = crowd.dataset.model("wdn")
    second = crowd.dataset.train("wdn", seed=4, settings={"epochs": 2}).wait(timeout=300)
    assert [version.number for version in model.versions()] == [2, 1]
    model.promote(2, "better on the new images")
    assert model.champion.name == second.name == model.predict(crowd.features[:1]).model_version
    assert model.rollback().number == 1
    with pytest.raises(LabelerError) as error:
        model.rollback()
    assert (error.value.status, error.value.reason) == ("FAILED_PRECONDITION", "NO_PREVIOUS_CHAMPION")
    assert [found.name for found in crowd.dataset.models()] == [model.name]


def test_a_run_is_cancelled_and_waiting_for_it_says_so(crowd: Crowd) -> None:
    run = crowd.dataset.train("wdn", model="long", settings={"epochs": 100_000})
    with pytest.raises(TimeoutError):
        run.wait(timeout=0.3)
    run.cancel()
    with pytest.raises(TrainingFailedError, match="cancelled") as error:
        run.wait(timeout=300)
    assert error.value.run == run.name and run.state == "cancelled"


@pytest.mark.parametrize(("algorithm", "settings", "field"), [
    ("nonsense", {}, "training_run.algorithm"), ("wdn", {"epochs": "many"}, "training_run.settings"), ("wdn", {"nonsense": 1}, "training_run.settings"),
])
def test_what_cannot_be_trained_is_refused_with_the_field(crowd: Crowd, algorithm: str, settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgumentError) as error:
        crowd.dataset.train(algorithm, settings=settings)
    assert error.value.violations[0].field.startswith(field)


def test_a_dataset_without_annotations_cannot_be_trained_on(client: Client) -> None:
    empty = client.create_dataset("python-empty", classes=CLASSES, items="vector:4")
    try:
        with pytest.raises(LabelerError) as error:
            empty.train("bn")
        assert error.value.status == "FAILED_PRECONDITION"
    finally:
        client.delete_dataset(empty.id)


def test_insight_is_tables(crowd: Crowd) -> None:
    consensus = crowd.dataset.consensus(intervals=True)
    assert len(consensus) == 180 and list(consensus.columns) == [
        "item", "class", "p_cat", "p_dog", "p_eel", "probability_wrong", "difficulty", "annotations", "probability_low", "probability_high"]
    rows = consensus["item"].str[1:].astype(int)
    assert (consensus["class"] == np.array(CLASSES)[crowd.truth[rows]]).mean() > 0.85
    np.testing.assert_allclose(consensus[["p_cat", "p_dog", "p_eel"]].sum(axis=1), 1, atol=1e-5)
    assert len(crowd.dataset.consensus(method="mv", unannotated=True)) == 240

    labelers = crowd.dataset.labelers().set_index("labeler")
    assert labelers.loc["anna", "accuracy"] > 0.85 > labelers.loc["cleo", "accuracy"]
    assert "constant" in labelers.loc["cleo", "flags"] and labelers.loc["anna", "flags"] == ()
    assert list(crowd.dataset.labelers(flagged=True)["labeler"]) == ["cleo"]
    anna = crowd.dataset.labeler("anna", intervals=True)
    assert anna.confusion is not None and anna.confusion.shape == (3, 3) and (anna.confusion.argmax(axis=1) == [0, 1, 2]).all()
    with pytest.raises(NotFoundError):
        crowd.dataset.labeler("zoë/1")

    suspects = crowd.dataset.suspects(limit=10)
    assert len(suspects) == 10 and suspects["probability_wrong"].is_monotonic_decreasing and (suspects["label"] != suspects["likely"]).all()
    assert set(crowd.dataset.suspects(labeler="cleo", limit=5)["labeler"]) == {"cleo"}
    agreement = crowd.dataset.agreement()
    assert 0 < agreement.percent.value < 1 and agreement.krippendorff_alpha.low < agreement.krippendorff_alpha.value < agreement.krippendorff_alpha.high
    assert set(agreement.pairs.iloc[0][["labeler", "other"]]) <= set(LABELERS) and len(agreement.pairs) == 6

    suggestions = crowd.dataset.next(7, labelers={"anna": {"cost": 5, "max": 3}, "ben": {}}, filter="split = TEST")
    assert 0 < len(suggestions) <= 7 and set(suggestions["labeler"]) <= {"anna", "ben"} and (suggestions["labeler"] == "anna").sum() <= 3
    assert crowd.dataset.next(3, labelers=["ben"], policy="uncertainty", filter="split = TEST")["labeler"].tolist() == ["ben"] * 3


@pytest.mark.parametrize("ask", [
    lambda d: d.next(5, policy="luck"), lambda d: d.next(5, labelers={"anna": {"price": 1}}), lambda d: d.agreement(scale="log"), lambda d: d.next(0),
    lambda d: d.consensus(method="nonsense"), lambda d: d.suspects(min_probability=7), lambda d: d.labelers(model="absent"),
])
def test_wrong_questions_are_refused(crowd: Crowd, ask: Any) -> None:
    with pytest.raises(LabelerError) as error:
        ask(crowd.dataset)
    assert error.value.status in ("INVALID_ARGUMENT", "NOT_FOUND")


def test_insight_of_a_dataset_without_annotations_is_empty_tables(client: Client) -> None:
    empty = client.create_dataset("python-silent", classes=CLASSES, items="vector:4")
    try:
        for table in (empty.consensus(), empty.labelers(), empty.suspects(), empty.next(5), empty.agreement().pairs):
            assert isinstance(table, pd.DataFrame) and table.empty
        assert np.isnan(empty.agreement().percent.value)
    finally:
        client.delete_dataset(empty.id)
