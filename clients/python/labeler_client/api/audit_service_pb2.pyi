from google.protobuf import timestamp_pb2 as _timestamp_pb2
from labeler_client.api import audit_pb2 as _audit_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuditFinding(_message.Message):
    __slots__ = ["audit_event", "description", "kind"]
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AUDIT_EVENT_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    KIND_BROKEN_LINK: AuditFinding.Kind
    KIND_CHANGED: AuditFinding.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    KIND_MISSING: AuditFinding.Kind
    KIND_NOTED_HEAD_MISSING: AuditFinding.Kind
    KIND_UNSPECIFIED: AuditFinding.Kind
    KIND_WRONG_HEAD: AuditFinding.Kind
    audit_event: str
    description: str
    kind: AuditFinding.Kind
    def __init__(self, kind: _Optional[_Union[AuditFinding.Kind, str]] = ..., audit_event: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class ListAuditEventsRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "since"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    since: _timestamp_pb2.Timestamp
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., since: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListAuditEventsResponse(_message.Message):
    __slots__ = ["audit_events", "next_page_token"]
    AUDIT_EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    audit_events: _containers.RepeatedCompositeFieldContainer[_audit_pb2.AuditEvent]
    next_page_token: str
    def __init__(self, audit_events: _Optional[_Iterable[_Union[_audit_pb2.AuditEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class VerifyAuditLogRequest(_message.Message):
    __slots__ = ["head"]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    head: str
    def __init__(self, head: _Optional[str] = ...) -> None: ...

class VerifyAuditLogResponse(_message.Message):
    __slots__ = ["event_count", "findings", "head", "noted_event"]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    NOTED_EVENT_FIELD_NUMBER: _ClassVar[int]
    event_count: int
    findings: _containers.RepeatedCompositeFieldContainer[AuditFinding]
    head: str
    noted_event: str
    def __init__(self, event_count: _Optional[int] = ..., head: _Optional[str] = ..., findings: _Optional[_Iterable[_Union[AuditFinding, _Mapping]]] = ..., noted_event: _Optional[str] = ...) -> None: ...
