from google.protobuf import empty_pb2 as _empty_pb2
from labeler_client.api import item_pb2 as _item_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
ITEMS_TO_ANNOTATE_ORDER_MOST_USEFUL: ItemsToAnnotateOrder
ITEMS_TO_ANNOTATE_ORDER_UNSPECIFIED: ItemsToAnnotateOrder

class BatchCreateItemsRequest(_message.Message):
    __slots__ = ["batch", "parent", "request_id"]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    batch: _item_pb2.ItemBatch
    parent: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., batch: _Optional[_Union[_item_pb2.ItemBatch, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class BatchCreateItemsResponse(_message.Message):
    __slots__ = ["counts"]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    counts: _item_pb2.ItemWriteCounts
    def __init__(self, counts: _Optional[_Union[_item_pb2.ItemWriteCounts, _Mapping]] = ...) -> None: ...

class BatchDeleteItemsRequest(_message.Message):
    __slots__ = ["allow_missing", "item_ids", "parent", "request_id"]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    allow_missing: bool
    item_ids: _containers.RepeatedScalarFieldContainer[str]
    parent: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., item_ids: _Optional[_Iterable[str]] = ..., request_id: _Optional[str] = ..., allow_missing: bool = ...) -> None: ...

class BatchDeleteItemsResponse(_message.Message):
    __slots__ = ["annotations_deleted", "deleted"]
    ANNOTATIONS_DELETED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    annotations_deleted: int
    deleted: int
    def __init__(self, deleted: _Optional[int] = ..., annotations_deleted: _Optional[int] = ...) -> None: ...

class BatchSetGoldClassesRequest(_message.Message):
    __slots__ = ["gold_classes", "parent", "request_id"]
    GOLD_CLASSES_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    gold_classes: _containers.RepeatedCompositeFieldContainer[GoldClass]
    parent: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., gold_classes: _Optional[_Iterable[_Union[GoldClass, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class BatchSetGoldClassesResponse(_message.Message):
    __slots__ = ["changed", "unchanged"]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    changed: int
    unchanged: int
    def __init__(self, changed: _Optional[int] = ..., unchanged: _Optional[int] = ...) -> None: ...

class DeleteItemRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ExportItemsRequest(_message.Message):
    __slots__ = ["include_contents", "include_features", "parent", "split"]
    INCLUDE_CONTENTS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_FEATURES_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    include_contents: bool
    include_features: bool
    parent: str
    split: _item_pb2.Split
    def __init__(self, parent: _Optional[str] = ..., split: _Optional[_Union[_item_pb2.Split, str]] = ..., include_features: bool = ..., include_contents: bool = ...) -> None: ...

class ExportItemsResponse(_message.Message):
    __slots__ = ["items"]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[_item_pb2.Item]
    def __init__(self, items: _Optional[_Iterable[_Union[_item_pb2.Item, _Mapping]]] = ...) -> None: ...

class GetItemRequest(_message.Message):
    __slots__ = ["include_contents", "include_features", "name"]
    INCLUDE_CONTENTS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_FEATURES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    include_contents: bool
    include_features: bool
    name: str
    def __init__(self, name: _Optional[str] = ..., include_features: bool = ..., include_contents: bool = ...) -> None: ...

class GoldClass(_message.Message):
    __slots__ = ["class_index", "class_name", "item_id"]
    CLASS_INDEX_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    class_index: int
    class_name: str
    item_id: str
    def __init__(self, item_id: _Optional[str] = ..., class_name: _Optional[str] = ..., class_index: _Optional[int] = ...) -> None: ...

class ListItemsRequest(_message.Message):
    __slots__ = ["filter", "item_id", "page_size", "page_token", "parent", "split"]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    filter: str
    item_id: str
    page_size: int
    page_token: str
    parent: str
    split: _item_pb2.Split
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., split: _Optional[_Union[_item_pb2.Split, str]] = ..., item_id: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListItemsResponse(_message.Message):
    __slots__ = ["items", "next_page_token"]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[_item_pb2.Item]
    next_page_token: str
    def __init__(self, items: _Optional[_Iterable[_Union[_item_pb2.Item, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListItemsToAnnotateRequest(_message.Message):
    __slots__ = ["filter", "labeler_id", "order", "page_size", "page_token", "parent"]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    filter: str
    labeler_id: str
    order: ItemsToAnnotateOrder
    page_size: int
    page_token: str
    parent: str
    def __init__(self, parent: _Optional[str] = ..., labeler_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order: _Optional[_Union[ItemsToAnnotateOrder, str]] = ...) -> None: ...

class ListItemsToAnnotateResponse(_message.Message):
    __slots__ = ["annotated_count", "items", "next_page_token"]
    ANNOTATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    annotated_count: int
    items: _containers.RepeatedCompositeFieldContainer[_item_pb2.Item]
    next_page_token: str
    def __init__(self, items: _Optional[_Iterable[_Union[_item_pb2.Item, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., annotated_count: _Optional[int] = ...) -> None: ...

class StreamItemsRequest(_message.Message):
    __slots__ = ["batch", "parent"]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    batch: _item_pb2.ItemBatch
    parent: str
    def __init__(self, parent: _Optional[str] = ..., batch: _Optional[_Union[_item_pb2.ItemBatch, _Mapping]] = ...) -> None: ...

class StreamItemsResponse(_message.Message):
    __slots__ = ["counts"]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    counts: _item_pb2.ItemWriteCounts
    def __init__(self, counts: _Optional[_Union[_item_pb2.ItemWriteCounts, _Mapping]] = ...) -> None: ...

class ItemsToAnnotateOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
