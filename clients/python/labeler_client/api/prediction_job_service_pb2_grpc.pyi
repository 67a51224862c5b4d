import grpc

from google.protobuf.empty_pb2 import Empty
from labeler_client.api.prediction_job_pb2 import PredictionJob
from labeler_client.api.prediction_job_service_pb2 import CancelPredictionJobRequest
from labeler_client.api.prediction_job_service_pb2 import CreatePredictionJobRequest
from labeler_client.api.prediction_job_service_pb2 import DeletePredictionJobRequest
from labeler_client.api.prediction_job_service_pb2 import DownloadPredictionsRequest
from labeler_client.api.prediction_job_service_pb2 import DownloadPredictionsResponse
from labeler_client.api.prediction_job_service_pb2 import GetPredictionJobRequest
from labeler_client.api.prediction_job_service_pb2 import ListPredictionJobsRequest
from labeler_client.api.prediction_job_service_pb2 import ListPredictionJobsResponse
from labeler_client.api.prediction_job_service_pb2 import ListPredictionsRequest
from labeler_client.api.prediction_job_service_pb2 import ListPredictionsResponse
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class PredictionJobServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    CreatePredictionJob: UnaryUnary[CreatePredictionJobRequest, PredictionJob]
    GetPredictionJob: UnaryUnary[GetPredictionJobRequest, PredictionJob]
    ListPredictionJobs: UnaryUnary[ListPredictionJobsRequest, ListPredictionJobsResponse]
    CancelPredictionJob: UnaryUnary[CancelPredictionJobRequest, PredictionJob]
    DeletePredictionJob: UnaryUnary[DeletePredictionJobRequest, Empty]
    ListPredictions: UnaryUnary[ListPredictionsRequest, ListPredictionsResponse]
    DownloadPredictions: UnaryStream[DownloadPredictionsRequest, DownloadPredictionsResponse]
