from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from labeler_client.api import item_pb2 as _item_pb2
from labeler_client.api import model_service_pb2 as _model_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LabelerDriftTrigger(_message.Message):
    __slots__ = ["false_alarm_rate", "min_labels"]
    FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    MIN_LABELS_FIELD_NUMBER: _ClassVar[int]
    false_alarm_rate: float
    min_labels: int
    def __init__(self, min_labels: _Optional[int] = ..., false_alarm_rate: _Optional[float] = ...) -> None: ...

class PromotionComparison(_message.Message):
    __slots__ = ["basis", "candidate_value", "champion_value", "count", "difference", "level", "lower", "metric", "p_value", "split", "upper"]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_VALUE_FIELD_NUMBER: _ClassVar[int]
    CHAMPION_VALUE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    LOWER_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    P_VALUE_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    basis: _model_service_pb2.EvaluationBasis
    candidate_value: float
    champion_value: float
    count: int
    difference: float
    level: float
    lower: float
    metric: str
    p_value: float
    split: _item_pb2.Split
    upper: float
    def __init__(self, metric: _Optional[str] = ..., basis: _Optional[_Union[_model_service_pb2.EvaluationBasis, str]] = ..., split: _Optional[_Union[_item_pb2.Split, str]] = ..., count: _Optional[int] = ..., champion_value: _Optional[float] = ..., candidate_value: _Optional[float] = ..., difference: _Optional[float] = ..., lower: _Optional[float] = ..., upper: _Optional[float] = ..., level: _Optional[float] = ..., p_value: _Optional[float] = ...) -> None: ...

class PromotionDecision(_message.Message):
    __slots__ = ["candidate_version", "champion_version", "comparison", "create_time", "decide_time", "name", "outcome", "reason", "training_run"]
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    CANDIDATE_VERSION_FIELD_NUMBER: _ClassVar[int]
    CHAMPION_VERSION_FIELD_NUMBER: _ClassVar[int]
    COMPARISON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DECIDE_TIME_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIRST: PromotionDecision.Outcome
    OUTCOME_KEPT: PromotionDecision.Outcome
    OUTCOME_NOT_COMPARED: PromotionDecision.Outcome
    OUTCOME_NO_CANDIDATE: PromotionDecision.Outcome
    OUTCOME_PENDING: PromotionDecision.Outcome
    OUTCOME_PROMOTED: PromotionDecision.Outcome
    OUTCOME_UNSPECIFIED: PromotionDecision.Outcome
    REASON_FIELD_NUMBER: _ClassVar[int]
    TRAINING_RUN_FIELD_NUMBER: _ClassVar[int]
    candidate_version: str
    champion_version: str
    comparison: PromotionComparison
    create_time: _timestamp_pb2.Timestamp
    decide_time: _timestamp_pb2.Timestamp
    name: str
    outcome: PromotionDecision.Outcome
    reason: str
    training_run: str
    def __init__(self, name: _Optional[str] = ..., training_run: _Optional[str] = ..., outcome: _Optional[_Union[PromotionDecision.Outcome, str]] = ..., reason: _Optional[str] = ..., candidate_version: _Optional[str] = ..., champion_version: _Optional[str] = ..., comparison: _Optional[_Union[PromotionComparison, _Mapping]] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., decide_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PromotionRule(_message.Message):
    __slots__ = ["basis", "level", "mode", "split"]
    class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BASIS_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    MODE_IF_BETTER: PromotionRule.Mode
    MODE_NEVER: PromotionRule.Mode
    MODE_UNSPECIFIED: PromotionRule.Mode
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    basis: _model_service_pb2.EvaluationBasis
    level: float
    mode: PromotionRule.Mode
    split: _item_pb2.Split
    def __init__(self, mode: _Optional[_Union[PromotionRule.Mode, str]] = ..., basis: _Optional[_Union[_model_service_pb2.EvaluationBasis, str]] = ..., split: _Optional[_Union[_item_pb2.Split, str]] = ..., level: _Optional[float] = ...) -> None: ...

class RetrainingPolicy(_message.Message):
    __slots__ = ["algorithm", "create_time", "etag", "min_interval", "model_id", "name", "paused", "priority", "promotion", "seed", "seed_mode", "settings", "state", "triggers", "uid", "update_time", "warm_start"]
    class SeedMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class SettingsEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    MIN_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    PROMOTION_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SEED_MODE_FIELD_NUMBER: _ClassVar[int]
    SEED_MODE_NEXT: RetrainingPolicy.SeedMode
    SEED_MODE_SAME: RetrainingPolicy.SeedMode
    SEED_MODE_UNSPECIFIED: RetrainingPolicy.SeedMode
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TRIGGERS_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    WARM_START_FIELD_NUMBER: _ClassVar[int]
    algorithm: str
    create_time: _timestamp_pb2.Timestamp
    etag: str
    min_interval: _duration_pb2.Duration
    model_id: str
    name: str
    paused: bool
    priority: int
    promotion: PromotionRule
    seed: int
    seed_mode: RetrainingPolicy.SeedMode
    settings: _containers.ScalarMap[str, str]
    state: RetrainingState
    triggers: RetrainingTriggers
    uid: str
    update_time: _timestamp_pb2.Timestamp
    warm_start: bool
    def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., etag: _Optional[str] = ..., model_id: _Optional[str] = ..., algorithm: _Optional[str] = ..., settings: _Optional[_Mapping[str, str]] = ..., seed: _Optional[int] = ..., seed_mode: _Optional[_Union[RetrainingPolicy.SeedMode, str]] = ..., priority: _Optional[int] = ..., warm_start: bool = ..., triggers: _Optional[_Union[RetrainingTriggers, _Mapping]] = ..., min_interval: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., promotion: _Optional[_Union[PromotionRule, _Mapping]] = ..., paused: bool = ..., state: _Optional[_Union[RetrainingState, _Mapping]] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RetrainingSchedule(_message.Message):
    __slots__ = ["cron", "time_zone"]
    CRON_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    cron: str
    time_zone: str
    def __init__(self, cron: _Optional[str] = ..., time_zone: _Optional[str] = ...) -> None: ...

class RetrainingState(_message.Message):
    __slots__ = ["last_decision", "last_training_run", "last_trigger_reason", "last_trigger_time", "new_annotations", "next_scheduled_time", "run_count"]
    LAST_DECISION_FIELD_NUMBER: _ClassVar[int]
    LAST_TRAINING_RUN_FIELD_NUMBER: _ClassVar[int]
    LAST_TRIGGER_REASON_FIELD_NUMBER: _ClassVar[int]
    LAST_TRIGGER_TIME_FIELD_NUMBER: _ClassVar[int]
    NEW_ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_SCHEDULED_TIME_FIELD_NUMBER: _ClassVar[int]
    RUN_COUNT_FIELD_NUMBER: _ClassVar[int]
    last_decision: PromotionDecision
    last_training_run: str
    last_trigger_reason: str
    last_trigger_time: _timestamp_pb2.Timestamp
    new_annotations: int
    next_scheduled_time: _timestamp_pb2.Timestamp
    run_count: int
    def __init__(self, last_trigger_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., last_trigger_reason: _Optional[str] = ..., last_training_run: _Optional[str] = ..., next_scheduled_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., run_count: _Optional[int] = ..., new_annotations: _Optional[int] = ..., last_decision: _Optional[_Union[PromotionDecision, _Mapping]] = ...) -> None: ...

class RetrainingTriggers(_message.Message):
    __slots__ = ["labeler_drift", "min_new_annotations", "schedule"]
    LABELER_DRIFT_FIELD_NUMBER: _ClassVar[int]
    MIN_NEW_ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    labeler_drift: LabelerDriftTrigger
    min_new_annotations: int
    schedule: RetrainingSchedule
    def __init__(self, min_new_annotations: _Optional[int] = ..., schedule: _Optional[_Union[RetrainingSchedule, _Mapping]] = ..., labeler_drift: _Optional[_Union[LabelerDriftTrigger, _Mapping]] = ...) -> None: ...
