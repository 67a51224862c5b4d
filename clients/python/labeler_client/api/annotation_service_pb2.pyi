from labeler_client.api import annotation_pb2 as _annotation_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BatchCreateAnnotationsRequest(_message.Message):
    __slots__ = ["annotations", "parent", "request_id", "unknown_items", "unknown_labelers"]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_ITEMS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_LABELERS_FIELD_NUMBER: _ClassVar[int]
    annotations: _containers.RepeatedCompositeFieldContainer[_annotation_pb2.Annotation]
    parent: str
    request_id: str
    unknown_items: _annotation_pb2.UnknownItems
    unknown_labelers: _annotation_pb2.UnknownLabelers
    def __init__(self, parent: _Optional[str] = ..., annotations: _Optional[_Iterable[_Union[_annotation_pb2.Annotation, _Mapping]]] = ..., unknown_labelers: _Optional[_Union[_annotation_pb2.UnknownLabelers, str]] = ..., request_id: _Optional[str] = ..., unknown_items: _Optional[_Union[_annotation_pb2.UnknownItems, str]] = ...) -> None: ...

class BatchCreateAnnotationsResponse(_message.Message):
    __slots__ = ["counts"]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    counts: _annotation_pb2.AnnotationWriteCounts
    def __init__(self, counts: _Optional[_Union[_annotation_pb2.AnnotationWriteCounts, _Mapping]] = ...) -> None: ...

class ExportAnnotationsRequest(_message.Message):
    __slots__ = ["parent", "show_retracted"]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SHOW_RETRACTED_FIELD_NUMBER: _ClassVar[int]
    parent: str
    show_retracted: bool
    def __init__(self, parent: _Optional[str] = ..., show_retracted: bool = ...) -> None: ...

class ExportAnnotationsResponse(_message.Message):
    __slots__ = ["annotations"]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    annotations: _containers.RepeatedCompositeFieldContainer[_annotation_pb2.Annotation]
    def __init__(self, annotations: _Optional[_Iterable[_Union[_annotation_pb2.Annotation, _Mapping]]] = ...) -> None: ...

class GetAnnotationRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class IngestAnnotationsRequest(_message.Message):
    __slots__ = ["annotations", "parent", "request_id", "sequence", "unknown_items", "unknown_labelers"]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_ITEMS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_LABELERS_FIELD_NUMBER: _ClassVar[int]
    annotations: _containers.RepeatedCompositeFieldContainer[_annotation_pb2.Annotation]
    parent: str
    request_id: str
    sequence: int
    unknown_items: _annotation_pb2.UnknownItems
    unknown_labelers: _annotation_pb2.UnknownLabelers
    def __init__(self, parent: _Optional[str] = ..., sequence: _Optional[int] = ..., annotations: _Optional[_Iterable[_Union[_annotation_pb2.Annotation, _Mapping]]] = ..., unknown_labelers: _Optional[_Union[_annotation_pb2.UnknownLabelers, str]] = ..., unknown_items: _Optional[_Union[_annotation_pb2.UnknownItems, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class IngestAnnotationsResponse(_message.Message):
    __slots__ = ["acknowledged_sequence", "counts"]
    ACKNOWLEDGED_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    acknowledged_sequence: int
    counts: _annotation_pb2.AnnotationWriteCounts
    def __init__(self, acknowledged_sequence: _Optional[int] = ..., counts: _Optional[_Union[_annotation_pb2.AnnotationWriteCounts, _Mapping]] = ...) -> None: ...

class ListAnnotationRevisionsRequest(_message.Message):
    __slots__ = ["name", "page_size", "page_token"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAnnotationRevisionsResponse(_message.Message):
    __slots__ = ["annotations", "next_page_token"]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    annotations: _containers.RepeatedCompositeFieldContainer[_annotation_pb2.Annotation]
    next_page_token: str
    def __init__(self, annotations: _Optional[_Iterable[_Union[_annotation_pb2.Annotation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListAnnotationsRequest(_message.Message):
    __slots__ = ["item_id", "labeler_id", "page_size", "page_token", "parent", "show_retracted"]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SHOW_RETRACTED_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    labeler_id: str
    page_size: int
    page_token: str
    parent: str
    show_retracted: bool
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., item_id: _Optional[str] = ..., labeler_id: _Optional[str] = ..., show_retracted: bool = ...) -> None: ...

class ListAnnotationsResponse(_message.Message):
    __slots__ = ["annotations", "next_page_token"]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    annotations: _containers.RepeatedCompositeFieldContainer[_annotation_pb2.Annotation]
    next_page_token: str
    def __init__(self, annotations: _Optional[_Iterable[_Union[_annotation_pb2.Annotation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class StreamAnnotationsRequest(_message.Message):
    __slots__ = ["annotations", "parent", "request_id", "unknown_items", "unknown_labelers"]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_ITEMS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_LABELERS_FIELD_NUMBER: _ClassVar[int]
    annotations: _containers.RepeatedCompositeFieldContainer[_annotation_pb2.Annotation]
    parent: str
    request_id: str
    unknown_items: _annotation_pb2.UnknownItems
    unknown_labelers: _annotation_pb2.UnknownLabelers
    def __init__(self, parent: _Optional[str] = ..., annotations: _Optional[_Iterable[_Union[_annotation_pb2.Annotation, _Mapping]]] = ..., unknown_labelers: _Optional[_Union[_annotation_pb2.UnknownLabelers, str]] = ..., unknown_items: _Optional[_Union[_annotation_pb2.UnknownItems, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class StreamAnnotationsResponse(_message.Message):
    __slots__ = ["counts"]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    counts: _annotation_pb2.AnnotationWriteCounts
    def __init__(self, counts: _Optional[_Union[_annotation_pb2.AnnotationWriteCounts, _Mapping]] = ...) -> None: ...
