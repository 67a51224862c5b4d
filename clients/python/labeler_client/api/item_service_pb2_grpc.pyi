import grpc

from google.protobuf.empty_pb2 import Empty
from labeler_client.api.item_pb2 import Item
from labeler_client.api.item_service_pb2 import BatchCreateItemsRequest
from labeler_client.api.item_service_pb2 import BatchCreateItemsResponse
from labeler_client.api.item_service_pb2 import BatchDeleteItemsRequest
from labeler_client.api.item_service_pb2 import BatchDeleteItemsResponse
from labeler_client.api.item_service_pb2 import BatchSetGoldClassesRequest
from labeler_client.api.item_service_pb2 import BatchSetGoldClassesResponse
from labeler_client.api.item_service_pb2 import DeleteItemRequest
from labeler_client.api.item_service_pb2 import ExportItemsRequest
from labeler_client.api.item_service_pb2 import ExportItemsResponse
from labeler_client.api.item_service_pb2 import GetItemRequest
from labeler_client.api.item_service_pb2 import ListItemsRequest
from labeler_client.api.item_service_pb2 import ListItemsResponse
from labeler_client.api.item_service_pb2 import ListItemsToAnnotateRequest
from labeler_client.api.item_service_pb2 import ListItemsToAnnotateResponse
from labeler_client.api.item_service_pb2 import StreamItemsRequest
from labeler_client.api.item_service_pb2 import StreamItemsResponse
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class ItemServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    BatchCreateItems: UnaryUnary[BatchCreateItemsRequest, BatchCreateItemsResponse]
    StreamItems: StreamUnary[StreamItemsRequest, StreamItemsResponse]
    GetItem: UnaryUnary[GetItemRequest, Item]
    ListItems: UnaryUnary[ListItemsRequest, ListItemsResponse]
    ListItemsToAnnotate: UnaryUnary[ListItemsToAnnotateRequest, ListItemsToAnnotateResponse]
    ExportItems: UnaryStream[ExportItemsRequest, ExportItemsResponse]
    DeleteItem: UnaryUnary[DeleteItemRequest, Empty]
    BatchDeleteItems: UnaryUnary[BatchDeleteItemsRequest, BatchDeleteItemsResponse]
    BatchSetGoldClasses: UnaryUnary[BatchSetGoldClassesRequest, BatchSetGoldClassesResponse]
