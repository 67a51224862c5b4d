import grpc

from labeler_client.api.labeler_pb2 import Labeler
from labeler_client.api.labeler_registry_service_pb2 import BatchCreateLabelersRequest
from labeler_client.api.labeler_registry_service_pb2 import BatchCreateLabelersResponse
from labeler_client.api.labeler_registry_service_pb2 import EraseLabelerRequest
from labeler_client.api.labeler_registry_service_pb2 import EraseLabelerResponse
from labeler_client.api.labeler_registry_service_pb2 import GetLabelerRequest
from labeler_client.api.labeler_registry_service_pb2 import ListLabelersRequest
from labeler_client.api.labeler_registry_service_pb2 import ListLabelersResponse
from labeler_client.api.labeler_registry_service_pb2 import UpdateLabelerRequest
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class LabelerRegistryServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    BatchCreateLabelers: UnaryUnary[BatchCreateLabelersRequest, BatchCreateLabelersResponse]
    GetLabeler: UnaryUnary[GetLabelerRequest, Labeler]
    ListLabelers: UnaryUnary[ListLabelersRequest, ListLabelersResponse]
    UpdateLabeler: UnaryUnary[UpdateLabelerRequest, Labeler]
    EraseLabeler: UnaryUnary[EraseLabelerRequest, EraseLabelerResponse]
