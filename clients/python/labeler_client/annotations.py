"""Annotations of a dataset: what labelers said of items."""
from __future__ import annotations

import datetime
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Mapping, Sequence

from labeler_client import columns, optional
from labeler_client.api import annotation_pb2, annotation_service_pb2
from labeler_client.connection import PATIENCE, new_request_id
from labeler_client.errors import FieldViolation, InputError
from labeler_client.handle import DatasetHandle
from labeler_client.progress import Progress, Reporter
from labeler_client.upload import AnnotationUpload, Message

if TYPE_CHECKING:
    import pandas as pd

_BATCH = 10_000
_UNKNOWN_LABELERS = {"reject": annotation_pb2.UNKNOWN_LABELERS_REJECT, "register": annotation_pb2.UNKNOWN_LABELERS_REGISTER}
_UNKNOWN_ITEMS = {"reject": annotation_pb2.UNKNOWN_ITEMS_REJECT, "register": annotation_pb2.UNKNOWN_ITEMS_REGISTER}


@dataclass(frozen=True)
class AnnotationCounts:
    """What storing annotations did."""

    created: int = 0
    """New ones."""
    revised: int = 0
    """Those that became a new revision: the labeler had said something else of the item."""
    unchanged: int = 0
    """Those that were there already, just so."""
    retracted: int = 0
    """Those that were taken back."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.created + self.revised + self.unchanged + self.retracted


@dataclass(frozen=True)
class _Rows:
    """Rows that were checked, column by column. Without classes they are retractions."""

    items: Sequence[str]
    labelers: Sequence[str]
    classes: Sequence[int] | None
    confidences: Sequence[float | None] | None = None
    durations: Sequence[float | None] | None = None
    times: Sequence[datetime.datetime | None] | None = None


class AnnotationMethods(DatasetHandle):
    """Methods of a dataset for its annotations."""

    def add_annotations(
        self, data: Any = None, *, items: Iterable[Any] | None = None, labelers: Iterable[Any] | None = None,
        classes: Iterable[Any] | None = None, confidences: Iterable[Any] | None = None, durations: Iterable[Any] | None = None,
        times: Iterable[Any] | None = None, unknown_labelers: str = "register", unknown_items: str = "reject", progress: Progress = None,
        patience: float = PATIENCE,
    ) -> AnnotationCounts:
        """Stores annotations. Returns when every one of them is committed.

        Give one of

        * ``data``: a DataFrame (or mapping of columns) with columns ``item``, ``labeler``, ``label`` and, where known, ``confidence`` (0 to
          1), ``duration`` (seconds, or timedelta), ``time`` (datetime, UTC unless it says otherwise, or ISO 8601); crowd-kit's ``task`` and
          ``worker`` are understood;
        * ``data``: an iterable, a generator too, of tuples ``(item, labeler, class)`` or of mappings with those keys;
        * ``items``, ``labelers`` and ``classes``: three columns (arrays, lists, Series), and the optional ones.

        Keys are texts or integers. A class is the name of one, or its index as an integer. Where a row is wrong, or a class is missing
        (NaN), InputError names the row: of a table nothing is sent then, of an iterable the rows of the batches before are stored.

        An annotation is identified by item and labeler: the same again changes nothing, another class is a revision. Rows go out in
        messages of at most 10,000, each stored whole or not at all and acknowledged after its commit. When the connection breaks, or the
        service stops, what was not acknowledged is sent again, for ``patience`` seconds without an acknowledgement: nothing is lost or
        doubled. If the service refuses a message (`LabelerError`, whose violations have the ``row``), all messages before it are stored.

        ``unknown_labelers`` and ``unknown_items`` are ``"reject"`` or ``"register"``: labels may arrive before their items. ``progress`` is
        told the number of committed rows; see `labeler_client.Progress`.
        """
        given = {"items": items, "labelers": labelers, "classes": classes, "confidences": confidences, "durations": durations, "times": times}
        if (data is None) == (items is None) or (data is not None and any(value is not None for value in given.values())):
            raise InputError("give the annotations as data, or as items, labelers and classes")
        total: int | None = None
        if data is None or columns.is_table(data):
            rows = self._columns(given) if data is None else self._table(data)
            total = len(rows.items)
            batches = _parts(rows)
        else:
            batches = self._iterated(data)
        return self._upload(batches, total, unknown_labelers, unknown_items, progress, patience)

    def retract_annotations(
        self, items: Iterable[Any], labelers: Iterable[Any], *, progress: Progress = None, patience: float = PATIENCE,
    ) -> AnnotationCounts:
        """Takes annotations back, those of ``items[i]`` by ``labelers[i]``. What is not there stays away; the history is kept."""
        rows = _Rows(columns.keys(items, "item"), columns.keys(labelers, "labeler"), None)
        total = columns.same_length({"items": rows.items, "labelers": rows.labelers})
        return self._upload(_parts(rows), total, "reject", "reject", progress, patience)

    def annotations(self, *, retracted: bool = False) -> pd.DataFrame:
        """All annotations, each in its current revision, as of one moment, by item and labeler.

        Columns: ``item``, ``labeler``, ``label`` (None of a retraction), ``confidence``, ``duration`` (seconds), ``time`` (of the labeler's
        clock), ``received``, ``revision`` and, with ``retracted=True``, ``retracted``. What is not known is NaN or NaT.
        """
        pandas = optional.pandas()
        request = annotation_service_pb2.ExportAnnotationsRequest(parent=self.name, show_retracted=retracted)
        rows = [
            (
                a.item_id, a.labeler_id, a.class_name or None, a.confidence if a.HasField("confidence") else None,
                a.duration.ToTimedelta().total_seconds() if a.HasField("duration") else None,
                a.annotate_time.ToDatetime() if a.HasField("annotate_time") else None, a.receive_time.ToDatetime(), a.revision, a.retracted,
            )
            for answer in self.connection.stream(self.connection.annotations.ExportAnnotations, request) for a in answer.annotations
        ]
        names = ["item", "labeler", "label", "confidence", "duration", "time", "received", "revision", "retracted"]
        frame = pandas.DataFrame(rows, columns=names).astype({"confidence": "float32", "duration": "float64", "revision": "int64"})
        for name in ("time", "received"):
            frame[name] = pandas.to_datetime(frame[name], utc=True)
        return frame if retracted else frame.drop(columns="retracted")

    def _table(self, table: Any) -> _Rows:
        optional_columns = {name: columns.column(table, name, required=False) for name in ("confidence", "duration", "time")}
        return self._checked(
            columns.column(table, "item"), columns.column(table, "labeler"), columns.column(table, "label"), 0, **optional_columns)

    def _columns(self, given: Mapping[str, Iterable[Any] | None]) -> _Rows:
        taken = {name: None if values is None else columns.listed(values) for name, values in given.items()}
        missing = [name for name in ("items", "labelers", "classes") if taken[name] is None]
        if missing:
            raise InputError(f"{' and '.join(missing)} must be given beside items", *(FieldViolation(name, "is missing") for name in missing))
        columns.same_length(taken)
        return self._checked(
            taken["items"], taken["labelers"], taken["classes"], confidence=taken["confidences"], duration=taken["durations"], time=taken["times"])

    def _iterated(self, data: Iterable[Any]) -> Iterator[tuple[int, _Rows]]:
        rows = iter(data)
        first = 0
        while batch := list(itertools.islice(rows, _BATCH)):
            taken = [_row(row, first + number) for number, row in enumerate(batch)]
            optional_columns = {
                name: [row.get(name) for row in taken] if any(name in row for row in taken) else None for name in ("confidence", "duration", "time")
            }
            items, labelers, classes = ([row[name] for row in taken] for name in ("item", "labeler", "label"))
            checked = self._checked(items, labelers, classes, first, **optional_columns)
            yield first, checked
            first += len(batch)

    def _checked(
        self, items: Any, labelers: Any, classes: Any, first_row: int = 0, *, confidence: Any = None, duration: Any = None, time: Any = None,
    ) -> _Rows:
        return _Rows(
            columns.keys(items, "item", first_row), columns.keys(labelers, "labeler", first_row),
            columns.classes(classes, self.classes, "label", first_row),
            None if confidence is None else columns.fractions(confidence, "confidence", first_row),
            None if duration is None else columns.fractions(duration, "duration", first_row),
            None if time is None else columns.times(time, "time", first_row))

    def _upload(
        self, batches: Iterator[tuple[int, _Rows]], total: int | None, unknown_labelers: str, unknown_items: str, progress: Progress, patience: float,
    ) -> AnnotationCounts:
        options = {
            "unknown_labelers": _choice("unknown_labelers", unknown_labelers, _UNKNOWN_LABELERS),
            "unknown_items": _choice("unknown_items", unknown_items, _UNKNOWN_ITEMS),
        }

        def messages() -> Iterator[Message]:
            for first, rows in batches:
                request = annotation_service_pb2.IngestAnnotationsRequest(parent=self.name, request_id=new_request_id(), **options)
                _write(rows, first, request)
                yield Message(request, first, len(rows.items))

        if total == 0:
            return AnnotationCounts()
        with Reporter(progress, "annotations") as report:
            upload = AnnotationUpload(self.connection, messages(), lambda rows: report(rows, total), patience=patience)
            upload.run()
        counts = upload.counts
        return AnnotationCounts(counts.created, counts.revised, counts.unchanged, counts.retracted)


def _parts(rows: _Rows) -> Iterator[tuple[int, _Rows]]:
    """Rows in batches, each with the number of its first row."""
    for first in range(0, len(rows.items), _BATCH):
        part = slice(first, first + _BATCH)
        yield first, _Rows(*(None if column is None else column[part] for column in (  # type: ignore[arg-type]  # the first two are there
            rows.items, rows.labelers, rows.classes, rows.confidences, rows.durations, rows.times)))


def _row(row: Any, number: int) -> Mapping[str, Any]:
    """A row of an iterable by our names."""
    if isinstance(row, Mapping):
        named = {name: next((row[other] for other in others if other in row), None) for name, others in columns.NAMES.items()}
        return {**{name: row[name] for name in ("confidence", "duration", "time") if name in row}, **named}
    if isinstance(row, Sequence) and not isinstance(row, (str, bytes)) and len(row) == 3:
        return dict(zip(("item", "labeler", "label"), row))
    raise InputError("a row is a tuple (item, labeler, class) or a mapping", FieldViolation("data", f"is {type(row).__name__}", number))


def _write(rows: _Rows, first_row: int, request: annotation_service_pb2.IngestAnnotationsRequest) -> None:
    """Fills a request; InputError names the row of a text that is no Unicode."""
    add = request.annotations.add
    number = 0
    try:
        if rows.classes is None:
            for number, (item, labeler) in enumerate(zip(rows.items, rows.labelers)):
                add(item_id=item, labeler_id=labeler, retracted=True)
        else:
            for number, (item, labeler, index) in enumerate(zip(rows.items, rows.labelers, rows.classes)):
                add(item_id=item, labeler_id=labeler, class_index=index)
    except ValueError as error:
        raise InputError(f"a key cannot be written as UTF-8: {error}", FieldViolation("item or labeler", "is no valid Unicode", first_row + number)) from None
    for annotation, confidence in zip(request.annotations, rows.confidences or ()):
        if confidence is not None:
            annotation.confidence = confidence
    for annotation, duration in zip(request.annotations, rows.durations or ()):
        if duration is not None:
            annotation.duration.FromTimedelta(datetime.timedelta(seconds=duration))
    for annotation, time in zip(request.annotations, rows.times or ()):
        if time is not None:
            annotation.annotate_time.FromDatetime(time)


def _choice(name: str, value: str, known: Mapping[str, Any]) -> Any:
    if value not in known:
        raise InputError(f"{name} is one of {', '.join(known)}, not \"{value}\"", FieldViolation(name, f"is one of {', '.join(known)}"))
    return known[value]
