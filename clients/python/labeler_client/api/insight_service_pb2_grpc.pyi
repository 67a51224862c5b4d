import grpc

from labeler_client.api.insight_pb2 import Agreement
from labeler_client.api.insight_service_pb2 import ExportItemConsensusRequest
from labeler_client.api.insight_service_pb2 import ExportItemConsensusResponse
from labeler_client.api.insight_service_pb2 import GetAgreementRequest
from labeler_client.api.insight_service_pb2 import GetLabelerInsightRequest
from labeler_client.api.insight_service_pb2 import GetLabelerInsightResponse
from labeler_client.api.insight_service_pb2 import ListAggregatorsRequest
from labeler_client.api.insight_service_pb2 import ListAggregatorsResponse
from labeler_client.api.insight_service_pb2 import ListItemConsensusRequest
from labeler_client.api.insight_service_pb2 import ListItemConsensusResponse
from labeler_client.api.insight_service_pb2 import ListLabelerInsightsRequest
from labeler_client.api.insight_service_pb2 import ListLabelerInsightsResponse
from labeler_client.api.insight_service_pb2 import ListLabelerPairsRequest
from labeler_client.api.insight_service_pb2 import ListLabelerPairsResponse
from labeler_client.api.insight_service_pb2 import ListLookAlikesRequest
from labeler_client.api.insight_service_pb2 import ListLookAlikesResponse
from labeler_client.api.insight_service_pb2 import ListSuspectedAnnotationsRequest
from labeler_client.api.insight_service_pb2 import ListSuspectedAnnotationsResponse
from labeler_client.api.insight_service_pb2 import RefreshInsightsRequest
from labeler_client.api.insight_service_pb2 import RefreshInsightsResponse
from labeler_client.api.insight_service_pb2 import SuggestAnnotationsRequest
from labeler_client.api.insight_service_pb2 import SuggestAnnotationsResponse
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class InsightServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    ListAggregators: UnaryUnary[ListAggregatorsRequest, ListAggregatorsResponse]
    RefreshInsights: UnaryStream[RefreshInsightsRequest, RefreshInsightsResponse]
    ListItemConsensus: UnaryUnary[ListItemConsensusRequest, ListItemConsensusResponse]
    ExportItemConsensus: UnaryStream[ExportItemConsensusRequest, ExportItemConsensusResponse]
    ListLabelerInsights: UnaryUnary[ListLabelerInsightsRequest, ListLabelerInsightsResponse]
    GetLabelerInsight: UnaryUnary[GetLabelerInsightRequest, GetLabelerInsightResponse]
    ListLookAlikes: UnaryUnary[ListLookAlikesRequest, ListLookAlikesResponse]
    ListSuspectedAnnotations: UnaryUnary[ListSuspectedAnnotationsRequest, ListSuspectedAnnotationsResponse]
    GetAgreement: UnaryUnary[GetAgreementRequest, Agreement]
    ListLabelerPairs: UnaryUnary[ListLabelerPairsRequest, ListLabelerPairsResponse]
    SuggestAnnotations: UnaryUnary[SuggestAnnotationsRequest, SuggestAnnotationsResponse]
