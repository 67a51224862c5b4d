from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Dataset(_message.Message):
    __slots__ = ["classes", "counts", "create_time", "display_name", "etag", "item_type", "label_kind", "name", "quota", "tags", "uid", "update_time"]
    class LabelKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class TagsEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    ITEM_TYPE_FIELD_NUMBER: _ClassVar[int]
    LABEL_KIND_BINARY: Dataset.LabelKind
    LABEL_KIND_FIELD_NUMBER: _ClassVar[int]
    LABEL_KIND_MULTI_CLASS: Dataset.LabelKind
    LABEL_KIND_ORDINAL: Dataset.LabelKind
    LABEL_KIND_UNSPECIFIED: Dataset.LabelKind
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUOTA_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    classes: _containers.RepeatedScalarFieldContainer[str]
    counts: DatasetCounts
    create_time: _timestamp_pb2.Timestamp
    display_name: str
    etag: str
    item_type: ItemType
    label_kind: Dataset.LabelKind
    name: str
    quota: Quota
    tags: _containers.ScalarMap[str, str]
    uid: str
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., display_name: _Optional[str] = ..., classes: _Optional[_Iterable[str]] = ..., label_kind: _Optional[_Union[Dataset.LabelKind, str]] = ..., item_type: _Optional[_Union[ItemType, _Mapping]] = ..., tags: _Optional[_Mapping[str, str]] = ..., counts: _Optional[_Union[DatasetCounts, _Mapping]] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., quota: _Optional[_Union[Quota, _Mapping]] = ...) -> None: ...

class DatasetCounts(_message.Message):
    __slots__ = ["annotations", "gold_items", "items", "labelers", "test_items", "train_items", "validation_items"]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    GOLD_ITEMS_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    LABELERS_FIELD_NUMBER: _ClassVar[int]
    TEST_ITEMS_FIELD_NUMBER: _ClassVar[int]
    TRAIN_ITEMS_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_ITEMS_FIELD_NUMBER: _ClassVar[int]
    annotations: int
    gold_items: int
    items: int
    labelers: int
    test_items: int
    train_items: int
    validation_items: int
    def __init__(self, items: _Optional[int] = ..., train_items: _Optional[int] = ..., validation_items: _Optional[int] = ..., test_items: _Optional[int] = ..., gold_items: _Optional[int] = ..., labelers: _Optional[int] = ..., annotations: _Optional[int] = ...) -> None: ...

class ItemType(_message.Message):
    __slots__ = ["image", "sequence", "text", "vector"]
    class Image(_message.Message):
        __slots__ = ["channels", "height", "width"]
        CHANNELS_FIELD_NUMBER: _ClassVar[int]
        HEIGHT_FIELD_NUMBER: _ClassVar[int]
        WIDTH_FIELD_NUMBER: _ClassVar[int]
        channels: int
        height: int
        width: int
        def __init__(self, height: _Optional[int] = ..., width: _Optional[int] = ..., channels: _Optional[int] = ...) -> None: ...
    class Sequence(_message.Message):
        __slots__ = ["step_length"]
        STEP_LENGTH_FIELD_NUMBER: _ClassVar[int]
        step_length: int
        def __init__(self, step_length: _Optional[int] = ...) -> None: ...
    class Text(_message.Message):
        __slots__ = []
        def __init__(self) -> None: ...
    class Vector(_message.Message):
        __slots__ = ["length"]
        LENGTH_FIELD_NUMBER: _ClassVar[int]
        length: int
        def __init__(self, length: _Optional[int] = ...) -> None: ...
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    image: ItemType.Image
    sequence: ItemType.Sequence
    text: ItemType.Text
    vector: ItemType.Vector
    def __init__(self, vector: _Optional[_Union[ItemType.Vector, _Mapping]] = ..., image: _Optional[_Union[ItemType.Image, _Mapping]] = ..., text: _Optional[_Union[ItemType.Text, _Mapping]] = ..., sequence: _Optional[_Union[ItemType.Sequence, _Mapping]] = ...) -> None: ...

class Quota(_message.Message):
    __slots__ = ["max_annotations", "max_bytes", "max_items", "max_labelers"]
    MAX_ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    MAX_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_ITEMS_FIELD_NUMBER: _ClassVar[int]
    MAX_LABELERS_FIELD_NUMBER: _ClassVar[int]
    max_annotations: int
    max_bytes: int
    max_items: int
    max_labelers: int
    def __init__(self, max_items: _Optional[int] = ..., max_annotations: _Optional[int] = ..., max_labelers: _Optional[int] = ..., max_bytes: _Optional[int] = ...) -> None: ...
