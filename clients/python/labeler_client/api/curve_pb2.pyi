from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Curve(_message.Message):
    __slots__ = ["advice", "algorithm", "annotation_count", "basis", "capacities", "create_time", "fits", "item_count", "item_fractions", "label_fractions", "measured_count", "metric", "name", "point_count", "points", "seed_count", "settings", "training_run", "uid"]
    class SettingsEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    ANNOTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    CAPACITIES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    FITS_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    ITEM_FRACTIONS_FIELD_NUMBER: _ClassVar[int]
    LABEL_FRACTIONS_FIELD_NUMBER: _ClassVar[int]
    MEASURED_COUNT_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    POINT_COUNT_FIELD_NUMBER: _ClassVar[int]
    SEED_COUNT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    TRAINING_RUN_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    advice: CurveAdvice
    algorithm: str
    annotation_count: int
    basis: str
    capacities: _containers.RepeatedScalarFieldContainer[str]
    create_time: _timestamp_pb2.Timestamp
    fits: _containers.RepeatedCompositeFieldContainer[CurveFit]
    item_count: int
    item_fractions: _containers.RepeatedScalarFieldContainer[float]
    label_fractions: _containers.RepeatedScalarFieldContainer[float]
    measured_count: int
    metric: str
    name: str
    point_count: int
    points: _containers.RepeatedCompositeFieldContainer[CurvePoint]
    seed_count: int
    settings: _containers.ScalarMap[str, str]
    training_run: str
    uid: str
    def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., algorithm: _Optional[str] = ..., settings: _Optional[_Mapping[str, str]] = ..., item_fractions: _Optional[_Iterable[float]] = ..., label_fractions: _Optional[_Iterable[float]] = ..., capacities: _Optional[_Iterable[str]] = ..., seed_count: _Optional[int] = ..., training_run: _Optional[str] = ..., point_count: _Optional[int] = ..., measured_count: _Optional[int] = ..., metric: _Optional[str] = ..., basis: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., points: _Optional[_Iterable[_Union[CurvePoint, _Mapping]]] = ..., fits: _Optional[_Iterable[_Union[CurveFit, _Mapping]]] = ..., advice: _Optional[_Union[CurveAdvice, _Mapping]] = ..., item_count: _Optional[int] = ..., annotation_count: _Optional[int] = ...) -> None: ...

class CurveAdvice(_message.Message):
    __slots__ = ["options", "summary"]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    options: _containers.RepeatedCompositeFieldContainer[CurveOption]
    summary: str
    def __init__(self, options: _Optional[_Iterable[_Union[CurveOption, _Mapping]]] = ..., summary: _Optional[str] = ...) -> None: ...

class CurveFit(_message.Message):
    __slots__ = ["capacity", "forecasts", "intercept", "label_worth", "label_worth_high", "label_worth_low", "residual_deviation", "saturation", "slope", "slope_high", "slope_low", "warnings"]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    FORECASTS_FIELD_NUMBER: _ClassVar[int]
    INTERCEPT_FIELD_NUMBER: _ClassVar[int]
    LABEL_WORTH_FIELD_NUMBER: _ClassVar[int]
    LABEL_WORTH_HIGH_FIELD_NUMBER: _ClassVar[int]
    LABEL_WORTH_LOW_FIELD_NUMBER: _ClassVar[int]
    RESIDUAL_DEVIATION_FIELD_NUMBER: _ClassVar[int]
    SATURATION_FIELD_NUMBER: _ClassVar[int]
    SLOPE_FIELD_NUMBER: _ClassVar[int]
    SLOPE_HIGH_FIELD_NUMBER: _ClassVar[int]
    SLOPE_LOW_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    capacity: str
    forecasts: _containers.RepeatedCompositeFieldContainer[CurveForecast]
    intercept: float
    label_worth: float
    label_worth_high: float
    label_worth_low: float
    residual_deviation: float
    saturation: float
    slope: float
    slope_high: float
    slope_low: float
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, capacity: _Optional[str] = ..., intercept: _Optional[float] = ..., slope: _Optional[float] = ..., slope_low: _Optional[float] = ..., slope_high: _Optional[float] = ..., residual_deviation: _Optional[float] = ..., forecasts: _Optional[_Iterable[_Union[CurveForecast, _Mapping]]] = ..., warnings: _Optional[_Iterable[str]] = ..., saturation: _Optional[float] = ..., label_worth: _Optional[float] = ..., label_worth_low: _Optional[float] = ..., label_worth_high: _Optional[float] = ...) -> None: ...

class CurveForecast(_message.Message):
    __slots__ = ["annotation_count", "gain", "gain_high", "gain_low", "high", "low", "other_high", "other_low", "value"]
    ANNOTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    GAIN_FIELD_NUMBER: _ClassVar[int]
    GAIN_HIGH_FIELD_NUMBER: _ClassVar[int]
    GAIN_LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    OTHER_HIGH_FIELD_NUMBER: _ClassVar[int]
    OTHER_LOW_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    annotation_count: int
    gain: float
    gain_high: float
    gain_low: float
    high: float
    low: float
    other_high: float
    other_low: float
    value: float
    def __init__(self, annotation_count: _Optional[int] = ..., value: _Optional[float] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., gain: _Optional[float] = ..., gain_low: _Optional[float] = ..., gain_high: _Optional[float] = ..., other_low: _Optional[float] = ..., other_high: _Optional[float] = ...) -> None: ...

class CurveOption(_message.Message):
    __slots__ = ["best", "certain", "cost", "description", "gain", "gain_high", "gain_low", "kind"]
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BEST_FIELD_NUMBER: _ClassVar[int]
    CERTAIN_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    GAIN_FIELD_NUMBER: _ClassVar[int]
    GAIN_HIGH_FIELD_NUMBER: _ClassVar[int]
    GAIN_LOW_FIELD_NUMBER: _ClassVar[int]
    KIND_CAPACITY: CurveOption.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    KIND_ITEMS: CurveOption.Kind
    KIND_LABELS: CurveOption.Kind
    KIND_UNSPECIFIED: CurveOption.Kind
    best: float
    certain: bool
    cost: float
    description: str
    gain: float
    gain_high: float
    gain_low: float
    kind: CurveOption.Kind
    def __init__(self, kind: _Optional[_Union[CurveOption.Kind, str]] = ..., description: _Optional[str] = ..., gain: _Optional[float] = ..., gain_low: _Optional[float] = ..., gain_high: _Optional[float] = ..., cost: _Optional[float] = ..., certain: bool = ..., best: _Optional[float] = ...) -> None: ...

class CurvePoint(_message.Message):
    __slots__ = ["annotation_count", "capacity", "evaluated_count", "item_count", "item_fraction", "label_fraction", "problem", "seed", "training_seconds", "value"]
    ANNOTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    EVALUATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    ITEM_FRACTION_FIELD_NUMBER: _ClassVar[int]
    LABEL_FRACTION_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TRAINING_SECONDS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    annotation_count: int
    capacity: str
    evaluated_count: int
    item_count: int
    item_fraction: float
    label_fraction: float
    problem: str
    seed: int
    training_seconds: float
    value: float
    def __init__(self, capacity: _Optional[str] = ..., item_fraction: _Optional[float] = ..., label_fraction: _Optional[float] = ..., seed: _Optional[int] = ..., item_count: _Optional[int] = ..., annotation_count: _Optional[int] = ..., value: _Optional[float] = ..., evaluated_count: _Optional[int] = ..., training_seconds: _Optional[float] = ..., problem: _Optional[str] = ...) -> None: ...
