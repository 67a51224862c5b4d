from google.protobuf import timestamp_pb2 as _timestamp_pb2
from labeler_client.api import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
SPLIT_TEST: Split
SPLIT_TRAIN: Split
SPLIT_UNSPECIFIED: Split
SPLIT_VALIDATION: Split

class Item(_message.Message):
    __slots__ = ["create_time", "features", "gold_class", "has_content", "has_features", "image", "item_id", "media_type", "name", "split", "text", "update_time"]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    GOLD_CLASS_FIELD_NUMBER: _ClassVar[int]
    HAS_CONTENT_FIELD_NUMBER: _ClassVar[int]
    HAS_FEATURES_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    create_time: _timestamp_pb2.Timestamp
    features: _tensor_pb2.Tensor
    gold_class: str
    has_content: bool
    has_features: bool
    image: bytes
    item_id: str
    media_type: str
    name: str
    split: Split
    text: str
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., item_id: _Optional[str] = ..., split: _Optional[_Union[Split, str]] = ..., gold_class: _Optional[str] = ..., has_features: bool = ..., features: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., image: _Optional[bytes] = ..., text: _Optional[str] = ..., has_content: bool = ..., media_type: _Optional[str] = ...) -> None: ...

class ItemBatch(_message.Message):
    __slots__ = ["features", "gold_classes", "images", "item_ids", "sequences", "split", "splits", "texts"]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    GOLD_CLASSES_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCES_FIELD_NUMBER: _ClassVar[int]
    SPLITS_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    features: _tensor_pb2.Tensor
    gold_classes: _containers.RepeatedScalarFieldContainer[str]
    images: _containers.RepeatedScalarFieldContainer[bytes]
    item_ids: _containers.RepeatedScalarFieldContainer[str]
    sequences: _containers.RepeatedCompositeFieldContainer[_tensor_pb2.Tensor]
    split: Split
    splits: _containers.RepeatedScalarFieldContainer[Split]
    texts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, item_ids: _Optional[_Iterable[str]] = ..., features: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., split: _Optional[_Union[Split, str]] = ..., images: _Optional[_Iterable[bytes]] = ..., texts: _Optional[_Iterable[str]] = ..., sequences: _Optional[_Iterable[_Union[_tensor_pb2.Tensor, _Mapping]]] = ..., splits: _Optional[_Iterable[_Union[Split, str]]] = ..., gold_classes: _Optional[_Iterable[str]] = ...) -> None: ...

class ItemWriteCounts(_message.Message):
    __slots__ = ["created", "unchanged", "updated"]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    UPDATED_FIELD_NUMBER: _ClassVar[int]
    created: int
    unchanged: int
    updated: int
    def __init__(self, created: _Optional[int] = ..., updated: _Optional[int] = ..., unchanged: _Optional[int] = ...) -> None: ...

class Split(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
