from google.protobuf import empty_pb2 as _empty_pb2
from labeler_client.api import curve_pb2 as _curve_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateCurveRequest(_message.Message):
    __slots__ = ["curve", "curve_id", "parent", "request_id"]
    CURVE_FIELD_NUMBER: _ClassVar[int]
    CURVE_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    curve: _curve_pb2.Curve
    curve_id: str
    parent: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., curve_id: _Optional[str] = ..., curve: _Optional[_Union[_curve_pb2.Curve, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteCurveRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetCurveRequest(_message.Message):
    __slots__ = ["forecast_annotation_counts", "item_cost", "label_cost", "name"]
    FORECAST_ANNOTATION_COUNTS_FIELD_NUMBER: _ClassVar[int]
    ITEM_COST_FIELD_NUMBER: _ClassVar[int]
    LABEL_COST_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    forecast_annotation_counts: _containers.RepeatedScalarFieldContainer[int]
    item_cost: float
    label_cost: float
    name: str
    def __init__(self, name: _Optional[str] = ..., forecast_annotation_counts: _Optional[_Iterable[int]] = ..., label_cost: _Optional[float] = ..., item_cost: _Optional[float] = ...) -> None: ...

class ListCurvesRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "parent"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCurvesResponse(_message.Message):
    __slots__ = ["curves", "next_page_token"]
    CURVES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    curves: _containers.RepeatedCompositeFieldContainer[_curve_pb2.Curve]
    next_page_token: str
    def __init__(self, curves: _Optional[_Iterable[_Union[_curve_pb2.Curve, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ResumeCurveRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...
