import grpc

from labeler_client.api.prediction_service_pb2 import BatchPredictRequest
from labeler_client.api.prediction_service_pb2 import BatchPredictResponse
from labeler_client.api.prediction_service_pb2 import PredictRequest
from labeler_client.api.prediction_service_pb2 import PredictResponse
from labeler_client.api.prediction_service_pb2 import StreamPredictRequest
from labeler_client.api.prediction_service_pb2 import StreamPredictResponse
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class PredictionServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    Predict: UnaryUnary[PredictRequest, PredictResponse]
    BatchPredict: UnaryUnary[BatchPredictRequest, BatchPredictResponse]
    StreamPredict: StreamStream[StreamPredictRequest, StreamPredictResponse]
