from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ApiKey(_message.Message):
    __slots__ = ["create_time", "datasets", "display_name", "expire_time", "labeler_id", "last_use_time", "limits", "name", "quota", "role", "usage_today"]
    class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_USE_TIME_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUOTA_FIELD_NUMBER: _ClassVar[int]
    ROLE_ADMIN: ApiKey.Role
    ROLE_FIELD_NUMBER: _ClassVar[int]
    ROLE_INGESTER: ApiKey.Role
    ROLE_LABELER: ApiKey.Role
    ROLE_READER: ApiKey.Role
    ROLE_TRAINER: ApiKey.Role
    ROLE_UNSPECIFIED: ApiKey.Role
    USAGE_TODAY_FIELD_NUMBER: _ClassVar[int]
    create_time: _timestamp_pb2.Timestamp
    datasets: _containers.RepeatedScalarFieldContainer[str]
    display_name: str
    expire_time: _timestamp_pb2.Timestamp
    labeler_id: str
    last_use_time: _timestamp_pb2.Timestamp
    limits: CallLimits
    name: str
    quota: KeyQuota
    role: ApiKey.Role
    usage_today: KeyUsage
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., role: _Optional[_Union[ApiKey.Role, str]] = ..., datasets: _Optional[_Iterable[str]] = ..., labeler_id: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., last_use_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., limits: _Optional[_Union[CallLimits, _Mapping]] = ..., quota: _Optional[_Union[KeyQuota, _Mapping]] = ..., usage_today: _Optional[_Union[KeyUsage, _Mapping]] = ...) -> None: ...

class CallLimits(_message.Message):
    __slots__ = ["burst", "concurrent_calls", "requests_per_second"]
    BURST_FIELD_NUMBER: _ClassVar[int]
    CONCURRENT_CALLS_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    burst: int
    concurrent_calls: int
    requests_per_second: float
    def __init__(self, requests_per_second: _Optional[float] = ..., burst: _Optional[int] = ..., concurrent_calls: _Optional[int] = ...) -> None: ...

class KeyQuota(_message.Message):
    __slots__ = ["annotations_per_day", "items_per_day"]
    ANNOTATIONS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    ITEMS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    annotations_per_day: int
    items_per_day: int
    def __init__(self, annotations_per_day: _Optional[int] = ..., items_per_day: _Optional[int] = ...) -> None: ...

class KeyUsage(_message.Message):
    __slots__ = ["annotations", "items"]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    annotations: int
    items: int
    def __init__(self, annotations: _Optional[int] = ..., items: _Optional[int] = ...) -> None: ...
