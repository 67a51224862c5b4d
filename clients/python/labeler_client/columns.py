"""Columns of keys, classes, numbers and times out of whatever the caller has: lists, arrays, Series, DataFrames."""
from __future__ import annotations

import datetime
import math
import numbers
from typing import Any, Callable, Iterable, Mapping, Sequence, TypeVar

from labeler_client.errors import FieldViolation, InputError

T = TypeVar("T")
_MOST_VIOLATIONS = 20
NAMES = {"item": ("item", "item_id", "task"), "labeler": ("labeler", "labeler_id", "worker", "performer"), "label": ("label", "class", "class_name")}
"""Names that a column may have in a DataFrame or mapping; the first is ours, `task` and `worker` are crowd-kit's."""


def listed(values: Any) -> list[Any]:
    """A column as a list of Python's own values."""
    if isinstance(values, (str, bytes, Mapping)):
        raise InputError(f"a column is a sequence of values, not {_type(values)}")
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if kind == "M" and hasattr(values, "astype") and not hasattr(values, "index"):
        return list(values.astype("datetime64[us]").tolist())  # NumPy's nanoseconds would come as integers
    if kind == "m" and hasattr(values, "astype") and not hasattr(values, "index"):
        return list(values.astype("timedelta64[us]").tolist())
    if getattr(values, "ndim", 1) != 1:
        raise InputError(f"a column has one dimension, not {values.ndim}")
    for method in ("tolist", "to_list"):
        if hasattr(values, method):
            return list(getattr(values, method)())
    return list(values)


def is_table(data: Any) -> bool:
    """Whether something has columns by name: a DataFrame, or a mapping of columns."""
    return isinstance(data, Mapping) or (hasattr(data, "columns") and hasattr(data, "__getitem__"))


def column(table: Any, name: str, *, required: bool = True) -> list[Any] | None:
    """A column of a table under one of its names."""
    present = list(table.keys() if isinstance(table, Mapping) else table.columns)
    for other in NAMES.get(name, (name,)):
        if other in present:
            return listed(table[other])
    if required:
        raise InputError(f"the data has no column \"{name}\"; it has {', '.join(map(str, present)) or 'none'}", FieldViolation(name, "is missing"))
    return None


def same_length(columns: Mapping[str, Sequence[Any] | None]) -> int:
    """The number of rows, which all columns share."""
    lengths = {name: len(values) for name, values in columns.items() if values is not None}
    if len(set(lengths.values())) > 1:
        raise InputError("columns have different lengths: " + ", ".join(f"{name} {length}" for name, length in lengths.items()))
    return next(iter(lengths.values()), 0)


def keys(values: Iterable[Any], name: str, first_row: int = 0) -> list[str]:
    """Keys of items or labelers: texts, or whole numbers, which are written out.

    Raises InputError with the rows of what is missing or something else: a number with a fraction is no key, since 17.0 would not be the
    item 17.
    """
    taken = listed(values)
    kinds = set(map(type, taken))
    if kinds <= {str}:
        return taken
    if kinds <= {int}:
        return list(map(str, taken))
    return _each(taken, name, first_row, _key)


def classes(values: Iterable[Any], known: Sequence[str], name: str, first_row: int = 0, *, optional: bool = False) -> list[int]:
    """Indexes of classes, given by name or by index. With `optional`, what is missing is −1."""
    taken = listed(values)
    by_name = {text: index for index, text in enumerate(known)}
    if set(map(type, taken)) <= {str}:
        found = list(map(by_name.get, taken))
        if None not in found:
            return found  # type: ignore[return-value]  # mypy does not see that none is None

    # Where classes are called 1, 2, 3, the number 1 is the first of them to one person and the second to another.
    numbers_are_names = any(text.lstrip("-").isdigit() for text in known) and list(known) != [str(index) for index in range(len(known))]

    def index_of(value: Any) -> int:
        if isinstance(value, str):
            if value not in by_name:
                raise _Wrong(f"\"{_short(value)}\" is no class of the dataset, which has {_some(known)}")
            return by_name[value]
        if _is_missing(value):
            if optional:
                return -1
            raise _Wrong("is missing")
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise _Wrong(f"is {_type(value)} {value!r}: give the class's name, or its index as an integer{_hint(value)}")
        if numbers_are_names:
            raise _Wrong(f"is the number {value} where classes are called {_some(known)}: give the name as a text")
        if not 0 <= int(value) < len(known):
            raise _Wrong(f"{value} is no index of a class: there are {len(known)}, from 0")
        return int(value)

    return _each(taken, name, first_row, index_of)


def fractions(values: Iterable[Any], name: str, first_row: int = 0) -> list[float | None]:
    """Numbers, None where they are missing; timedeltas count in seconds."""
    def number(value: Any) -> float | None:
        if _is_missing(value):
            return None
        if isinstance(value, datetime.timedelta):
            return value.total_seconds()
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
            raise _Wrong(f"is {_type(value)} {value!r} instead of a number")
        return float(value)

    return _each(listed(values), name, first_row, number)


def times(values: Iterable[Any], name: str, first_row: int = 0) -> list[datetime.datetime | None]:
    """Moments, None where they are missing: datetimes (UTC where they do not say) or texts in ISO 8601."""
    def moment(value: Any) -> datetime.datetime | None:
        if _is_missing(value):
            return None
        if isinstance(value, str):
            try:
                value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
            except ValueError:
                raise _Wrong(f"\"{_short(value)}\" is not a time in ISO 8601") from None
        if not isinstance(value, datetime.datetime):
            raise _Wrong(f"is {_type(value)} {value!r} instead of a datetime")
        if hasattr(value, "to_pydatetime"):
            value = value.to_pydatetime(warn=False)  # pandas' own kind has nanoseconds, which are dropped
        taken: datetime.datetime = value
        return taken if taken.tzinfo else taken.replace(tzinfo=datetime.timezone.utc)

    return _each(listed(values), name, first_row, moment)


def refuse(violations: Sequence[FieldViolation]) -> None:
    """Raises for rows that are wrong, if there are any."""
    if violations:
        more = ", more may follow" if len(violations) == _MOST_VIOLATIONS else ""
        raise InputError(f"{len(violations)} {'row is' if len(violations) == 1 else 'rows are'} wrong{more}", *violations)


class _Wrong(Exception):
    """What is wrong with a value."""


def _each(values: Sequence[Any], name: str, first_row: int, read: Callable[[Any], T]) -> list[T]:
    """What `read` makes of each value; every row that it refuses is named."""
    made: list[T] = []
    violations: list[FieldViolation] = []
    for row, value in enumerate(values):
        try:
            made.append(read(value))
        except _Wrong as wrong:
            violations.append(FieldViolation(name, str(wrong), first_row + row))
            if len(violations) == _MOST_VIOLATIONS:
                break
    refuse(violations)
    return made


def _key(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    if _is_missing(value):
        raise _Wrong("is missing")
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return str(int(value))
    raise _Wrong(f"is {_type(value)} {value!r}: a key is a text or an integer{_hint(value)}")


def _is_missing(value: Any) -> bool:
    # NaN differs from itself; pandas.NA cannot say whether it does.
    return value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, numbers.Real) and value != value)


def _hint(value: Any) -> str:
    if not isinstance(value, float):
        return ""
    return " (pandas turns integers into floats where one is missing: drop those rows, then .astype(int))"


def _type(value: Any) -> str:
    return type(value).__name__


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"


def _some(known: Sequence[str]) -> str:
    return ", ".join(map(_short, known[:10])) + (f" and {len(known) - 10} more" if len(known) > 10 else "")
