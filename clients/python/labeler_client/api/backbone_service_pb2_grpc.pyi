import grpc

from google.protobuf.empty_pb2 import Empty
from labeler_client.api.backbone_pb2 import Backbone
from labeler_client.api.backbone_service_pb2 import CreateBackboneRequest
from labeler_client.api.backbone_service_pb2 import DeleteBackboneRequest
from labeler_client.api.backbone_service_pb2 import GetBackboneRequest
from labeler_client.api.backbone_service_pb2 import ListBackbonesRequest
from labeler_client.api.backbone_service_pb2 import ListBackbonesResponse
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class BackboneServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    CreateBackbone: StreamUnary[CreateBackboneRequest, Backbone]
    GetBackbone: UnaryUnary[GetBackboneRequest, Backbone]
    ListBackbones: UnaryUnary[ListBackbonesRequest, ListBackbonesResponse]
    DeleteBackbone: UnaryUnary[DeleteBackboneRequest, Empty]
