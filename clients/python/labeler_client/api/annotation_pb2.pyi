from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
UNKNOWN_ITEMS_REGISTER: UnknownItems
UNKNOWN_ITEMS_REJECT: UnknownItems
UNKNOWN_ITEMS_UNSPECIFIED: UnknownItems
UNKNOWN_LABELERS_REGISTER: UnknownLabelers
UNKNOWN_LABELERS_REJECT: UnknownLabelers
UNKNOWN_LABELERS_UNSPECIFIED: UnknownLabelers

class Annotation(_message.Message):
    __slots__ = ["annotate_time", "class_index", "class_name", "confidence", "duration", "item_id", "labeler_id", "name", "receive_time", "retracted", "revision"]
    ANNOTATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CLASS_INDEX_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    RETRACTED_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    annotate_time: _timestamp_pb2.Timestamp
    class_index: int
    class_name: str
    confidence: float
    duration: _duration_pb2.Duration
    item_id: str
    labeler_id: str
    name: str
    receive_time: _timestamp_pb2.Timestamp
    retracted: bool
    revision: int
    def __init__(self, name: _Optional[str] = ..., item_id: _Optional[str] = ..., labeler_id: _Optional[str] = ..., class_name: _Optional[str] = ..., class_index: _Optional[int] = ..., confidence: _Optional[float] = ..., duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., annotate_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., receive_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ..., retracted: bool = ...) -> None: ...

class AnnotationWriteCounts(_message.Message):
    __slots__ = ["created", "retracted", "revised", "unchanged"]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    RETRACTED_FIELD_NUMBER: _ClassVar[int]
    REVISED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    created: int
    retracted: int
    revised: int
    unchanged: int
    def __init__(self, created: _Optional[int] = ..., revised: _Optional[int] = ..., unchanged: _Optional[int] = ..., retracted: _Optional[int] = ...) -> None: ...

class UnknownLabelers(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class UnknownItems(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
