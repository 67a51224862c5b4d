"""What a model says of items, as arrays."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Sequence

from labeler_client import optional, tensors
from labeler_client.api import prediction_pb2

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions for N items over K classes; R are the model's heads, one a labeler (and one that is nobody's, last, in some models)."""

    model_version: str
    """The version that answered, ``datasets/{d}/models/{m}/versions/{v}``."""
    classes: Sequence[str]
    """Names of the classes, in the order of every distribution."""
    items: Sequence[str] | None
    """Keys of the items, where stored ones were predicted."""
    class_indexes: Array
    """int32 [N]: index of the likeliest class."""
    probabilities: Array
    """float32 [N, K]: the ensemble's distributions, or the distilled head's."""
    entropy: Array
    """float32 [N]: their entropy, in nats."""
    disagreement: Array | None
    """float32 [N]: part of the entropy that comes from the heads' disagreement (mutual information), in nats; None from a distilled head."""
    labelers: Sequence[str] | None = None
    """Keys of the labelers behind the heads, "" for the head that is nobody's; None unless ``labelers`` was asked for."""
    labeler_probabilities: Array | None = None
    """float32 [N, R, K]: what each head says."""
    labeler_weights: Array | None = None
    """float32 [N, R]: each head's weight for the item; rows sum to 1."""
    expected_disagreement: Array | None = None
    """float32 [N]: probability that two different labelers, drawn by weight, name different classes; None unless ``uncertainty`` was asked."""
    deviations: Array | None = None
    """float32 [N, K]: weighted standard deviation of the heads' probabilities. Not a standard error of ``probabilities``."""

    def __len__(self) -> int:
        return len(self.class_indexes)

    @property
    def labels(self) -> Array:
        """Names of the likeliest classes, object [N]."""
        numpy = optional.numpy()
        return numpy.array(self.classes, dtype=object)[self.class_indexes]  # type: ignore[no-any-return]

    def to_frame(self) -> pd.DataFrame:
        """A row an item, with the columns that `labeler predict` writes: ``item`` (its key, or row where items were not stored), ``predicted``,
        ``p_CLASS`` for each class, ``entropy``, ``disagreement``, and of each labeler asked for ``class_by_LABELER`` and
        ``weight_of_LABELER`` (``shared_class`` and ``shared_weight`` of the head that is nobody's)."""
        columns: dict[str, Any] = {"item": self.items if self.items is not None else range(len(self)), "predicted": self.labels}
        for index, name in enumerate(self.classes):
            columns[f"p_{name}"] = self.probabilities[:, index]
        columns["entropy"] = self.entropy
        for name, values in (("disagreement", self.disagreement), ("expected_disagreement", self.expected_disagreement)):
            if values is not None:
                columns[name] = values
        names = optional.numpy().array(self.classes, dtype=object)
        for index, labeler in enumerate(self.labelers or ()):
            if self.labeler_probabilities is not None and self.labeler_weights is not None:
                columns[f"class_by_{labeler}" if labeler else "shared_class"] = names[self.labeler_probabilities[:, index].argmax(axis=1)]
                columns[f"weight_of_{labeler}" if labeler else "shared_weight"] = self.labeler_weights[:, index]
        return optional.pandas().DataFrame(columns)


def joined(
    version: str, classes: Sequence[str], items: Sequence[str] | None, batches: Sequence[prediction_pb2.PredictionBatch], *, distilled: bool,
    labelers: bool, uncertainty: bool,
) -> Predictions:
    """The batches of one call's worth of items, in order, as one."""
    numpy = optional.numpy()

    def numbers(name: str, kind: str) -> Array:
        parts = [numpy.asarray(getattr(batch, name), dtype=kind) for batch in batches]
        return numpy.concatenate(parts) if parts else numpy.zeros(0, kind)  # type: ignore[no-any-return]

    def tensor(name: str, *sides: int) -> Array:
        parts = [tensors.array(getattr(batch, name)) for batch in batches]
        return numpy.concatenate(parts) if parts else numpy.zeros((0, *sides), "float32")  # type: ignore[no-any-return]

    heads = list(batches[0].labeler_ids) if batches and labelers else []
    return Predictions(
        version, tuple(classes), items, numbers("predicted_class_indexes", "int32"), tensor("probabilities", len(classes)),
        numbers("entropies", "float32"), None if distilled else numbers("disagreements", "float32"),
        heads if labelers else None,
        tensor("labeler_probabilities", 0, len(classes)) if labelers else None,
        tensor("labeler_weights", 0) if labelers else None,
        numbers("expected_disagreements", "float32") if uncertainty else None,
        tensor("deviations", len(classes)) if uncertainty else None)
