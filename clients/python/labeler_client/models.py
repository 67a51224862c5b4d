"""Models of a dataset and their versions: predicting, measuring, promoting."""
from __future__ import annotations

import hashlib
import os
import pathlib
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterable, Iterator

from labeler_client import columns, contents, items, optional, paging, predictions
from labeler_client.api import item_pb2, model_pb2, model_registry_pb2, model_service_pb2, prediction_pb2, prediction_service_pb2
from labeler_client.connection import PATIENCE, Connection
from labeler_client.errors import InputError, LabelerError, NotFoundError
from labeler_client.predictions import Predictions
from labeler_client.progress import Progress, Reporter

if TYPE_CHECKING:
    import pandas as pd

_LARGEST_ANSWER = 8 << 20
_OUTPUTS = {
    "labelers": (prediction_pb2.PREDICTION_OUTPUT_LABELER_PROBABILITIES, prediction_pb2.PREDICTION_OUTPUT_LABELER_WEIGHTS),
    "uncertainty": (prediction_pb2.PREDICTION_OUTPUT_EXPECTED_DISAGREEMENTS, prediction_pb2.PREDICTION_OUTPUT_DEVIATIONS),
}


@dataclass(frozen=True)
class Metric:
    """A measured number with the 95 % bootstrap interval over items, where one was computed."""

    name: str
    """accuracy, log_loss, ece, …"""
    split: str
    """train, validation or test."""
    value: float
    low: float | None
    high: float | None
    count: int
    """Items (or annotations) it is measured on."""


class _Predictor:
    """What predicts: a version, or a model's champion."""

    connection: Connection
    name: str

    def predict(
        self, features: Any = None, *, texts: Iterable[str] | None = None, images: Iterable[str | os.PathLike[str] | bytes] | None = None,
        sequences: Iterable[Any] | None = None, items: Iterable[Any] | None = None, labelers: bool = False, uncertainty: bool = False,
        only_labelers: Iterable[Any] = (), distilled: bool = False, progress: Progress = None, patience: float = PATIENCE,
    ) -> Predictions:
        """Predicts items, in the order given, all of them by the same version even if the champion changes meanwhile.

        Give one of ``features`` [N, D] (or [N, H, W, C]; float32, float16, float64 is rounded, for images uint8 too), ``texts``, ``images``,
        ``sequences`` (as in `Dataset.add_items`) or ``items``, keys of stored ones. ``labelers`` asks for each labeler's distribution and
        weight too, ``uncertainty`` for how far labelers are apart; ``only_labelers`` lets the heads of these answer alone; ``distilled`` asks
        the one head that was trained to say what the ensemble says, where the version has it. Batches are repeated while the service is
        away or overloaded, for ``patience`` seconds. LabelerError names the rows (``violations[i].row``) that the service cannot predict.
        """
        return _predict(
            self, {"features": features, "texts": texts, "images": images, "sequences": sequences, "items": items},
            [output for name, wanted in (("labelers", labelers), ("uncertainty", uncertainty)) if wanted for output in _OUTPUTS[name]],
            columns.keys(only_labelers, "labeler"), distilled, progress, patience)

    def _version(self) -> model_pb2.ModelVersion:
        raise NotImplementedError

    def evaluate(self, split: str = "test", *, against: str = "gold") -> dict[str, Metric]:
        """Measures it on a split, against ``"gold"`` classes or the ``"labelers"``' annotations. Metrics by name, with 95 % intervals.

        With gold: accuracy, log_loss, ece (expected calibration error), for ordinal datasets also mean_absolute_error and
        quadratic_weighted_kappa; with labelers: held_out_log_likelihood, agreement, label_loss. LabelerError (FAILED_PRECONDITION) where
        the split has nothing to measure on.
        """
        bases = {"gold": model_service_pb2.EVALUATION_BASIS_GOLD, "labelers": model_service_pb2.EVALUATION_BASIS_LABELERS}
        if against not in bases:
            raise InputError(f"a model is measured against gold or labelers, not \"{against}\"")
        request = model_service_pb2.EvaluateModelRequest(name=self.name, split=items.split_of(split), basis=bases[against])
        answer = self.connection.call(self.connection.models.EvaluateModel, request)
        return {metric.metric: _metric(metric) for metric in answer.metrics}

    def download(self, path: str | os.PathLike[str]) -> pathlib.Path:
        """Writes the version's file: one self-contained ONNX graph. It appears only whole, with the hash that the service announced."""
        target = pathlib.Path(path)
        answers = self.connection.stream(
            self.connection.models.DownloadModelVersion, model_registry_pb2.DownloadModelVersionRequest(name=self.name))
        announced = next(answers).file
        digest, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                for answer in answers:
                    digest.update(answer.chunk)
                    size += file.write(answer.chunk)
            if size != announced.size or digest.hexdigest() != announced.sha256:
                raise LabelerError("DATA_LOSS", f"{self.name} did not arrive whole: {size} bytes of {announced.size}; nothing is written, try again")
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
        return target


class ModelVersion(_Predictor):
    """A trained model. It never changes."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection, self.name = connection, name
        self._info: model_pb2.ModelVersion | None = None

    @property
    def number(self) -> int:
        """Its number, from 1."""
        return int(self.name.rpartition("/")[2])

    @property
    def model(self) -> Model:
        """The model that it is a version of."""
        return Model(self.connection, self.name.rpartition("/versions/")[0])

    def info(self) -> model_pb2.ModelVersion:
        """Everything that is known of it: settings, seed, heads, hash of the data and of the file."""
        self._info = self.connection.call(self.connection.models.GetModelVersion, model_service_pb2.GetModelVersionRequest(name=self.name))
        return self._info

    def _version(self) -> model_pb2.ModelVersion:
        return self._info or self.info()

    def metrics(self) -> list[Metric]:
        """What was measured when training ended."""
        return [_metric(metric) for metric in self._version().metrics]

    def heads(self) -> pd.DataFrame:
        """Whom it trusts how much. Columns: ``labeler`` ("" for the head that is nobody's), ``annotations`` it was trained on, ``weight`` (mean
        over training items, 0 to 1) with ``weight_low`` and ``weight_high`` (95 %, NaN where weights were not learnt), ``estimated_accuracy``."""
        rows = [
            (
                head.labeler_id, head.annotation_count, head.weight, head.weight_lower if head.HasField("weight_lower") else float("nan"),
                head.weight_upper if head.HasField("weight_upper") else float("nan"), head.estimated_accuracy,
            )
            for head in self._version().heads
        ]
        return optional.pandas().DataFrame(rows, columns=["labeler", "annotations", "weight", "weight_low", "weight_high", "estimated_accuracy"])

    def promote(self, reason: str = "") -> None:
        """Makes it the champion: predictions that name no version go to it from now on, on every server."""
        request = model_registry_pb2.PromoteModelVersionRequest(name=self.name, reason=reason)
        self.connection.call(self.connection.models.PromoteModelVersion, request)

    def __repr__(self) -> str:
        return f"ModelVersion({self.name!r})"


class Model(_Predictor):
    """A line of versions under one name. Predicting and measuring use its champion."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection, self.name = connection, name

    def info(self) -> model_pb2.Model:
        """The model as it is now: aliases, canary, description."""
        return self.connection.call(self.connection.models.GetModel, model_service_pb2.GetModelRequest(name=self.name))

    @property
    def champion(self) -> ModelVersion:
        """The version that answers where none is named."""
        for alias in self.info().aliases:
            if alias.alias == "champion":
                return ModelVersion(self.connection, alias.version)
        raise NotFoundError("NOT_FOUND", f"{self.name} has no champion: train it, or promote a version")

    def version(self, number: int) -> ModelVersion:
        """A version by number. Asks nothing of the service yet."""
        return ModelVersion(self.connection, f"{self.name}/versions/{number}")

    def versions(self) -> list[ModelVersion]:
        """Its versions, newest first, without deleted ones."""
        request = model_service_pb2.ListModelVersionsRequest(parent=self.name)
        found = paging.walk(self.connection, self.connection.models.ListModelVersions, request, lambda answer: answer.versions)
        return [ModelVersion(self.connection, info.name) for info in found]

    def promote(self, number: int, reason: str = "") -> None:
        """Makes a version the champion."""
        self.version(number).promote(reason)

    def rollback(self, reason: str = "") -> ModelVersion:
        """Makes the previous champion champion again, and returns it. LabelerError (FAILED_PRECONDITION) if there was none."""
        before = next((alias.etag for alias in self.info().aliases if alias.alias == "champion"), "")
        # With the etag, a call that was answered though the answer was lost does not go back twice.
        request = model_registry_pb2.RollbackModelRequest(name=self.name, reason=reason, etag=before)
        self.connection.call(self.connection.models.RollbackModel, request, repeatable=False)
        return self.champion

    def _version(self) -> model_pb2.ModelVersion:
        return self.champion.info()

    def __repr__(self) -> str:
        return f"Model({self.name!r})"


def _predict(
    predictor: _Predictor, given: dict[str, Any], outputs: list[Any], only_labelers: list[str], distilled: bool, progress: Progress, patience: float,
) -> Predictions:
    kinds = [kind for kind, value in given.items() if value is not None]
    if len(kinds) != 1:
        raise InputError(f"give one of {', '.join(given)}" + (f", not {' and '.join(kinds)}" if kinds else ""))
    kind = kinds[0]
    keys = columns.keys(given[kind], "item") if kind == "items" else None
    sent = None if keys is not None else contents.contents_of(kind, _rows_of_pixels(given[kind]) if kind == "features" else given[kind])
    version = predictor._version()
    # Answers are kept well below the largest that the connection takes.
    answer_bytes = 4 * len(version.classes) * (len(version.heads) + 2 if outputs else 2)
    most = max(1, min(1_000 if kind == "images" else 10_000, _LARGEST_ANSWER // answer_bytes))
    total, answers = len(keys) if keys is not None else sent.count if sent else 0, []
    with Reporter(progress, "predictions") as report:
        for part in contents.parts(total, sent, most):
            request = prediction_service_pb2.BatchPredictRequest(
                dataset=version.name.partition("/models/")[0], model=prediction_pb2.ModelSelector(model=version.name), outputs=outputs,
                distilled=distilled, labeler_ids=only_labelers)
            if keys is not None:
                request.items.item_ids.extend(keys[part])
            elif sent:
                _fill(request, kind, sent, part)
            answer = predictor.connection.call(
                predictor.connection.predictions.BatchPredict, request, patience=patience, row_of=contents.rows_from(part.start))
            answers.append(answer.predictions)
            report(part.stop, total)
    return predictions.joined(
        version.name, version.classes, keys, answers, distilled=distilled, labelers=_OUTPUTS["labelers"][0] in outputs,
        uncertainty=_OUTPUTS["uncertainty"][0] in outputs)


def _fill(request: prediction_service_pb2.BatchPredictRequest, kind: str, sent: contents.Contents, part: slice) -> None:
    batch = item_pb2.ItemBatch()
    sent.fill(batch, part)
    if kind == "features":
        request.features.CopyFrom(batch.features)
    elif kind == "texts":
        request.texts.texts.extend(batch.texts)
    elif kind == "images":
        request.images.images.extend(batch.images)
    else:
        request.sequences.sequences.extend(batch.sequences)


def _rows_of_pixels(values: Any) -> Any:
    """What predicting takes: one row an item, and pixels as the floats that they stand for."""
    numpy = optional.numpy()
    array = numpy.asanyarray(values)
    if array.ndim == 4:
        array = array.reshape(len(array), -1)
    return array.astype(numpy.float32) / numpy.float32(255) if array.dtype == numpy.uint8 else array


def _metric(metric: model_pb2.Metric) -> Metric:
    return Metric(
        metric.metric, metric.split, metric.value, metric.lower if metric.HasField("lower") else None,
        metric.upper if metric.HasField("upper") else None, metric.count)
