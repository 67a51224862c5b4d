import grpc

from google.protobuf.empty_pb2 import Empty
from labeler_client.api.curve_pb2 import Curve
from labeler_client.api.curve_service_pb2 import CreateCurveRequest
from labeler_client.api.curve_service_pb2 import DeleteCurveRequest
from labeler_client.api.curve_service_pb2 import GetCurveRequest
from labeler_client.api.curve_service_pb2 import ListCurvesRequest
from labeler_client.api.curve_service_pb2 import ListCurvesResponse
from labeler_client.api.curve_service_pb2 import ResumeCurveRequest
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class CurveServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    CreateCurve: UnaryUnary[CreateCurveRequest, Curve]
    GetCurve: UnaryUnary[GetCurveRequest, Curve]
    ListCurves: UnaryUnary[ListCurvesRequest, ListCurvesResponse]
    ResumeCurve: UnaryUnary[ResumeCurveRequest, Curve]
    DeleteCurve: UnaryUnary[DeleteCurveRequest, Empty]
