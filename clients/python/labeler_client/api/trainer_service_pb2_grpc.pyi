import grpc

from labeler_client.api.model_pb2 import ModelVersion
from labeler_client.api.trainer_service_pb2 import EndTrainingRunRequest
from labeler_client.api.trainer_service_pb2 import EndTrainingRunResponse
from labeler_client.api.trainer_service_pb2 import LeaseTrainingRunRequest
from labeler_client.api.trainer_service_pb2 import LeaseTrainingRunResponse
from labeler_client.api.trainer_service_pb2 import PublishTrainedModelRequest
from labeler_client.api.trainer_service_pb2 import ReadTrainingDataRequest
from labeler_client.api.trainer_service_pb2 import RenewTrainingLeaseRequest
from labeler_client.api.trainer_service_pb2 import RenewTrainingLeaseResponse
from labeler_client.api.trainer_service_pb2 import ReportTrainingProgressRequest
from labeler_client.api.trainer_service_pb2 import ReportTrainingProgressResponse
from labeler_client.api.trainer_service_pb2 import TrainingData
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class TrainerServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    LeaseTrainingRun: UnaryUnary[LeaseTrainingRunRequest, LeaseTrainingRunResponse]
    RenewTrainingLease: UnaryUnary[RenewTrainingLeaseRequest, RenewTrainingLeaseResponse]
    ReadTrainingData: UnaryStream[ReadTrainingDataRequest, TrainingData]
    ReportTrainingProgress: UnaryUnary[ReportTrainingProgressRequest, ReportTrainingProgressResponse]
    PublishTrainedModel: StreamUnary[PublishTrainedModelRequest, ModelVersion]
    EndTrainingRun: UnaryUnary[EndTrainingRunRequest, EndTrainingRunResponse]
