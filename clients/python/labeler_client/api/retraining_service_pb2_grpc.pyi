import grpc

from google.protobuf.empty_pb2 import Empty
from labeler_client.api.retraining_pb2 import RetrainingPolicy
from labeler_client.api.retraining_service_pb2 import CreateRetrainingPolicyRequest
from labeler_client.api.retraining_service_pb2 import DeleteRetrainingPolicyRequest
from labeler_client.api.retraining_service_pb2 import EvaluateRetrainingPolicyRequest
from labeler_client.api.retraining_service_pb2 import EvaluateRetrainingPolicyResponse
from labeler_client.api.retraining_service_pb2 import GetRetrainingPolicyRequest
from labeler_client.api.retraining_service_pb2 import ListPromotionDecisionsRequest
from labeler_client.api.retraining_service_pb2 import ListPromotionDecisionsResponse
from labeler_client.api.retraining_service_pb2 import ListRetrainingPoliciesRequest
from labeler_client.api.retraining_service_pb2 import ListRetrainingPoliciesResponse
from labeler_client.api.retraining_service_pb2 import UpdateRetrainingPolicyRequest
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class RetrainingServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    CreateRetrainingPolicy: UnaryUnary[CreateRetrainingPolicyRequest, RetrainingPolicy]
    GetRetrainingPolicy: UnaryUnary[GetRetrainingPolicyRequest, RetrainingPolicy]
    ListRetrainingPolicies: UnaryUnary[ListRetrainingPoliciesRequest, ListRetrainingPoliciesResponse]
    UpdateRetrainingPolicy: UnaryUnary[UpdateRetrainingPolicyRequest, RetrainingPolicy]
    DeleteRetrainingPolicy: UnaryUnary[DeleteRetrainingPolicyRequest, Empty]
    EvaluateRetrainingPolicy: UnaryUnary[EvaluateRetrainingPolicyRequest, EvaluateRetrainingPolicyResponse]
    ListPromotionDecisions: UnaryUnary[ListPromotionDecisionsRequest, ListPromotionDecisionsResponse]
