import grpc

from labeler_client.api.annotation_pb2 import Annotation
from labeler_client.api.annotation_service_pb2 import BatchCreateAnnotationsRequest
from labeler_client.api.annotation_service_pb2 import BatchCreateAnnotationsResponse
from labeler_client.api.annotation_service_pb2 import ExportAnnotationsRequest
from labeler_client.api.annotation_service_pb2 import ExportAnnotationsResponse
from labeler_client.api.annotation_service_pb2 import GetAnnotationRequest
from labeler_client.api.annotation_service_pb2 import IngestAnnotationsRequest
from labeler_client.api.annotation_service_pb2 import IngestAnnotationsResponse
from labeler_client.api.annotation_service_pb2 import ListAnnotationRevisionsRequest
from labeler_client.api.annotation_service_pb2 import ListAnnotationRevisionsResponse
from labeler_client.api.annotation_service_pb2 import ListAnnotationsRequest
from labeler_client.api.annotation_service_pb2 import ListAnnotationsResponse
from labeler_client.api.annotation_service_pb2 import StreamAnnotationsRequest
from labeler_client.api.annotation_service_pb2 import StreamAnnotationsResponse
from labeler_client.rpc import StreamStream, StreamUnary, UnaryStream, UnaryUnary

class AnnotationServiceStub:
    def __init__(self, channel: grpc.Channel) -> None: ...
    BatchCreateAnnotations: UnaryUnary[BatchCreateAnnotationsRequest, BatchCreateAnnotationsResponse]
    StreamAnnotations: StreamUnary[StreamAnnotationsRequest, StreamAnnotationsResponse]
    IngestAnnotations: StreamStream[IngestAnnotationsRequest, IngestAnnotationsResponse]
    GetAnnotation: UnaryUnary[GetAnnotationRequest, Annotation]
    ListAnnotations: UnaryUnary[ListAnnotationsRequest, ListAnnotationsResponse]
    ListAnnotationRevisions: UnaryUnary[ListAnnotationRevisionsRequest, ListAnnotationRevisionsResponse]
    ExportAnnotations: UnaryStream[ExportAnnotationsRequest, ExportAnnotationsResponse]
