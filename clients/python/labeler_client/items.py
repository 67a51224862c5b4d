"""Items of a dataset: their contents, splits and gold classes."""
from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Mapping, Sequence

from labeler_client import columns, optional, tensors
from labeler_client.api import item_pb2, item_service_pb2
from labeler_client.connection import PATIENCE, new_request_id
from labeler_client.contents import contents_of, parts, rows_from
from labeler_client.errors import FieldViolation, InputError
from labeler_client.handle import DatasetHandle
from labeler_client.progress import Progress, Reporter

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_BATCH = 10_000
SPLITS = {"train": item_pb2.SPLIT_TRAIN, "validation": item_pb2.SPLIT_VALIDATION, "valid": item_pb2.SPLIT_VALIDATION, "test": item_pb2.SPLIT_TEST}
"""Splits by name."""
_SPLIT_NAMES = {item_pb2.SPLIT_TRAIN: "train", item_pb2.SPLIT_VALIDATION: "validation", item_pb2.SPLIT_TEST: "test"}


@dataclass(frozen=True)
class ItemCounts:
    """What storing items did."""

    created: int = 0
    """New ones."""
    updated: int = 0
    """Those whose contents, split or gold class changed."""
    unchanged: int = 0
    """Those that were there already, just so."""


class ItemMethods(DatasetHandle):
    """Methods of a dataset for its items."""

    def add_items(
        self, features: Any = None, *, ids: Iterable[Any] | None = None, prefix: str = "", texts: Iterable[str] | None = None,
        images: Iterable[str | os.PathLike[str] | bytes] | None = None, sequences: Iterable[Any] | None = None,
        split: str | Iterable[str] = "train", gold: Iterable[Any] | None = None, progress: Progress = None, patience: float = PATIENCE,
    ) -> ItemCounts:
        """Stores items. Returns when every one of them is committed.

        Give the contents that the dataset's items have (or none, to register items or change their split and gold):

        * ``features``: [N, D] for vectors, [N, H, W, C] or [N, H·W·C] for images; float32, float16, or for images uint8 (value / 255).
          float64 is rounded to float32. A memory-mapped array is read batch by batch.
        * ``texts``: N texts, each 1 to 65,536 bytes of UTF-8.
        * ``images``: N PNG or JPEG files of the dataset's size, as paths (read batch by batch) or bytes.
        * ``sequences``: N arrays [T, D], float32 or float16, T of each its own.

        ``ids`` are the items' keys (texts or integers); without them an item's key is ``prefix`` and the number of its row. ``split`` is
        ``"train"``, ``"validation"`` or ``"test"``, one for all or one an item. ``gold`` are classes by name or index, one an item, missing
        where they are not known.

        Storing is idempotent by key: the same again changes nothing, other contents replace the old ones. Items go out in batches of at
        most 4 MiB, each stored whole or not at all, and sent again while the service is away, for ``patience`` seconds. If one is refused,
        the batches before it are stored. InputError: an array of another type or with a value that is not finite, keys that are missing or
        there twice; nothing was sent then.
        """
        given = [("features", features), ("texts", texts), ("images", images), ("sequences", sequences)]
        named = [(name, value) for name, value in given if value is not None]
        if len(named) > 1:
            raise InputError(f"items have one kind of contents; {' and '.join(name for name, _ in named)} were given")
        contents = contents_of(named[0][0], named[0][1]) if named else None
        if contents is None and ids is None:
            raise InputError("give the items' contents, or ids where they have none")
        keys = columns.keys(ids, "id") if ids is not None else [f"{prefix}{row}" for row in range(contents.count if contents else 0)]
        _refuse_twice(keys)
        splits = None if isinstance(split, str) else [split_of(text, row) for row, text in enumerate(columns.listed(split))]
        common = split_of(split) if isinstance(split, str) else item_pb2.SPLIT_UNSPECIFIED
        golds = None if gold is None else ["" if index < 0 else self.classes[index] for index in columns.classes(gold, self.classes, "gold", optional=True)]
        total = columns.same_length({
            "ids": keys, (named[0][0] if named else "contents"): range(contents.count) if contents else None, "split": splits, "gold": golds,
        })

        done, created, updated, unchanged = 0, 0, 0, 0
        with Reporter(progress, "items") as report:
            for part in parts(total, contents):
                batch = item_pb2.ItemBatch(item_ids=keys[part], split=common, splits=splits[part] if splits else None, gold_classes=golds[part] if golds else None)
                if contents:
                    contents.fill(batch, part)
                request = item_service_pb2.BatchCreateItemsRequest(parent=self.name, batch=batch, request_id=new_request_id())
                counts = self.connection.call(
                    self.connection.items.BatchCreateItems, request, patience=patience, row_of=rows_from(part.start)).counts
                done, created, updated, unchanged = (
                    part.stop, created + counts.created, updated + counts.updated, unchanged + counts.unchanged)
                report(done, total)
        return ItemCounts(created, updated, unchanged)

    def set_gold(self, gold: Any = None, *, items: Iterable[Any] | None = None, classes: Iterable[Any] | None = None, patience: float = PATIENCE) -> int:
        """Sets gold classes, by name or index; a missing one (None, NaN) clears the item's. Returns how many changed.

        Give ``gold``, a mapping from item to class or a DataFrame with columns ``item`` and ``label``; or ``items`` and ``classes``.
        """
        if (gold is None) == (items is None):
            raise InputError("give gold, or items and classes")
        if isinstance(gold, Mapping):
            items, classes = list(gold.keys()), list(gold.values())
        elif gold is not None:
            items, classes = columns.column(gold, "item"), columns.column(gold, "label")
        keys = columns.keys(items or [], "item")
        indexes = columns.classes(classes if classes is not None else [], self.classes, "label", optional=True)
        total, changed = columns.same_length({"items": keys, "classes": indexes}), 0
        for first in range(0, total, _BATCH):
            request = item_service_pb2.BatchSetGoldClassesRequest(parent=self.name, request_id=new_request_id())
            for key, index in zip(keys[first:first + _BATCH], indexes[first:first + _BATCH]):
                entry = request.gold_classes.add(item_id=key)
                if index >= 0:
                    entry.class_index = index
            changed += self.connection.call(
                self.connection.items.BatchSetGoldClasses, request, patience=patience, row_of=rows_from(first)).changed
        return changed

    def delete_items(self, ids: Iterable[Any], *, allow_missing: bool = False, patience: float = PATIENCE) -> int:
        """Deletes items with their contents, gold and annotations, by key. Returns how many. Batches of 10,000 are deleted whole or not."""
        keys, deleted = columns.keys(ids, "id"), 0
        for first in range(0, len(keys), _BATCH):
            request = item_service_pb2.BatchDeleteItemsRequest(
                parent=self.name, item_ids=keys[first:first + _BATCH], request_id=new_request_id(), allow_missing=allow_missing)
            deleted += self.connection.call(
                self.connection.items.BatchDeleteItems, request, patience=patience, row_of=rows_from(first)).deleted
        return deleted

    def items(self, *, split: str | None = None) -> pd.DataFrame:
        """All items, or those of a split, as of one moment. Columns: ``item``, ``split``, ``gold`` (None where not known), ``has_features``,
        ``has_content``."""
        rows = [
            (item.item_id, _SPLIT_NAMES.get(item.split), item.gold_class or None, item.has_features, item.has_content)
            for item in self._exported(split, features=False, contents=False)
        ]
        return optional.pandas().DataFrame(rows, columns=["item", "split", "gold", "has_features", "has_content"])

    def features(self, *, split: str | None = None) -> tuple[list[str], np.ndarray[Any, Any]]:
        """Keys and features [N, D] of the items that have some, as of one moment; [N, H·W·C] for images. Not for texts and sequences."""
        if self.item_type.WhichOneof("kind") not in ("vector", "image"):
            raise InputError("texts and sequences have no matrix of features")
        found = [item for item in self._exported(split, features=True, contents=False) if item.has_features]
        numpy = optional.numpy()
        if not found:
            return [], numpy.zeros((0, 0), numpy.float32)
        return [item.item_id for item in found], numpy.concatenate([tensors.array(item.features) for item in found])

    def _exported(self, split: str | None, *, features: bool, contents: bool) -> Iterator[item_pb2.Item]:
        request = item_service_pb2.ExportItemsRequest(
            parent=self.name, split=item_pb2.SPLIT_UNSPECIFIED if split is None else split_of(split), include_features=features,
            include_contents=contents)
        for answer in self.connection.stream(self.connection.items.ExportItems, request):
            yield from answer.items


def _refuse_twice(keys: Sequence[str]) -> None:
    if len(set(keys)) < len(keys):
        seen: dict[str, int] = {}
        for row, key in enumerate(keys):
            if key in seen:
                raise InputError(f"\"{key[:60]}\" is the key of two items", FieldViolation("id", f"is that of row {seen[key]} too", row))
            seen[key] = row


def split_of(text: str, row: int | None = None) -> item_pb2.Split:
    if not isinstance(text, str) or text.lower() not in SPLITS:
        raise InputError("a split is train, validation or test", FieldViolation("split", f"is {text!r}", row))
    return SPLITS[text.lower()]
