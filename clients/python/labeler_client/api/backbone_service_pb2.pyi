from google.protobuf import empty_pb2 as _empty_pb2
from labeler_client.api import backbone_pb2 as _backbone_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateBackboneRequest(_message.Message):
    __slots__ = ["backbone", "backbone_id", "content", "parent", "request_id"]
    BACKBONE_FIELD_NUMBER: _ClassVar[int]
    BACKBONE_ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    backbone: _backbone_pb2.Backbone
    backbone_id: str
    content: bytes
    parent: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., backbone_id: _Optional[str] = ..., backbone: _Optional[_Union[_backbone_pb2.Backbone, _Mapping]] = ..., request_id: _Optional[str] = ..., content: _Optional[bytes] = ...) -> None: ...

class DeleteBackboneRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetBackboneRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListBackbonesRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "parent"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBackbonesResponse(_message.Message):
    __slots__ = ["backbones", "next_page_token"]
    BACKBONES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    backbones: _containers.RepeatedCompositeFieldContainer[_backbone_pb2.Backbone]
    next_page_token: str
    def __init__(self, backbones: _Optional[_Iterable[_Union[_backbone_pb2.Backbone, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
