"""Training runs of a dataset, and its models."""
from __future__ import annotations

import datetime
import sys
import time
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, Union

import grpc

from labeler_client import errors, paging
from labeler_client.api import model_service_pb2, training_run_pb2, training_service_pb2
from labeler_client.connection import PATIENCE, Connection, new_request_id
from labeler_client.handle import DatasetHandle
from labeler_client.models import Model, ModelVersion

_STATES = {
    training_run_pb2.TrainingRun.STATE_QUEUED: "queued", training_run_pb2.TrainingRun.STATE_RUNNING: "running",
    training_run_pb2.TrainingRun.STATE_SUCCEEDED: "succeeded", training_run_pb2.TrainingRun.STATE_FAILED: "failed",
    training_run_pb2.TrainingRun.STATE_CANCELLED: "cancelled",
}
_ENDED = ("succeeded", "failed", "cancelled")
_BREAKS = ("UNAVAILABLE", "CANCELLED", "ABORTED", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED")


@dataclass(frozen=True)
class TrainingEvent:
    """Something that happened to a run."""

    sequence: int
    """Its number within the run, from 1."""
    time: datetime.datetime
    """When, UTC."""
    state: str
    """State after it: queued, running, succeeded, failed, cancelled."""
    message: str
    """In words."""
    phase: str = ""
    """What is done: read, network, averaging; empty where the event is not about progress."""
    epoch: int = 0
    """Epochs done of the phase."""
    epochs: int = 0
    """Most epochs of the phase."""
    loss: float = 0.0
    """Mean training loss of the last epoch."""
    validation_metric: str = ""
    """Name of the metric that chooses the epoch; empty without validation data."""
    validation_value: float = 0.0
    """Its value after the last epoch."""
    seconds_left: float | None = None
    """How long it is likely to take still."""


TrainingProgress = Union[bool, Callable[[TrainingEvent], None], None]
"""None: a line on standard error if that is a terminal. True: in any case. False: nothing. Else a function that is told every event."""


class TrainingRun:
    """One training of one model. It goes on in the service whether or not anybody waits."""

    def __init__(self, connection: Connection, info: training_run_pb2.TrainingRun) -> None:
        self.connection, self.name, self._info = connection, info.name, info

    def info(self) -> training_run_pb2.TrainingRun:
        """The run as it is now: settings, progress, place in the queue, why it failed."""
        request = training_service_pb2.GetTrainingRunRequest(name=self.name)
        self._info = self.connection.call(self.connection.training.GetTrainingRun, request, patience=PATIENCE)
        return self._info

    @property
    def state(self) -> str:
        """Where it stands now: queued, running, succeeded, failed or cancelled."""
        return _STATES.get(self.info().state, "unknown")

    def cancel(self) -> None:
        """Cancels the run: at once while it waits, within seconds while it runs. One that has ended stays as it is."""
        self._info = self.connection.call(
            self.connection.training.CancelTrainingRun, training_service_pb2.CancelTrainingRunRequest(name=self.name))

    def events(self, *, after: int = 0, timeout: float | None = None, patience: float = PATIENCE) -> Iterator[TrainingEvent]:
        """What happens to the run, from the event after number ``after`` on, until it has ended; every event once and in order.

        Through breaks of the connection and restarts of the service, for at most ``patience`` seconds without a sign of it. TimeoutError
        after ``timeout`` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        away: float | None = None
        attempt = 0
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            call = self.connection.training.WatchTrainingRun(
                training_service_pb2.WatchTrainingRunRequest(name=self.name, after_sequence=after), timeout=left)
            failure: errors.LabelerError | None = None
            try:
                for event in call:
                    away, attempt = None, 0
                    if event.sequence > after:
                        after = event.sequence
                        yield _event(event)
                if _STATES.get(self.info().state) in _ENDED:
                    return
                away = None
            except grpc.RpcError as error:
                failure = errors.of_rpc(error, self.connection.address)
                broken = failure.status in _BREAKS or (failure.status in ("INTERNAL", "UNKNOWN") and errors.rich_status(error) is None)
                # A quiet run gives no sign for hours: the service is away from the first call on that fails.
                away = time.monotonic() if away is None else away
                if not broken or time.monotonic() - away > patience:
                    raise failure from None
            finally:
                call.cancel()
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError(f"{self.name} has not ended within {timeout} s; it goes on")
            self.connection.pause(attempt, failure)
            attempt += 1

    def wait(self, *, timeout: float | None = None, progress: TrainingProgress = None, patience: float = PATIENCE) -> ModelVersion:
        """Waits for the end of the run and returns the model version that it published.

        TrainingFailedError if it failed or was cancelled, with the reason; TimeoutError after ``timeout`` seconds (the run goes on, as it
        does after Ctrl-C).
        """
        tell = _teller(progress)
        shown = False
        for event in self.events(timeout=timeout, patience=patience):
            shown = tell(event) or shown
        if shown:
            print(file=sys.stderr)
        if _STATES.get(self._info.state) != "succeeded":
            state = _STATES.get(self._info.state, "unknown")
            raise errors.TrainingFailedError(
                "CANCELLED" if state == "cancelled" else "FAILED_PRECONDITION",
                f"{self.name} {'was' if state == 'cancelled' else 'has'} {state}" + (f": {self._info.failure_message}" if self._info.failure_message else ""),
                self.name)
        return ModelVersion(self.connection, self._info.model_version)

    def __repr__(self) -> str:
        return f"TrainingRun({self.name!r})"


class TrainingMethods(DatasetHandle):
    """Methods of a dataset for training and for models."""

    def train(
        self, algorithm: str, *, model: str = "", seed: int = 1, settings: Mapping[str, Any] | None = None, priority: int = 0,
        warm_start: str = "",
    ) -> TrainingRun:
        """Queues a training run: ``dataset.train("wdn").wait()`` gives the model.

        ``algorithm`` is one of the service, such as ``"wdn"``, ``"consensus"`` or ``"auto"`` (``./labeler algorithms`` lists them
        with their settings); ``model`` the id of the model that gets the new version, the algorithm's if not given; ``settings`` those that
        differ from the defaults, such as ``{"epochs": 50}``. The same data, seed and settings give the same model. ``priority`` from −100 to
        100, higher first. ``warm_start`` is the name of a version to begin with.
        """
        run = training_run_pb2.TrainingRun(
            algorithm=algorithm, model_id=model, seed=seed, priority=priority, warm_start_version=warm_start,
            settings={key: _setting(value) for key, value in (settings or {}).items()})
        request = training_service_pb2.CreateTrainingRunRequest(parent=self.name, training_run=run, request_id=new_request_id())
        return TrainingRun(self.connection, self.connection.call(self.connection.training.CreateTrainingRun, request))

    def runs(self) -> list[TrainingRun]:
        """Training runs, newest first."""
        request = training_service_pb2.ListTrainingRunsRequest(parent=self.name)
        found = paging.walk(self.connection, self.connection.training.ListTrainingRuns, request, lambda answer: answer.training_runs)
        return [TrainingRun(self.connection, info) for info in found]

    def model(self, model_id: str) -> Model:
        """A model by id, ``"wdn"``. Asks nothing of the service yet."""
        return Model(self.connection, model_id if model_id.startswith("datasets/") else f"{self.name}/models/{model_id}")

    def models(self) -> list[Model]:
        """The models, by ascending id."""
        request = model_service_pb2.ListModelsRequest(parent=self.name)
        found = paging.walk(self.connection, self.connection.models.ListModels, request, lambda answer: answer.models)
        return [Model(self.connection, info.name) for info in found]


def _setting(value: Any) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _event(event: training_run_pb2.TrainingRunEvent) -> TrainingEvent:
    progress = event.progress
    return TrainingEvent(
        event.sequence, event.time.ToDatetime(datetime.timezone.utc), _STATES.get(event.state, "unknown"), event.message, progress.phase,
        progress.epoch, progress.epochs, progress.loss, progress.validation_metric, progress.validation_value,
        progress.estimated_time_left.ToTimedelta().total_seconds() if progress.HasField("estimated_time_left") else None)


def _teller(progress: TrainingProgress) -> Callable[[TrainingEvent], bool]:
    """Tells events to whoever wants to know them; returns whether something was written that has to be ended."""
    if callable(progress):
        told = progress

        def tell(event: TrainingEvent) -> bool:
            told(event)
            return False

        return tell
    if not (progress or (progress is None and sys.stderr.isatty())):
        return lambda event: False
    width = 0

    def write(event: TrainingEvent) -> bool:
        nonlocal width
        text = f"{event.state}: {event.message}" if not event.phase else f"{event.phase}: epoch {event.epoch} of {event.epochs}, loss {event.loss:.4f}"
        if event.seconds_left is not None:
            text += f", {event.seconds_left:.0f} s left"
        sys.stderr.write("\r" + text.ljust(width))
        sys.stderr.flush()
        width = len(text)
        return True

    return write
