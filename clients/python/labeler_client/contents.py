"""Contents of items, as they are given, and the batches that they go out in."""
from __future__ import annotations

import os
import pathlib
from typing import Any, Callable, Iterable, Iterator, Mapping

from labeler_client import columns, tensors
from labeler_client.api import item_pb2
from labeler_client.errors import FieldViolation, InputError

_BATCH = 10_000
_BATCH_BYTES = 4 << 20


class Contents:
    """The column of contents of items: what fills a batch, and how large an item is."""

    def __init__(self, count: int, fill: Callable[[item_pb2.ItemBatch, slice], None], size: Callable[[int], int]) -> None:
        self.count, self.fill, self.size = count, fill, size


def _matrix(values: Any) -> Contents:
    array = tensors.features(values)
    if array.ndim not in (2, 4):
        raise InputError(f"features have the shape [items, values] or [items, height, width, channels], not {list(array.shape)}",
                         FieldViolation("features", f"has the shape {list(array.shape)}"))
    size = array[:1].nbytes

    def fill(batch: item_pb2.ItemBatch, part: slice) -> None:
        batch.features.CopyFrom(tensors.tensor(array[part]))

    return Contents(len(array), fill, lambda row: size)


def _texts(values: Iterable[str]) -> Contents:
    texts = columns.listed(values)
    columns.refuse([FieldViolation("texts", f"is {type(text).__name__} instead of a text", row) for row, text in enumerate(texts) if not isinstance(text, str)][:20])

    def fill(batch: item_pb2.ItemBatch, part: slice) -> None:
        batch.texts.extend(texts[part])

    return Contents(len(texts), fill, lambda row: 3 * len(texts[row]))


def _images(values: Iterable[str | os.PathLike[str] | bytes]) -> Contents:
    images = columns.listed(values)
    columns.refuse([
        FieldViolation("images", f"is {type(image).__name__} instead of a path or bytes", row)
        for row, image in enumerate(images) if not isinstance(image, (str, os.PathLike, bytes))
    ][:20])
    missing = [FieldViolation("images", f"there is no file {image}", row) for row, image in enumerate(images) if not isinstance(image, bytes) and not os.path.isfile(image)]
    columns.refuse(missing[:20])

    def fill(batch: item_pb2.ItemBatch, part: slice) -> None:
        batch.images.extend(image if isinstance(image, bytes) else pathlib.Path(image).read_bytes() for image in images[part])

    return Contents(len(images), fill, lambda row: len(images[row]) if isinstance(images[row], bytes) else os.path.getsize(images[row]))


def _sequences(values: Iterable[Any]) -> Contents:
    arrays = []
    for row, value in enumerate(values):
        try:
            array = tensors.features(value, "sequences", pixels=False)
        except InputError as error:
            raise InputError(f"the sequence of row {row}: {error.message}", *(FieldViolation(v.field, v.description, row) for v in error.violations)) from None
        if array.ndim != 2:
            raise InputError(f"a sequence has the shape [steps, values], not {list(array.shape)}", FieldViolation("sequences", "has another shape", row))
        arrays.append(array)

    def fill(batch: item_pb2.ItemBatch, part: slice) -> None:
        batch.sequences.extend(tensors.tensor(array) for array in arrays[part])

    return Contents(len(arrays), fill, lambda row: int(arrays[row].nbytes))


_CONTENTS: Mapping[str, Callable[[Any], Contents]] = {"features": _matrix, "texts": _texts, "images": _images, "sequences": _sequences}


def contents_of(kind: str, values: Any) -> Contents:
    """Contents by kind: features, texts, images or sequences."""
    return _CONTENTS[kind](values)


def parts(total: int, contents: Contents | None, most: int = _BATCH) -> Iterator[slice]:
    """Rows in parts that fit a message; one item that is larger goes alone."""
    first, size = 0, 0
    for row in range(total):
        more = contents.size(row) if contents else 0
        if row > first and (row - first == most or size + more > _BATCH_BYTES):
            yield slice(first, row)
            first, size = row, 0
        size += more
    if total > first:
        yield slice(first, total)


def rows_from(first: int) -> Callable[[str], int | None]:
    """Gives the row of a field's path, ``batch.item_ids[3]`` or ``gold_classes[3].class_index``, in a batch that begins with row `first`."""
    def row_of(field: str) -> int | None:
        index = field.partition("[")[2].partition("]")[0]
        return first + int(index) if index.isdigit() else None

    return row_of
