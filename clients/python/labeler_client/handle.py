"""What the methods of a dataset stand on."""
from __future__ import annotations

from typing import Sequence

from labeler_client.api import dataset_pb2, dataset_service_pb2
from labeler_client.connection import Connection


class DatasetHandle:
    """A dataset of a service, by name. Making one asks nothing of the service."""

    def __init__(self, connection: Connection, name: str, info: dataset_pb2.Dataset | None = None) -> None:
        self.connection = connection
        self.name = name
        """Resource name, ``datasets/{dataset}``."""
        self._classes = tuple(info.classes) if info else None
        self._item_type = info.item_type if info else None

    @property
    def id(self) -> str:
        """Id of the dataset, the end of its name."""
        return self.name.rpartition("/")[2]

    @property
    def classes(self) -> Sequence[str]:
        """Names of the classes, in the order of all distributions. They never change."""
        if self._classes is None:
            self.info()
        return self._classes or ()

    @property
    def item_type(self) -> dataset_pb2.ItemType:
        """What the items are. It never changes."""
        if self._item_type is None:
            self.info()
        return self._item_type or dataset_pb2.ItemType()

    def info(self) -> dataset_pb2.Dataset:
        """The dataset as it is now, with ``counts`` of items, labelers and annotations."""
        info = self.connection.call(self.connection.datasets.GetDataset, dataset_service_pb2.GetDatasetRequest(name=self.name))
        self._classes, self._item_type = tuple(info.classes), info.item_type
        return info

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r} at {self.connection.address})"
