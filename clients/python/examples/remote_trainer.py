#!/usr/bin/python3
"""A trainer in another language: it leases runs of the algorithm `x-softmax`, trains with NumPy, and gives ONNX back.

One softmax regression for each labeler who said enough, and one for all labelers together, whose mean is the ensemble. What is to learn from it is the
protocol (`TrainerService`): lease, renew in the background, read the data, report, publish; stop when the run is cancelled or the lease is lost; give the
run back on SIGTERM. Put a GPU framework where `train` is. Needs Debian's python3-grpcio, python3-protobuf and python3-numpy; no pip.

    ./labeler train NAME --model x-softmax --set epochs=300
"""
from __future__ import annotations

import argparse
import pathlib
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Iterator, TypeVar

import grpc
import numpy as np
from google.protobuf.duration_pb2 import Duration

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # the client as it lies in the repository

import onnx_writer as onnx  # noqa: E402

from labeler_client import tensors  # noqa: E402
from labeler_client.api import item_pb2, model_pb2, trainer_service_pb2, training_run_pb2  # noqa: E402
from labeler_client.api.trainer_service_pb2_grpc import TrainerServiceStub  # noqa: E402
from labeler_client.connection import Connection  # noqa: E402

ALGORITHM = "x-softmax"
PIECE = 1 << 20
AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
Floats = np.ndarray[Any, Any]
T = TypeVar("T")


class Interrupted(Exception):
    """The run is not to be gone on with."""


@dataclass
class Data:
    """What a run trains on."""

    header: trainer_service_pb2.TrainingDataHeader
    labelers: list[str]
    features: Floats
    splits: Floats
    gold: Floats
    items: Floats
    who: Floats
    said: Floats


class Lease:
    """A run that is this trainer's, kept alive by a thread."""

    def __init__(self, trainer: TrainerServiceStub, answer: trainer_service_pb2.LeaseTrainingRunResponse, seconds: float, stopping: threading.Event) -> None:
        self.trainer, self.run, self.seconds, self.stopping = trainer, answer.training_run, seconds, stopping
        self.proof: dict[str, Any] = {"name": answer.training_run.name, "fencing_token": answer.fencing_token}
        self.cancelled, self.lost, self._ended = threading.Event(), threading.Event(), threading.Event()
        self._renewing = threading.Thread(target=self._renew, daemon=True)
        self._renewing.start()

    def check(self) -> None:
        """Raises if the run is not to be gone on with."""
        if self.cancelled.is_set() or self.lost.is_set() or self.stopping.is_set():
            raise Interrupted

    def through(self, call: Callable[[], T]) -> T:
        """Calls through restarts of the service: hours of training are not thrown away because of one."""
        while True:
            self.check()
            try:
                return call()
            except grpc.RpcError as error:
                if error.code() not in AWAY:
                    raise
            time.sleep(0.5)

    def close(self) -> None:
        self._ended.set()
        self._renewing.join()

    def _renew(self) -> None:
        while not self._ended.wait(self.seconds / 4):
            try:
                answer = self.trainer.RenewTrainingLease(
                    trainer_service_pb2.RenewTrainingLeaseRequest(**self.proof, lease=Duration(seconds=int(self.seconds))), timeout=self.seconds / 2)
                if answer.cancel_requested:
                    self.cancelled.set()
            except grpc.RpcError as error:
                if error.code() in AWAY:
                    continue  # the service restarts; the lease is ours as long as nobody else has taken the run up
                self.lost.set()
                return


def main() -> None:
    parser = argparse.ArgumentParser(description="Leases runs of x-softmax, trains them, and gives ONNX back.")
    parser.add_argument("--name", default="numpy-trainer", help="what the trainer calls itself")
    parser.add_argument("--lease", type=int, default=15, help="seconds without a sign of life until others may take a run up")
    parser.add_argument("--once", action="store_true", help="stop after one run")
    arguments = parser.parse_args()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, lambda *_: stopping.set())
    connection = Connection()
    trainer = TrainerServiceStub(connection.channel)
    request = trainer_service_pb2.LeaseTrainingRunRequest(
        trainer=arguments.name, algorithms=[ALGORITHM], lease=Duration(seconds=arguments.lease), wait=Duration(seconds=2))
    print(f"{arguments.name} waits for runs of {ALGORITHM} at {connection.address}", flush=True)
    while not stopping.is_set():
        try:
            answer = trainer.LeaseTrainingRun(request, timeout=30)
        except grpc.RpcError as error:
            if error.code() not in AWAY:
                raise
            time.sleep(0.5)
            continue
        if answer.training_run.name:
            carry_out(trainer, Lease(trainer, answer, arguments.lease, stopping))
            if arguments.once:
                break
    connection.close()


def carry_out(trainer: TrainerServiceStub, lease: Lease) -> None:
    """Trains a run, or ends it as it is to end."""
    end = trainer_service_pb2.EndTrainingRunRequest
    print(f"{lease.run.name}: attempt {lease.run.attempt}", flush=True)
    try:
        data = lease.through(lambda: read(trainer, lease))
        weights, bias, heads = train(data, lease)
        version = lease.through(lambda: trainer.PublishTrainedModel(published(lease, data, weights, bias, heads), timeout=300))
        print(f"{version.name} is published", flush=True)
    except Interrupted:
        if lease.lost.is_set():
            print(f"{lease.run.name} is another trainer's", flush=True)
        else:
            trainer.EndTrainingRun(end(**lease.proof, end=end.END_CANCELLED if lease.cancelled.is_set() else end.END_RELEASED), timeout=30)
            print(f"{lease.run.name} is {'cancelled' if lease.cancelled.is_set() else 'given back'}", flush=True)
    except ValueError as error:
        trainer.EndTrainingRun(end(**lease.proof, end=end.END_FAILED, failure_message=str(error)), timeout=30)
        print(f"{lease.run.name} has failed: {error}", flush=True)
    except grpc.RpcError as error:
        # A lease that is another's, say: the run is taken up again by whoever leases it.
        print(f"{lease.run.name} is left: {error.code().name} {error.details()}", flush=True)
    finally:
        lease.close()


def read(trainer: TrainerServiceStub, lease: Lease) -> Data:
    """All parts of the data, as arrays."""
    header, labelers = trainer_service_pb2.TrainingDataHeader(), list[str]()
    features, splits, gold, items, who, said = list[Floats](), list[int](), list[int](), list[int](), list[int](), list[int]()
    for part in trainer.ReadTrainingData(trainer_service_pb2.ReadTrainingDataRequest(**lease.proof)):
        lease.check()
        if part.HasField("header"):
            header = part.header
        elif part.HasField("labelers"):
            labelers += part.labelers.labeler_ids
        elif part.HasField("items"):
            features.append(tensors.array(part.items.features))
            splits += part.items.splits
            gold += part.items.gold_classes
        else:
            items += part.annotations.items
            who += part.annotations.labelers
            said += part.annotations.classes
    if not items:
        raise ValueError("The dataset has no annotations.")
    return Data(header, labelers, np.concatenate(features), np.array(splits), np.array(gold), np.array(items), np.array(who), np.array(said))


def setting(lease: Lease, key: str, otherwise: float, convert: Callable[[str], float]) -> float:
    text = lease.run.settings.get(key)
    try:
        number = otherwise if text is None else convert(text)
    except ValueError:
        raise ValueError(f"The setting {key} is no number: {text}") from None
    if number <= 0:
        raise ValueError(f"The setting {key} must be above 0, and is {text}.")
    return number


def train(data: Data, lease: Lease) -> tuple[Floats, Floats, list[model_pb2.ModelHead]]:
    """Weights [D, R, K] and biases [R, K] of a softmax regression for each head, by gradient descent on all annotations of training items."""
    unknown = set(lease.run.settings) - {"epochs", "learning_rate", "min_annotations"}
    if unknown:
        raise ValueError(f"{ALGORITHM} has no setting {', '.join(sorted(unknown))}; it has epochs, learning_rate and min_annotations.")
    epochs = int(setting(lease, "epochs", 200, int))
    rate = setting(lease, "learning_rate", 0.5, float)
    least = setting(lease, "min_annotations", 10, int)
    used = data.splits[data.items] == item_pb2.SPLIT_TRAIN
    items, who, said = data.items[used], data.who[used], data.said[used]
    counts = np.bincount(who, minlength=len(data.labelers))
    own = [labeler for labeler in range(len(data.labelers)) if counts[labeler] >= least]
    classes, width = len(data.header.classes), data.header.feature_length
    scale = 1 / max(1e-6, float(np.abs(data.features).mean()) * width ** 0.5)
    rows = data.features.astype(np.float32) * np.float32(scale)
    targets = np.eye(classes, dtype=np.float32)[said]
    subsets = [np.flatnonzero(who == labeler) for labeler in own] + [np.arange(len(said))]
    weights = np.zeros((len(subsets), width, classes), np.float32)
    bias = np.zeros((len(subsets), classes), np.float32)
    told = time.monotonic()
    for epoch in range(1, epochs + 1):
        loss = 0.0
        for head, subset in enumerate(subsets):
            x, y = rows[items[subset]], targets[subset]
            p = softmax(x @ weights[head] + bias[head])
            loss -= float(np.log(np.maximum(1e-12, (p * y).sum(axis=1))).mean()) / len(subsets)
            step = (p - y) / len(subset)
            weights[head] -= rate * (x.T @ step + 1e-4 * weights[head])
            bias[head] -= rate * step.sum(axis=0)
        lease.check()
        if epoch == 1 or epoch == epochs or time.monotonic() - told > 0.5:
            told = time.monotonic()
            report = trainer_service_pb2.ReportTrainingProgressRequest(
                **lease.proof, progress=training_run_pb2.TrainingProgress(phase="network", epoch=epoch, epochs=epochs, loss=loss))
            lease.through(lambda: lease.trainer.ReportTrainingProgress(report, timeout=60))
    names = [data.labelers[labeler] for labeler in own] + [""]
    together = np.mean([softmax(rows @ weights[head] + bias[head]) for head in range(len(names))], axis=0).argmax(axis=1)
    heads = [
        model_pb2.ModelHead(
            labeler_id=name, annotation_count=len(subset), weight=1 / len(names), estimated_accuracy=float((together[items[subset]] == said[subset]).mean()))
        for name, subset in zip(names, subsets)
    ]
    return weights.transpose(1, 0, 2) * np.float32(scale), bias, heads


def softmax(logits: Floats) -> Floats:
    powers: Floats = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)  # type: ignore[no-any-return]


def published(
    lease: Lease, data: Data, weights: Floats, bias: Floats, heads: list[model_pb2.ModelHead],
) -> Iterator[trainer_service_pb2.PublishTrainedModelRequest]:
    """The messages of a model: what it is, then its graph in pieces."""
    width, r, k = weights.shape
    flat = weights.reshape(width, r * k)
    graph = onnx.model(
        ALGORITHM,
        onnx.constant("w", flat), onnx.constant("b", bias.reshape(r * k)), onnx.constant("shape", np.array([-1, r, k])),
        onnx.constant("nothing", np.zeros((width, r), np.float32)), onnx.constant("equal", np.full(r, 1 / r, np.float32)),
        onnx.node("MatMul", ["features", "w"], "product"), onnx.node("Add", ["product", "b"], "logits"),
        onnx.node("Reshape", ["logits", "shape"], "by_head"), onnx.node("Softmax", ["by_head"], "labeler_probabilities", axis=2),
        onnx.node("ReduceMean", ["labeler_probabilities"], "probabilities", axes=[1], keepdims=0),
        onnx.node("MatMul", ["features", "nothing"], "zeros"), onnx.node("Add", ["zeros", "equal"], "labeler_weights"),
        onnx.value(11, "features", ["N", width]), onnx.value(12, "probabilities", ["N", k]),
        onnx.value(12, "labeler_probabilities", ["N", r, k]), onnx.value(12, "labeler_weights", ["N", r]))
    rows = np.ascontiguousarray(data.features[:64], dtype=np.float32)
    said = softmax((rows @ flat + bias.reshape(-1)).reshape(-1, r, k)).mean(axis=1)
    model = trainer_service_pb2.TrainedModel(
        lineage=data.header.lineage, heads=heads, settings=dict(lease.run.settings), code_version="example 1",
        parity_features=tensors.tensor(rows), parity_probabilities=tensors.tensor(said.astype(np.float32)))
    for start in range(0, len(graph), PIECE):
        piece = trainer_service_pb2.PublishTrainedModelRequest(content=graph[start:start + PIECE])
        if start == 0:
            piece.name, piece.fencing_token = lease.proof["name"], lease.proof["fencing_token"]
            piece.model.CopyFrom(model)
        yield piece


if __name__ == "__main__":
    main()
