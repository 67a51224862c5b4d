"""NumPy arrays as tensors of the API and back."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labeler_client import optional
from labeler_client.api.tensor_pb2 import Tensor
from labeler_client.errors import FieldViolation, InputError

if TYPE_CHECKING:
    import numpy as np

_TYPES = {"float32": Tensor.DATA_TYPE_FLOAT32, "float16": Tensor.DATA_TYPE_FLOAT16, "uint8": Tensor.DATA_TYPE_UINT8}
_NUMPY = {
    Tensor.DATA_TYPE_FLOAT32: "<f4", Tensor.DATA_TYPE_FLOAT16: "<f2", Tensor.DATA_TYPE_INT32: "<i4", Tensor.DATA_TYPE_UINT8: "u1",
}
_CHECKED_AT_ONCE = 1 << 22


def features(values: Any, name: str = "features", *, pixels: bool = True) -> np.ndarray[Any, Any]:
    """Values as an array that can be sent: float32, float16, or (for images) uint8, each standing for value / 255.

    float64 is rounded to float32. Integers are refused, because they could be either; so is what is not finite, by row. A memory-mapped
    array stays on disk.
    """
    numpy = optional.numpy()
    array = numpy.asanyarray(values)
    if array.dtype == numpy.float64:
        with numpy.errstate(over="ignore"):
            array = array.astype(numpy.float32)
    if array.dtype.name not in _TYPES or (array.dtype == numpy.uint8 and not pixels):
        takes = "float32 and float16 (float64 is rounded)" + (", or uint8 for pixels" if pixels else "")
        raise InputError(f"{name} are {array.dtype}; the service takes {takes}: convert them, .astype(numpy.float32)", FieldViolation(name, f"is {array.dtype}"))
    if array.dtype.kind == "f":
        _refuse_not_finite(array, name)
    return array  # type: ignore[no-any-return]


def tensor(array: np.ndarray[Any, Any]) -> Tensor:
    """A tensor with the array's values, row by row."""
    little = array.dtype.newbyteorder("<")
    return Tensor(data_type=_TYPES[array.dtype.name], shape=array.shape, data=array.astype(little, order="C", copy=False).tobytes())


def array(message: Tensor) -> np.ndarray[Any, Any]:
    """The values of a tensor."""
    numpy = optional.numpy()
    return numpy.frombuffer(message.data, dtype=_NUMPY[message.data_type]).reshape(tuple(message.shape))  # type: ignore[no-any-return]


def _refuse_not_finite(array: np.ndarray[Any, Any], name: str) -> None:
    numpy = optional.numpy()
    if array.ndim == 0 or array.size == 0:
        return
    rows = max(1, _CHECKED_AT_ONCE // max(1, array.size // len(array)))
    for first in range(0, len(array), rows):
        wrong = numpy.argwhere(~numpy.isfinite(array[first:first + rows]))
        if len(wrong):
            row, *column = (int(index) for index in wrong[0])
            raise InputError(f"{name} must be finite", FieldViolation(f"{name}{column or ''}", f"is {array[(first + row, *column)]}", first + row))
