import grpc

from google.protobuf.empty_pb2 import Empty
from labeler_client.api.dataset_pb2 import Dataset
from labeler_client.api.dataset_service_pb2 import CreateDatasetRequest
from labeler_client.api.dataset_service_pb2 import DatasetActivity
from labeler_client.api.dataset_service_pb2 import DeleteDatasetRequest
from labeler_client.api.dataset_service_pb2 import GetDatasetRequest
from labeler_client.api.dataset_service_pb2 import ListDatasetsRequest
from labeler_client.api.dataset_service_pb2 import ListDatasetsResponse
from labeler_client.api.dataset_service_pb2 import UpdateDatasetRequest
from labeler_client.api.dataset_service_pb2 import WatchDatasetActivityRequest
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class DatasetServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    CreateDataset: UnaryUnary[CreateDatasetRequest, Dataset]
    GetDataset: UnaryUnary[GetDatasetRequest, Dataset]
    ListDatasets: UnaryUnary[ListDatasetsRequest, ListDatasetsResponse]
    UpdateDataset: UnaryUnary[UpdateDatasetRequest, Dataset]
    DeleteDataset: UnaryUnary[DeleteDatasetRequest, Empty]
    WatchDatasetActivity: UnaryStream[WatchDatasetActivityRequest, DatasetActivity]
