import grpc

from google.protobuf.empty_pb2 import Empty
from labeler_client.api.http_body_pb2 import HttpBody
from labeler_client.api.model_pb2 import Model
from labeler_client.api.model_pb2 import ModelVersion
from labeler_client.api.model_registry_pb2 import DeleteModelRequest
from labeler_client.api.model_registry_pb2 import DeleteModelVersionRequest
from labeler_client.api.model_registry_pb2 import DownloadModelVersionRequest
from labeler_client.api.model_registry_pb2 import DownloadModelVersionResponse
from labeler_client.api.model_registry_pb2 import GetModelCardRequest
from labeler_client.api.model_registry_pb2 import GetModelLineageRequest
from labeler_client.api.model_registry_pb2 import GetModelLineageResponse
from labeler_client.api.model_registry_pb2 import ListAliasChangesRequest
from labeler_client.api.model_registry_pb2 import ListAliasChangesResponse
from labeler_client.api.model_registry_pb2 import PromoteModelVersionRequest
from labeler_client.api.model_registry_pb2 import RollbackModelRequest
from labeler_client.api.model_registry_pb2 import SetModelCanaryRequest
from labeler_client.api.model_registry_pb2 import UpdateModelRequest
from labeler_client.api.model_service_pb2 import CompareModelsRequest
from labeler_client.api.model_service_pb2 import CompareModelsResponse
from labeler_client.api.model_service_pb2 import DeleteModelAliasRequest
from labeler_client.api.model_service_pb2 import EvaluateModelRequest
from labeler_client.api.model_service_pb2 import EvaluateModelResponse
from labeler_client.api.model_service_pb2 import GetModelRequest
from labeler_client.api.model_service_pb2 import GetModelVersionRequest
from labeler_client.api.model_service_pb2 import ListModelVersionsRequest
from labeler_client.api.model_service_pb2 import ListModelVersionsResponse
from labeler_client.api.model_service_pb2 import ListModelsRequest
from labeler_client.api.model_service_pb2 import ListModelsResponse
from labeler_client.api.model_service_pb2 import SetModelAliasRequest
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class ModelServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    GetModel: UnaryUnary[GetModelRequest, Model]
    ListModels: UnaryUnary[ListModelsRequest, ListModelsResponse]
    GetModelVersion: UnaryUnary[GetModelVersionRequest, ModelVersion]
    ListModelVersions: UnaryUnary[ListModelVersionsRequest, ListModelVersionsResponse]
    SetModelAlias: UnaryUnary[SetModelAliasRequest, Model]
    DeleteModelAlias: UnaryUnary[DeleteModelAliasRequest, Empty]
    EvaluateModel: UnaryUnary[EvaluateModelRequest, EvaluateModelResponse]
    CompareModels: UnaryUnary[CompareModelsRequest, CompareModelsResponse]
    UpdateModel: UnaryUnary[UpdateModelRequest, Model]
    DeleteModel: UnaryUnary[DeleteModelRequest, Empty]
    DeleteModelVersion: UnaryUnary[DeleteModelVersionRequest, ModelVersion]
    PromoteModelVersion: UnaryUnary[PromoteModelVersionRequest, Model]
    RollbackModel: UnaryUnary[RollbackModelRequest, Model]
    ListAliasChanges: UnaryUnary[ListAliasChangesRequest, ListAliasChangesResponse]
    SetModelCanary: UnaryUnary[SetModelCanaryRequest, Model]
    GetModelLineage: UnaryUnary[GetModelLineageRequest, GetModelLineageResponse]
    DownloadModelVersion: UnaryStream[DownloadModelVersionRequest, DownloadModelVersionResponse]
    GetModelCard: UnaryUnary[GetModelCardRequest, HttpBody]
