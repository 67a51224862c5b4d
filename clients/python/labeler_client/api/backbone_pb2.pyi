from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Backbone(_message.Message):
    __slots__ = ["algorithm", "artefact_bytes", "artefact_sha256", "create_time", "display_name", "extractor", "feature_length", "kind", "metrics", "name", "settings", "snapshot_id", "training_run", "uid"]
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class MetricsEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class SettingsEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    ARTEFACT_BYTES_FIELD_NUMBER: _ClassVar[int]
    ARTEFACT_SHA256_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    EXTRACTOR_FIELD_NUMBER: _ClassVar[int]
    FEATURE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    KIND_EXTRACTOR: Backbone.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    KIND_PRETRAINED: Backbone.Kind
    KIND_UNSPECIFIED: Backbone.Kind
    METRICS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    TRAINING_RUN_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    algorithm: str
    artefact_bytes: int
    artefact_sha256: str
    create_time: _timestamp_pb2.Timestamp
    display_name: str
    extractor: ExtractorSpec
    feature_length: int
    kind: Backbone.Kind
    metrics: _containers.ScalarMap[str, float]
    name: str
    settings: _containers.ScalarMap[str, str]
    snapshot_id: str
    training_run: str
    uid: str
    def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., kind: _Optional[_Union[Backbone.Kind, str]] = ..., display_name: _Optional[str] = ..., extractor: _Optional[_Union[ExtractorSpec, _Mapping]] = ..., feature_length: _Optional[int] = ..., artefact_sha256: _Optional[str] = ..., artefact_bytes: _Optional[int] = ..., algorithm: _Optional[str] = ..., settings: _Optional[_Mapping[str, str]] = ..., metrics: _Optional[_Mapping[str, float]] = ..., snapshot_id: _Optional[str] = ..., training_run: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ExtractorSpec(_message.Message):
    __slots__ = ["deviation", "input", "layout", "mean", "output"]
    class Layout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    DEVIATION_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_NCHW: ExtractorSpec.Layout
    LAYOUT_NHWC: ExtractorSpec.Layout
    LAYOUT_UNSPECIFIED: ExtractorSpec.Layout
    MEAN_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    deviation: _containers.RepeatedScalarFieldContainer[float]
    input: str
    layout: ExtractorSpec.Layout
    mean: _containers.RepeatedScalarFieldContainer[float]
    output: str
    def __init__(self, input: _Optional[str] = ..., output: _Optional[str] = ..., layout: _Optional[_Union[ExtractorSpec.Layout, str]] = ..., mean: _Optional[_Iterable[float]] = ..., deviation: _Optional[_Iterable[float]] = ...) -> None: ...
