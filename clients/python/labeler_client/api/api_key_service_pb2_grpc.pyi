import grpc

from google.protobuf.empty_pb2 import Empty
from labeler_client.api.api_key_pb2 import ApiKey
from labeler_client.api.api_key_service_pb2 import CreateApiKeyRequest
from labeler_client.api.api_key_service_pb2 import CreateApiKeyResponse
from labeler_client.api.api_key_service_pb2 import DeleteApiKeyRequest
from labeler_client.api.api_key_service_pb2 import GetApiKeyRequest
from labeler_client.api.api_key_service_pb2 import ListApiKeysRequest
from labeler_client.api.api_key_service_pb2 import ListApiKeysResponse
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class ApiKeyServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    CreateApiKey: UnaryUnary[CreateApiKeyRequest, CreateApiKeyResponse]
    GetApiKey: UnaryUnary[GetApiKeyRequest, ApiKey]
    ListApiKeys: UnaryUnary[ListApiKeysRequest, ListApiKeysResponse]
    DeleteApiKey: UnaryUnary[DeleteApiKeyRequest, Empty]
