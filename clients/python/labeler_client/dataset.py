"""A dataset with all that can be done with it."""
from __future__ import annotations

from labeler_client.annotations import AnnotationMethods
from labeler_client.insight import InsightMethods
from labeler_client.items import ItemMethods
from labeler_client.training import TrainingMethods


class Dataset(ItemMethods, AnnotationMethods, TrainingMethods, InsightMethods):
    """A dataset of a service: ``Client.dataset`` and ``Client.create_dataset`` give them.

    In the order of work: `add_items`, `add_annotations`, `set_gold`; `consensus`, `labelers`, `suspects`, `agreement`, `next` (annotations
    alone are enough for these); `train`, `model`.
    """
