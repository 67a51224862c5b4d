import grpc

from labeler_client.api.training_run_pb2 import TrainingRun
from labeler_client.api.training_run_pb2 import TrainingRunEvent
from labeler_client.api.training_service_pb2 import CancelTrainingRunRequest
from labeler_client.api.training_service_pb2 import CreateTrainingRunRequest
from labeler_client.api.training_service_pb2 import GetTrainingRunRequest
from labeler_client.api.training_service_pb2 import ListAlgorithmsRequest
from labeler_client.api.training_service_pb2 import ListAlgorithmsResponse
from labeler_client.api.training_service_pb2 import ListTrainersRequest
from labeler_client.api.training_service_pb2 import ListTrainersResponse
from labeler_client.api.training_service_pb2 import ListTrainingRunsRequest
from labeler_client.api.training_service_pb2 import ListTrainingRunsResponse
from labeler_client.api.training_service_pb2 import WatchTrainingRunRequest
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class TrainingServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    ListAlgorithms: UnaryUnary[ListAlgorithmsRequest, ListAlgorithmsResponse]
    CreateTrainingRun: UnaryUnary[CreateTrainingRunRequest, TrainingRun]
    GetTrainingRun: UnaryUnary[GetTrainingRunRequest, TrainingRun]
    ListTrainingRuns: UnaryUnary[ListTrainingRunsRequest, ListTrainingRunsResponse]
    WatchTrainingRun: UnaryStream[WatchTrainingRunRequest, TrainingRunEvent]
    CancelTrainingRun: UnaryUnary[CancelTrainingRunRequest, TrainingRun]
    ListTrainers: UnaryUnary[ListTrainersRequest, ListTrainersResponse]
