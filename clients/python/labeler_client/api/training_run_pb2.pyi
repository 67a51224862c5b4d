from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Algorithm(_message.Message):
    __slots__ = ["algorithm_id", "description", "display_name", "purpose", "reference", "settings"]
    class Purpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ALGORITHM_ID_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_BACKBONE: Algorithm.Purpose
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_MODEL: Algorithm.Purpose
    PURPOSE_UNSPECIFIED: Algorithm.Purpose
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    algorithm_id: str
    description: str
    display_name: str
    purpose: Algorithm.Purpose
    reference: str
    settings: _containers.RepeatedCompositeFieldContainer[AlgorithmSetting]
    def __init__(self, algorithm_id: _Optional[str] = ..., display_name: _Optional[str] = ..., description: _Optional[str] = ..., reference: _Optional[str] = ..., settings: _Optional[_Iterable[_Union[AlgorithmSetting, _Mapping]]] = ..., purpose: _Optional[_Union[Algorithm.Purpose, str]] = ...) -> None: ...

class AlgorithmSetting(_message.Message):
    __slots__ = ["choices", "default_value", "description", "key", "maximum", "minimum", "type"]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    choices: _containers.RepeatedScalarFieldContainer[str]
    default_value: str
    description: str
    key: str
    maximum: float
    minimum: float
    type: str
    def __init__(self, key: _Optional[str] = ..., type: _Optional[str] = ..., default_value: _Optional[str] = ..., description: _Optional[str] = ..., choices: _Optional[_Iterable[str]] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ...) -> None: ...

class Trainer(_message.Message):
    __slots__ = ["alive", "busy_slots", "code_version", "display_name", "last_seen_time", "name", "slots", "start_time"]
    ALIVE_FIELD_NUMBER: _ClassVar[int]
    BUSY_SLOTS_FIELD_NUMBER: _ClassVar[int]
    CODE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_TIME_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    alive: bool
    busy_slots: int
    code_version: str
    display_name: str
    last_seen_time: _timestamp_pb2.Timestamp
    name: str
    slots: int
    start_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., slots: _Optional[int] = ..., busy_slots: _Optional[int] = ..., alive: bool = ..., start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., last_seen_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., code_version: _Optional[str] = ...) -> None: ...

class TrainingProgress(_message.Message):
    __slots__ = ["epoch", "epochs", "estimated_time_left", "loss", "phase", "validation_metric", "validation_value"]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_TIME_LEFT_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_METRIC_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_VALUE_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    epochs: int
    estimated_time_left: _duration_pb2.Duration
    loss: float
    phase: str
    validation_metric: str
    validation_value: float
    def __init__(self, phase: _Optional[str] = ..., epoch: _Optional[int] = ..., epochs: _Optional[int] = ..., loss: _Optional[float] = ..., validation_metric: _Optional[str] = ..., validation_value: _Optional[float] = ..., estimated_time_left: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class TrainingRun(_message.Message):
    __slots__ = ["algorithm", "attempt", "backbone", "cancel_requested", "create_time", "curve", "effective_settings", "end_time", "estimated_end_time", "estimated_start_time", "failure_message", "last_checkpoint_time", "model_id", "model_version", "name", "priority", "progress", "queue_position", "resumed_count", "retraining_policy", "retraining_reason", "seed", "settings", "start_time", "state", "trainer", "uid", "warm_start_version"]
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class EffectiveSettingsEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class SettingsEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    BACKBONE_FIELD_NUMBER: _ClassVar[int]
    CANCEL_REQUESTED_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CURVE_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_SETTINGS_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_END_TIME_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_START_TIME_FIELD_NUMBER: _ClassVar[int]
    FAILURE_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    LAST_CHECKPOINT_TIME_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_POSITION_FIELD_NUMBER: _ClassVar[int]
    RESUMED_COUNT_FIELD_NUMBER: _ClassVar[int]
    RETRAINING_POLICY_FIELD_NUMBER: _ClassVar[int]
    RETRAINING_REASON_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_CANCELLED: TrainingRun.State
    STATE_FAILED: TrainingRun.State
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_QUEUED: TrainingRun.State
    STATE_RUNNING: TrainingRun.State
    STATE_SUCCEEDED: TrainingRun.State
    STATE_UNSPECIFIED: TrainingRun.State
    TRAINER_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    WARM_START_VERSION_FIELD_NUMBER: _ClassVar[int]
    algorithm: str
    attempt: int
    backbone: str
    cancel_requested: bool
    create_time: _timestamp_pb2.Timestamp
    curve: str
    effective_settings: _containers.ScalarMap[str, str]
    end_time: _timestamp_pb2.Timestamp
    estimated_end_time: _timestamp_pb2.Timestamp
    estimated_start_time: _timestamp_pb2.Timestamp
    failure_message: str
    last_checkpoint_time: _timestamp_pb2.Timestamp
    model_id: str
    model_version: str
    name: str
    priority: int
    progress: TrainingProgress
    queue_position: int
    resumed_count: int
    retraining_policy: str
    retraining_reason: str
    seed: int
    settings: _containers.ScalarMap[str, str]
    start_time: _timestamp_pb2.Timestamp
    state: TrainingRun.State
    trainer: str
    uid: str
    warm_start_version: str
    def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., algorithm: _Optional[str] = ..., model_id: _Optional[str] = ..., seed: _Optional[int] = ..., settings: _Optional[_Mapping[str, str]] = ..., priority: _Optional[int] = ..., state: _Optional[_Union[TrainingRun.State, str]] = ..., progress: _Optional[_Union[TrainingProgress, _Mapping]] = ..., effective_settings: _Optional[_Mapping[str, str]] = ..., model_version: _Optional[str] = ..., failure_message: _Optional[str] = ..., attempt: _Optional[int] = ..., trainer: _Optional[str] = ..., cancel_requested: bool = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., warm_start_version: _Optional[str] = ..., resumed_count: _Optional[int] = ..., last_checkpoint_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., queue_position: _Optional[int] = ..., estimated_start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., estimated_end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., retraining_reason: _Optional[str] = ..., retraining_policy: _Optional[str] = ..., backbone: _Optional[str] = ..., curve: _Optional[str] = ...) -> None: ...

class TrainingRunEvent(_message.Message):
    __slots__ = ["message", "progress", "sequence", "state", "time"]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    message: str
    progress: TrainingProgress
    sequence: int
    state: TrainingRun.State
    time: _timestamp_pb2.Timestamp
    def __init__(self, sequence: _Optional[int] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[TrainingRun.State, str]] = ..., progress: _Optional[_Union[TrainingProgress, _Mapping]] = ..., message: _Optional[str] = ...) -> None: ...
