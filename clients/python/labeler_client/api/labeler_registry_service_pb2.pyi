from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from labeler_client.api import labeler_pb2 as _labeler_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
ERASURE_MODE_DELETE: ErasureMode
ERASURE_MODE_PSEUDONYMISE: ErasureMode
ERASURE_MODE_UNSPECIFIED: ErasureMode

class BatchCreateLabelersRequest(_message.Message):
    __slots__ = ["labelers", "parent", "request_id"]
    LABELERS_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    labelers: _containers.RepeatedCompositeFieldContainer[_labeler_pb2.Labeler]
    parent: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., labelers: _Optional[_Iterable[_Union[_labeler_pb2.Labeler, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class BatchCreateLabelersResponse(_message.Message):
    __slots__ = ["created", "unchanged"]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    created: int
    unchanged: int
    def __init__(self, created: _Optional[int] = ..., unchanged: _Optional[int] = ...) -> None: ...

class EraseLabelerRequest(_message.Message):
    __slots__ = ["mode", "name", "validate_only"]
    MODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    mode: ErasureMode
    name: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., mode: _Optional[_Union[ErasureMode, str]] = ..., validate_only: bool = ...) -> None: ...

class EraseLabelerResponse(_message.Message):
    __slots__ = ["annotation_count", "erase_time", "mode", "model_versions", "pseudonym", "restarted_run_count", "revision_count", "revoked_api_keys", "studio_annotation_count"]
    ANNOTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERASE_TIME_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    PSEUDONYM_FIELD_NUMBER: _ClassVar[int]
    RESTARTED_RUN_COUNT_FIELD_NUMBER: _ClassVar[int]
    REVISION_COUNT_FIELD_NUMBER: _ClassVar[int]
    REVOKED_API_KEYS_FIELD_NUMBER: _ClassVar[int]
    STUDIO_ANNOTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    annotation_count: int
    erase_time: _timestamp_pb2.Timestamp
    mode: ErasureMode
    model_versions: _containers.RepeatedScalarFieldContainer[str]
    pseudonym: str
    restarted_run_count: int
    revision_count: int
    revoked_api_keys: _containers.RepeatedScalarFieldContainer[str]
    studio_annotation_count: int
    def __init__(self, mode: _Optional[_Union[ErasureMode, str]] = ..., pseudonym: _Optional[str] = ..., annotation_count: _Optional[int] = ..., revision_count: _Optional[int] = ..., studio_annotation_count: _Optional[int] = ..., revoked_api_keys: _Optional[_Iterable[str]] = ..., restarted_run_count: _Optional[int] = ..., model_versions: _Optional[_Iterable[str]] = ..., erase_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetLabelerRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListLabelersRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "parent"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListLabelersResponse(_message.Message):
    __slots__ = ["labelers", "next_page_token"]
    LABELERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    labelers: _containers.RepeatedCompositeFieldContainer[_labeler_pb2.Labeler]
    next_page_token: str
    def __init__(self, labelers: _Optional[_Iterable[_Union[_labeler_pb2.Labeler, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateLabelerRequest(_message.Message):
    __slots__ = ["labeler", "update_mask"]
    LABELER_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    labeler: _labeler_pb2.Labeler
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, labeler: _Optional[_Union[_labeler_pb2.Labeler, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ErasureMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
