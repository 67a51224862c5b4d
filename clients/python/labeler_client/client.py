"""The client: a connection to a service, and its datasets."""
from __future__ import annotations

import re
from typing import Any, Iterable, Mapping, TypeVar

import grpc

from labeler_client import paging
from labeler_client.api import dataset_pb2, dataset_service_pb2
from labeler_client.connection import Connection, PathText, new_request_id
from labeler_client.dataset import Dataset
from labeler_client.errors import FieldViolation, InputError

S = TypeVar("S")
_KINDS = {
    "": dataset_pb2.Dataset.LABEL_KIND_UNSPECIFIED, "binary": dataset_pb2.Dataset.LABEL_KIND_BINARY,
    "multi-class": dataset_pb2.Dataset.LABEL_KIND_MULTI_CLASS, "ordinal": dataset_pb2.Dataset.LABEL_KIND_ORDINAL,
}


class Client:
    """A connection to a LabelerService, a context that closes it.

    ``address`` is the URL of the gRPC port, ``http://host:8081`` or ``https://…``, or several plain ones with commas between (replicas);
    without it LABELER_SERVER, else ``http://localhost:8081``. ``api_key`` is a key of the service (else LABELER_API_KEY), ``token`` a JWT
    instead of one. ``ca_file`` is the PEM file of the authorities that may have signed the server's certificate (else the machine's),
    ``client_cert`` and ``client_key`` the client's own certificate, where the server wants one. ``timeout`` is the number of seconds that
    a call which answers once may take, 120 unless given; uploads, watches and exports have no limit.

    Opening makes no connection; the first call does. Everything that fails raises `LabelerError`. A client may be used by several threads.
    """

    def __init__(
        self, address: str | None = None, *, api_key: str | None = None, token: str | None = None, ca_file: PathText | None = None,
        client_cert: PathText | None = None, client_key: PathText | None = None, timeout: float | None = None,
    ) -> None:
        self.connection = Connection(
            address, api_key=api_key, token=token, ca_file=ca_file, client_cert=client_cert, client_key=client_key, timeout=timeout)

    @property
    def address(self) -> str:
        """Where the service is."""
        return self.connection.address

    def create_dataset(
        self, dataset_id: str, *, classes: Iterable[str], items: str | dataset_pb2.ItemType, label_kind: str = "", display_name: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> Dataset:
        """Creates a dataset. AlreadyExistsError if the id is taken.

        ``dataset_id`` has lower-case letters, digits and hyphens, at most 63. ``classes`` are in the order of all distributions; of ordinal
        datasets, in ascending order. ``items`` says what an item is, as on the command line: ``"vector:512"``, ``"image:28x28x1"`` (height,
        width, channels), ``"text"``, ``"sequence:8"`` (values a step). ``label_kind`` is ``"binary"``, ``"multi-class"`` or ``"ordinal"``;
        without it the service goes by the number of classes.
        """
        if isinstance(classes, str):
            raise InputError("classes are a list of names, not one text", FieldViolation("classes", "is a text"))
        if label_kind not in _KINDS:
            raise InputError(f"label_kind is one of {', '.join(filter(None, _KINDS))}, not \"{label_kind}\"", FieldViolation("label_kind", "is unknown"))
        dataset = dataset_pb2.Dataset(
            classes=list(classes), item_type=items if isinstance(items, dataset_pb2.ItemType) else item_type(items),
            label_kind=_KINDS[label_kind], display_name=display_name, tags=dict(tags or {}))
        request = dataset_service_pb2.CreateDatasetRequest(dataset_id=dataset_id, dataset=dataset, request_id=new_request_id())
        created = self.connection.call(self.connection.datasets.CreateDataset, request)
        return Dataset(self.connection, created.name, created)

    def dataset(self, dataset_id: str) -> Dataset:
        """A dataset by id or name. NotFoundError if there is none."""
        info = self.connection.call(self.connection.datasets.GetDataset, dataset_service_pb2.GetDatasetRequest(name=_name(dataset_id)))
        return Dataset(self.connection, info.name, info)

    def datasets(self) -> list[Dataset]:
        """The datasets that the caller may see."""
        request = dataset_service_pb2.ListDatasetsRequest()
        found = paging.walk(self.connection, self.connection.datasets.ListDatasets, request, lambda answer: answer.datasets)
        return [Dataset(self.connection, info.name, info) for info in found]

    def delete_dataset(self, dataset_id: str) -> None:
        """Deletes a dataset with everything in it, models too. There is no way back. NotFoundError if there is none."""
        request = dataset_service_pb2.DeleteDatasetRequest(name=_name(dataset_id))
        self.connection.call(self.connection.datasets.DeleteDataset, request, repeatable=False)

    def stub(self, kind: type[S]) -> S:
        """A stub of `labeler_client.api`, such as ``CurveServiceStub``, for calls that have no method here. It sends the key along; what
        fails raises grpc.RpcError."""
        channel: grpc.Channel = self.connection.channel
        make: Any = kind
        return make(channel)  # type: ignore[no-any-return]

    def close(self) -> None:
        """Ends the connection and all calls that are open."""
        self.connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.address!r})"  # the key stays secret


def item_type(text: str) -> dataset_pb2.ItemType:
    """An item type from its text: vector:512, image:28x28x1, text, sequence:8."""
    made = dataset_pb2.ItemType()
    kind, _, size = text.partition(":")
    sides = re.fullmatch(r"(\d{1,9})x(\d{1,9})x(\d{1,9})", size)
    if kind == "text" and not size:
        made.text.SetInParent()
    elif kind == "vector" and re.fullmatch(r"\d{1,9}", size):
        made.vector.length = int(size)
    elif kind == "sequence" and re.fullmatch(r"\d{1,9}", size):
        made.sequence.step_length = int(size)
    elif kind == "image" and sides:
        made.image.height, made.image.width, made.image.channels = map(int, sides.groups())
    else:
        raise InputError(
            f"\"{text}\" is no item type; they are vector:LENGTH, image:HEIGHTxWIDTHxCHANNELS, text and sequence:VALUES_A_STEP",
            FieldViolation("items", "is no item type"))
    return made


def _name(dataset: str) -> str:
    return dataset if dataset.startswith("datasets/") else f"datasets/{dataset}"
