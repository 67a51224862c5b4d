from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Metric(_message.Message):
    __slots__ = ["count", "lower", "metric", "split", "upper", "value"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    LOWER_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    count: int
    lower: float
    metric: str
    split: str
    upper: float
    value: float
    def __init__(self, metric: _Optional[str] = ..., split: _Optional[str] = ..., value: _Optional[float] = ..., lower: _Optional[float] = ..., upper: _Optional[float] = ..., count: _Optional[int] = ...) -> None: ...

class Model(_message.Message):
    __slots__ = ["aliases", "canary", "create_time", "description", "display_name", "etag", "latest_version", "name", "retention", "update_time"]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    CANARY_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    LATEST_VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RETENTION_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    aliases: _containers.RepeatedCompositeFieldContainer[ModelAlias]
    canary: ModelCanary
    create_time: _timestamp_pb2.Timestamp
    description: str
    display_name: str
    etag: str
    latest_version: str
    name: str
    retention: ModelRetention
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., latest_version: _Optional[str] = ..., aliases: _Optional[_Iterable[_Union[ModelAlias, _Mapping]]] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., display_name: _Optional[str] = ..., description: _Optional[str] = ..., canary: _Optional[_Union[ModelCanary, _Mapping]] = ..., retention: _Optional[_Union[ModelRetention, _Mapping]] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ModelAlias(_message.Message):
    __slots__ = ["alias", "etag", "version"]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    alias: str
    etag: str
    version: str
    def __init__(self, alias: _Optional[str] = ..., version: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class ModelCanary(_message.Message):
    __slots__ = ["share", "version"]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    share: float
    version: str
    def __init__(self, version: _Optional[str] = ..., share: _Optional[float] = ...) -> None: ...

class ModelCandidate(_message.Message):
    __slots__ = ["difference_standard_error", "log_likelihood", "name"]
    DIFFERENCE_STANDARD_ERROR_FIELD_NUMBER: _ClassVar[int]
    LOG_LIKELIHOOD_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    difference_standard_error: float
    log_likelihood: float
    name: str
    def __init__(self, name: _Optional[str] = ..., log_likelihood: _Optional[float] = ..., difference_standard_error: _Optional[float] = ...) -> None: ...

class ModelEncoding(_message.Message):
    __slots__ = ["backbone", "kind", "max_steps", "step_length"]
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BACKBONE_FIELD_NUMBER: _ClassVar[int]
    KIND_EXTRACTED: ModelEncoding.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    KIND_SEQUENCE: ModelEncoding.Kind
    KIND_TEXT: ModelEncoding.Kind
    KIND_UNSPECIFIED: ModelEncoding.Kind
    KIND_VALUES: ModelEncoding.Kind
    MAX_STEPS_FIELD_NUMBER: _ClassVar[int]
    STEP_LENGTH_FIELD_NUMBER: _ClassVar[int]
    backbone: str
    kind: ModelEncoding.Kind
    max_steps: int
    step_length: int
    def __init__(self, kind: _Optional[_Union[ModelEncoding.Kind, str]] = ..., step_length: _Optional[int] = ..., max_steps: _Optional[int] = ..., backbone: _Optional[str] = ...) -> None: ...

class ModelHead(_message.Message):
    __slots__ = ["annotation_count", "estimated_accuracy", "labeler_id", "weight", "weight_lower", "weight_upper"]
    ANNOTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_ACCURACY_FIELD_NUMBER: _ClassVar[int]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_LOWER_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_UPPER_FIELD_NUMBER: _ClassVar[int]
    annotation_count: int
    estimated_accuracy: float
    labeler_id: str
    weight: float
    weight_lower: float
    weight_upper: float
    def __init__(self, labeler_id: _Optional[str] = ..., annotation_count: _Optional[int] = ..., weight: _Optional[float] = ..., estimated_accuracy: _Optional[float] = ..., weight_lower: _Optional[float] = ..., weight_upper: _Optional[float] = ...) -> None: ...

class ModelRetention(_message.Message):
    __slots__ = ["keep_newest", "keep_younger"]
    KEEP_NEWEST_FIELD_NUMBER: _ClassVar[int]
    KEEP_YOUNGER_FIELD_NUMBER: _ClassVar[int]
    keep_newest: int
    keep_younger: _duration_pb2.Duration
    def __init__(self, keep_newest: _Optional[int] = ..., keep_younger: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ModelSelection(_message.Message):
    __slots__ = ["candidates", "chosen", "criterion", "reason"]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    CHOSEN_FIELD_NUMBER: _ClassVar[int]
    CRITERION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    candidates: _containers.RepeatedCompositeFieldContainer[ModelCandidate]
    chosen: str
    criterion: str
    reason: str
    def __init__(self, criterion: _Optional[str] = ..., chosen: _Optional[str] = ..., reason: _Optional[str] = ..., candidates: _Optional[_Iterable[_Union[ModelCandidate, _Mapping]]] = ...) -> None: ...

class ModelVersion(_message.Message):
    __slots__ = ["algorithm", "annotation_count", "artefact_bytes", "artefact_sha256", "champion_version", "classes", "code_version", "create_time", "data", "delete_time", "deleted_by", "distilled", "encoding", "erase_time", "erased_data", "feature_length", "heads", "metrics", "name", "parent_version", "parity_max_difference", "seed", "selection", "settings", "snapshot_id", "state", "temperature", "training_run", "training_seconds"]
    class ErasedData(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class SettingsEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    ANNOTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    ARTEFACT_BYTES_FIELD_NUMBER: _ClassVar[int]
    ARTEFACT_SHA256_FIELD_NUMBER: _ClassVar[int]
    CHAMPION_VERSION_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    CODE_VERSION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    DELETED_BY_FIELD_NUMBER: _ClassVar[int]
    DELETE_TIME_FIELD_NUMBER: _ClassVar[int]
    DISTILLED_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    ERASED_DATA_ANNOTATIONS: ModelVersion.ErasedData
    ERASED_DATA_FIELD_NUMBER: _ClassVar[int]
    ERASED_DATA_LABELER_ID: ModelVersion.ErasedData
    ERASED_DATA_UNSPECIFIED: ModelVersion.ErasedData
    ERASE_TIME_FIELD_NUMBER: _ClassVar[int]
    FEATURE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    HEADS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    PARITY_MAX_DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_DELETED: ModelVersion.State
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_READY: ModelVersion.State
    STATE_UNSPECIFIED: ModelVersion.State
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TRAINING_RUN_FIELD_NUMBER: _ClassVar[int]
    TRAINING_SECONDS_FIELD_NUMBER: _ClassVar[int]
    algorithm: str
    annotation_count: int
    artefact_bytes: int
    artefact_sha256: str
    champion_version: str
    classes: _containers.RepeatedScalarFieldContainer[str]
    code_version: str
    create_time: _timestamp_pb2.Timestamp
    data: TrainingDataSummary
    delete_time: _timestamp_pb2.Timestamp
    deleted_by: str
    distilled: bool
    encoding: ModelEncoding
    erase_time: _timestamp_pb2.Timestamp
    erased_data: ModelVersion.ErasedData
    feature_length: int
    heads: _containers.RepeatedCompositeFieldContainer[ModelHead]
    metrics: _containers.RepeatedCompositeFieldContainer[Metric]
    name: str
    parent_version: str
    parity_max_difference: float
    seed: int
    selection: ModelSelection
    settings: _containers.ScalarMap[str, str]
    snapshot_id: str
    state: ModelVersion.State
    temperature: float
    training_run: str
    training_seconds: float
    def __init__(self, name: _Optional[str] = ..., algorithm: _Optional[str] = ..., classes: _Optional[_Iterable[str]] = ..., feature_length: _Optional[int] = ..., heads: _Optional[_Iterable[_Union[ModelHead, _Mapping]]] = ..., metrics: _Optional[_Iterable[_Union[Metric, _Mapping]]] = ..., settings: _Optional[_Mapping[str, str]] = ..., seed: _Optional[int] = ..., snapshot_id: _Optional[str] = ..., annotation_count: _Optional[int] = ..., code_version: _Optional[str] = ..., training_run: _Optional[str] = ..., artefact_sha256: _Optional[str] = ..., artefact_bytes: _Optional[int] = ..., parity_max_difference: _Optional[float] = ..., training_seconds: _Optional[float] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., selection: _Optional[_Union[ModelSelection, _Mapping]] = ..., temperature: _Optional[float] = ..., distilled: bool = ..., state: _Optional[_Union[ModelVersion.State, str]] = ..., delete_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., deleted_by: _Optional[str] = ..., parent_version: _Optional[str] = ..., champion_version: _Optional[str] = ..., data: _Optional[_Union[TrainingDataSummary, _Mapping]] = ..., encoding: _Optional[_Union[ModelEncoding, _Mapping]] = ..., erased_data: _Optional[_Union[ModelVersion.ErasedData, str]] = ..., erase_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TrainingDataSummary(_message.Message):
    __slots__ = ["annotated_item_count", "annotation_count", "annotations_per_item_max", "annotations_per_item_median", "annotations_per_item_min", "annotations_per_labeler_max", "annotations_per_labeler_median", "annotations_per_labeler_min", "class_annotation_counts", "gold_item_count", "item_count", "labeler_count", "test_item_count", "train_item_count", "validation_item_count"]
    ANNOTATED_ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_PER_ITEM_MAX_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_PER_ITEM_MEDIAN_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_PER_ITEM_MIN_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_PER_LABELER_MAX_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_PER_LABELER_MEDIAN_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_PER_LABELER_MIN_FIELD_NUMBER: _ClassVar[int]
    ANNOTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    CLASS_ANNOTATION_COUNTS_FIELD_NUMBER: _ClassVar[int]
    GOLD_ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    LABELER_COUNT_FIELD_NUMBER: _ClassVar[int]
    TEST_ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    TRAIN_ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    annotated_item_count: int
    annotation_count: int
    annotations_per_item_max: int
    annotations_per_item_median: float
    annotations_per_item_min: int
    annotations_per_labeler_max: int
    annotations_per_labeler_median: float
    annotations_per_labeler_min: int
    class_annotation_counts: _containers.RepeatedScalarFieldContainer[int]
    gold_item_count: int
    item_count: int
    labeler_count: int
    test_item_count: int
    train_item_count: int
    validation_item_count: int
    def __init__(self, item_count: _Optional[int] = ..., train_item_count: _Optional[int] = ..., validation_item_count: _Optional[int] = ..., test_item_count: _Optional[int] = ..., gold_item_count: _Optional[int] = ..., annotated_item_count: _Optional[int] = ..., annotation_count: _Optional[int] = ..., labeler_count: _Optional[int] = ..., class_annotation_counts: _Optional[_Iterable[int]] = ..., annotations_per_item_min: _Optional[int] = ..., annotations_per_item_median: _Optional[float] = ..., annotations_per_item_max: _Optional[int] = ..., annotations_per_labeler_min: _Optional[int] = ..., annotations_per_labeler_median: _Optional[float] = ..., annotations_per_labeler_max: _Optional[int] = ...) -> None: ...
