import grpc

from labeler_client.api.audit_service_pb2 import ListAuditEventsRequest
from labeler_client.api.audit_service_pb2 import ListAuditEventsResponse
from labeler_client.api.audit_service_pb2 import VerifyAuditLogRequest
from labeler_client.api.audit_service_pb2 import VerifyAuditLogResponse
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class AuditServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    ListAuditEvents: UnaryUnary[ListAuditEventsRequest, ListAuditEventsResponse]
    VerifyAuditLog: UnaryUnary[VerifyAuditLogRequest, VerifyAuditLogResponse]
