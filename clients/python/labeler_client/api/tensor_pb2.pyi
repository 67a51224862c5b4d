from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Tensor(_message.Message):
    __slots__ = ["data", "data_type", "shape"]
    class DataType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    DATA_FIELD_NUMBER: _ClassVar[int]
    DATA_TYPE_FIELD_NUMBER: _ClassVar[int]
    DATA_TYPE_FLOAT16: Tensor.DataType
    DATA_TYPE_FLOAT32: Tensor.DataType
    DATA_TYPE_INT32: Tensor.DataType
    DATA_TYPE_UINT8: Tensor.DataType
    DATA_TYPE_UNSPECIFIED: Tensor.DataType
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    data_type: Tensor.DataType
    shape: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, data_type: _Optional[_Union[Tensor.DataType, str]] = ..., shape: _Optional[_Iterable[int]] = ..., data: _Optional[bytes] = ...) -> None: ...
