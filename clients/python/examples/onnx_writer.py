"""Just enough of the ONNX file format (protocol buffers, IR version 8) to write a serving graph without the onnx package."""
from __future__ import annotations

from typing import Any, Sequence, Union

import numpy as np

Value = Union[int, str, bytes]
FLOAT, INT64 = 1, 7


def message(*fields: tuple[int, Value]) -> bytes:
    """A message: numbers as varints, everything else with its length in front."""
    out = bytearray()
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            content = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(content)) + content
    return bytes(out)


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers as two's complement
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def constant(name: str, values: np.ndarray[Any, Any]) -> tuple[int, bytes]:
    """A constant of the graph: float32, or int64 for shapes."""
    kind, stored = (INT64, "<i8") if values.dtype.kind == "i" else (FLOAT, "<f4")
    return 5, message(*((1, int(side)) for side in values.shape), (2, kind), (8, name), (9, values.astype(stored).tobytes()))


def node(operator: str, inputs: Sequence[str], output: str, **attributes: int | Sequence[int]) -> tuple[int, bytes]:
    """An operator of the graph."""
    parts = []
    for name, value in attributes.items():
        if isinstance(value, int):
            parts.append((5, message((1, name), (3, value), (20, 2))))
        else:
            parts.append((5, message((1, name), *((8, entry) for entry in value), (20, 7))))
    return 1, message(*((1, name) for name in inputs), (2, output), (4, operator), *parts)


def value(field: int, name: str, sides: Sequence[int | str]) -> tuple[int, bytes]:
    """An input (field 11) or output (field 12) of float32; a side that is a text is left open."""
    parts: list[tuple[int, Value]] = [(1, message((1, side)) if isinstance(side, int) else message((2, side))) for side in sides]
    shape = message(*parts)
    return field, message((1, name), (2, message((1, message((1, FLOAT), (2, shape))))))


def model(name: str, *parts: tuple[int, bytes]) -> bytes:
    """A file: the graph's nodes, constants, inputs and outputs."""
    return message((1, 8), (2, name), (7, message(*parts, (2, name))), (8, message((2, 13))))
