from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from labeler_client.api import prediction_pb2 as _prediction_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

AGREEMENT_SCALE_INTERVAL: AgreementScale
AGREEMENT_SCALE_NOMINAL: AgreementScale
AGREEMENT_SCALE_ORDINAL: AgreementScale
AGREEMENT_SCALE_UNSPECIFIED: AgreementScale
DESCRIPTOR: _descriptor.FileDescriptor
SUGGESTION_POLICY_ACTIVE_LAB: SuggestionPolicy
SUGGESTION_POLICY_EXPECTED_INFORMATION_GAIN: SuggestionPolicy
SUGGESTION_POLICY_UNCERTAINTY: SuggestionPolicy
SUGGESTION_POLICY_UNSPECIFIED: SuggestionPolicy

class Aggregator(_message.Message):
    __slots__ = ["method", "needs_model", "ordinal", "paper", "summary", "takes_gold", "takes_model", "title"]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    NEEDS_MODEL_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    PAPER_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    TAKES_GOLD_FIELD_NUMBER: _ClassVar[int]
    TAKES_MODEL_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    method: str
    needs_model: bool
    ordinal: bool
    paper: str
    summary: str
    takes_gold: bool
    takes_model: bool
    title: str
    def __init__(self, method: _Optional[str] = ..., title: _Optional[str] = ..., summary: _Optional[str] = ..., paper: _Optional[str] = ..., takes_model: bool = ..., needs_model: bool = ..., takes_gold: bool = ..., ordinal: bool = ...) -> None: ...

class Agreement(_message.Message):
    __slots__ = ["fleiss_kappa", "krippendorff_alpha", "level", "name", "pair_count", "pairs", "percent", "scale", "state"]
    FLEISS_KAPPA_FIELD_NUMBER: _ClassVar[int]
    KRIPPENDORFF_ALPHA_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    PAIR_COUNT_FIELD_NUMBER: _ClassVar[int]
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    fleiss_kappa: Estimate
    krippendorff_alpha: Estimate
    level: float
    name: str
    pair_count: int
    pairs: _containers.RepeatedCompositeFieldContainer[LabelerPair]
    percent: Estimate
    scale: AgreementScale
    state: InsightState
    def __init__(self, name: _Optional[str] = ..., scale: _Optional[_Union[AgreementScale, str]] = ..., percent: _Optional[_Union[Estimate, _Mapping]] = ..., fleiss_kappa: _Optional[_Union[Estimate, _Mapping]] = ..., krippendorff_alpha: _Optional[_Union[Estimate, _Mapping]] = ..., level: _Optional[float] = ..., pair_count: _Optional[int] = ..., pairs: _Optional[_Iterable[_Union[LabelerPair, _Mapping]]] = ..., state: _Optional[_Union[InsightState, _Mapping]] = ...) -> None: ...

class Estimate(_message.Message):
    __slots__ = ["count", "high", "low", "value"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    count: int
    high: float
    low: float
    value: float
    def __init__(self, value: _Optional[float] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., count: _Optional[int] = ...) -> None: ...

class InsightSettings(_message.Message):
    __slots__ = ["intervals", "method", "model", "use_gold"]
    INTERVALS_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    USE_GOLD_FIELD_NUMBER: _ClassVar[int]
    intervals: bool
    method: str
    model: _prediction_pb2.ModelSelector
    use_gold: bool
    def __init__(self, method: _Optional[str] = ..., model: _Optional[_Union[_prediction_pb2.ModelSelector, _Mapping]] = ..., use_gold: bool = ..., intervals: bool = ...) -> None: ...

class InsightState(_message.Message):
    __slots__ = ["annotated_item_count", "annotation_count", "cached", "compute_duration", "converged", "gold_accuracy", "incremental", "item_count", "iterations", "labeler_count", "method", "model_version", "out_of_fold_count", "predicted_count", "read_time", "state", "warnings"]
    ANNOTATED_ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    ANNOTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    CACHED_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_DURATION_FIELD_NUMBER: _ClassVar[int]
    CONVERGED_FIELD_NUMBER: _ClassVar[int]
    GOLD_ACCURACY_FIELD_NUMBER: _ClassVar[int]
    INCREMENTAL_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    LABELER_COUNT_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    OUT_OF_FOLD_COUNT_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    READ_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    annotated_item_count: int
    annotation_count: int
    cached: bool
    compute_duration: _duration_pb2.Duration
    converged: bool
    gold_accuracy: Estimate
    incremental: bool
    item_count: int
    iterations: int
    labeler_count: int
    method: str
    model_version: str
    out_of_fold_count: int
    predicted_count: int
    read_time: _timestamp_pb2.Timestamp
    state: str
    warnings: _containers.RepeatedCompositeFieldContainer[InsightWarning]
    def __init__(self, state: _Optional[str] = ..., read_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., annotation_count: _Optional[int] = ..., item_count: _Optional[int] = ..., annotated_item_count: _Optional[int] = ..., labeler_count: _Optional[int] = ..., method: _Optional[str] = ..., model_version: _Optional[str] = ..., out_of_fold_count: _Optional[int] = ..., predicted_count: _Optional[int] = ..., iterations: _Optional[int] = ..., converged: bool = ..., incremental: bool = ..., compute_duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., cached: bool = ..., warnings: _Optional[_Iterable[_Union[InsightWarning, _Mapping]]] = ..., gold_accuracy: _Optional[_Union[Estimate, _Mapping]] = ...) -> None: ...

class InsightWarning(_message.Message):
    __slots__ = ["code", "text"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    code: str
    text: str
    def __init__(self, code: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class ItemConsensus(_message.Message):
    __slots__ = ["class_index", "class_name", "difficulty", "gold_class_index", "item", "item_id", "probabilities", "probability", "probability_wrong"]
    CLASS_INDEX_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    DIFFICULTY_FIELD_NUMBER: _ClassVar[int]
    GOLD_CLASS_INDEX_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_WRONG_FIELD_NUMBER: _ClassVar[int]
    class_index: int
    class_name: str
    difficulty: float
    gold_class_index: int
    item: str
    item_id: str
    probabilities: _containers.RepeatedScalarFieldContainer[float]
    probability: Estimate
    probability_wrong: float
    def __init__(self, item: _Optional[str] = ..., item_id: _Optional[str] = ..., class_name: _Optional[str] = ..., class_index: _Optional[int] = ..., probability: _Optional[_Union[Estimate, _Mapping]] = ..., probabilities: _Optional[_Iterable[float]] = ..., probability_wrong: _Optional[float] = ..., difficulty: _Optional[float] = ..., gold_class_index: _Optional[int] = ...) -> None: ...

class LabelerConfusion(_message.Message):
    __slots__ = ["class_indices", "counts", "highs", "lows", "probabilities"]
    CLASS_INDICES_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    HIGHS_FIELD_NUMBER: _ClassVar[int]
    LOWS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    class_indices: _containers.RepeatedScalarFieldContainer[int]
    counts: _containers.RepeatedScalarFieldContainer[float]
    highs: _containers.RepeatedScalarFieldContainer[float]
    lows: _containers.RepeatedScalarFieldContainer[float]
    probabilities: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, probabilities: _Optional[_Iterable[float]] = ..., lows: _Optional[_Iterable[float]] = ..., highs: _Optional[_Iterable[float]] = ..., counts: _Optional[_Iterable[float]] = ..., class_indices: _Optional[_Iterable[int]] = ...) -> None: ...

class LabelerDrift(_message.Message):
    __slots__ = ["after", "before", "change_time", "p_value", "periods"]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    PERIODS_FIELD_NUMBER: _ClassVar[int]
    P_VALUE_FIELD_NUMBER: _ClassVar[int]
    after: Estimate
    before: Estimate
    change_time: _timestamp_pb2.Timestamp
    p_value: float
    periods: _containers.RepeatedCompositeFieldContainer[LabelerPeriod]
    def __init__(self, change_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., before: _Optional[_Union[Estimate, _Mapping]] = ..., after: _Optional[_Union[Estimate, _Mapping]] = ..., p_value: _Optional[float] = ..., periods: _Optional[_Iterable[_Union[LabelerPeriod, _Mapping]]] = ...) -> None: ...

class LabelerFlag(_message.Message):
    __slots__ = ["evidence", "false_alarm_rate", "kind", "p_value", "statistic"]
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    KIND_ADVERSARY: LabelerFlag.Kind
    KIND_CONSTANT: LabelerFlag.Kind
    KIND_DRIFTED: LabelerFlag.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    KIND_HASTY: LabelerFlag.Kind
    KIND_LOOK_ALIKE: LabelerFlag.Kind
    KIND_SPAMMER: LabelerFlag.Kind
    KIND_UNSPECIFIED: LabelerFlag.Kind
    P_VALUE_FIELD_NUMBER: _ClassVar[int]
    STATISTIC_FIELD_NUMBER: _ClassVar[int]
    evidence: str
    false_alarm_rate: float
    kind: LabelerFlag.Kind
    p_value: float
    statistic: float
    def __init__(self, kind: _Optional[_Union[LabelerFlag.Kind, str]] = ..., evidence: _Optional[str] = ..., statistic: _Optional[float] = ..., p_value: _Optional[float] = ..., false_alarm_rate: _Optional[float] = ...) -> None: ...

class LabelerInsight(_message.Message):
    __slots__ = ["accuracy", "agreement_with_model", "agreement_with_others", "annotation_count", "class_shares", "confused_class", "confused_share", "confused_with", "confusion", "drift", "flags", "gold_accuracy", "labeler", "labeler_id", "look_alikes", "name", "pairwise_agreement", "speed", "too_little_evidence"]
    ACCURACY_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_WITH_MODEL_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_WITH_OTHERS_FIELD_NUMBER: _ClassVar[int]
    ANNOTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    CLASS_SHARES_FIELD_NUMBER: _ClassVar[int]
    CONFUSED_CLASS_FIELD_NUMBER: _ClassVar[int]
    CONFUSED_SHARE_FIELD_NUMBER: _ClassVar[int]
    CONFUSED_WITH_FIELD_NUMBER: _ClassVar[int]
    CONFUSION_FIELD_NUMBER: _ClassVar[int]
    DRIFT_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    GOLD_ACCURACY_FIELD_NUMBER: _ClassVar[int]
    LABELER_FIELD_NUMBER: _ClassVar[int]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    LOOK_ALIKES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAIRWISE_AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    TOO_LITTLE_EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    accuracy: Estimate
    agreement_with_model: Estimate
    agreement_with_others: Estimate
    annotation_count: int
    class_shares: _containers.RepeatedScalarFieldContainer[float]
    confused_class: str
    confused_share: float
    confused_with: str
    confusion: LabelerConfusion
    drift: LabelerDrift
    flags: _containers.RepeatedCompositeFieldContainer[LabelerFlag]
    gold_accuracy: Estimate
    labeler: str
    labeler_id: str
    look_alikes: _containers.RepeatedCompositeFieldContainer[LookAlike]
    name: str
    pairwise_agreement: Estimate
    speed: LabelerSpeed
    too_little_evidence: bool
    def __init__(self, name: _Optional[str] = ..., labeler: _Optional[str] = ..., labeler_id: _Optional[str] = ..., annotation_count: _Optional[int] = ..., accuracy: _Optional[_Union[Estimate, _Mapping]] = ..., agreement_with_others: _Optional[_Union[Estimate, _Mapping]] = ..., gold_accuracy: _Optional[_Union[Estimate, _Mapping]] = ..., agreement_with_model: _Optional[_Union[Estimate, _Mapping]] = ..., pairwise_agreement: _Optional[_Union[Estimate, _Mapping]] = ..., class_shares: _Optional[_Iterable[float]] = ..., confused_class: _Optional[str] = ..., confused_with: _Optional[str] = ..., confused_share: _Optional[float] = ..., speed: _Optional[_Union[LabelerSpeed, _Mapping]] = ..., drift: _Optional[_Union[LabelerDrift, _Mapping]] = ..., flags: _Optional[_Iterable[_Union[LabelerFlag, _Mapping]]] = ..., confusion: _Optional[_Union[LabelerConfusion, _Mapping]] = ..., look_alikes: _Optional[_Iterable[_Union[LookAlike, _Mapping]]] = ..., too_little_evidence: bool = ...) -> None: ...

class LabelerPair(_message.Message):
    __slots__ = ["cohen_kappa", "labeler_id", "other_labeler_id", "percent_agreement", "shared_items", "weighted_kappa"]
    COHEN_KAPPA_FIELD_NUMBER: _ClassVar[int]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    OTHER_LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    PERCENT_AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    SHARED_ITEMS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTED_KAPPA_FIELD_NUMBER: _ClassVar[int]
    cohen_kappa: float
    labeler_id: str
    other_labeler_id: str
    percent_agreement: float
    shared_items: int
    weighted_kappa: float
    def __init__(self, labeler_id: _Optional[str] = ..., other_labeler_id: _Optional[str] = ..., shared_items: _Optional[int] = ..., percent_agreement: _Optional[float] = ..., cohen_kappa: _Optional[float] = ..., weighted_kappa: _Optional[float] = ...) -> None: ...

class LabelerPeriod(_message.Message):
    __slots__ = ["agreement", "count", "end_time", "expected_agreement", "start_time"]
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    agreement: float
    count: int
    end_time: _timestamp_pb2.Timestamp
    expected_agreement: float
    start_time: _timestamp_pb2.Timestamp
    def __init__(self, start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., count: _Optional[int] = ..., agreement: _Optional[float] = ..., expected_agreement: _Optional[float] = ...) -> None: ...

class LabelerSpeed(_message.Message):
    __slots__ = ["count", "hasty_share", "lower_quartile", "median", "upper_quartile"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    HASTY_SHARE_FIELD_NUMBER: _ClassVar[int]
    LOWER_QUARTILE_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_FIELD_NUMBER: _ClassVar[int]
    UPPER_QUARTILE_FIELD_NUMBER: _ClassVar[int]
    count: int
    hasty_share: float
    lower_quartile: _duration_pb2.Duration
    median: _duration_pb2.Duration
    upper_quartile: _duration_pb2.Duration
    def __init__(self, count: _Optional[int] = ..., median: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., lower_quartile: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., upper_quartile: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., hasty_share: _Optional[float] = ...) -> None: ...

class LabelerTerms(_message.Message):
    __slots__ = ["cost", "labeler_id", "max_annotations", "unavailable"]
    COST_FIELD_NUMBER: _ClassVar[int]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    UNAVAILABLE_FIELD_NUMBER: _ClassVar[int]
    cost: float
    labeler_id: str
    max_annotations: int
    unavailable: bool
    def __init__(self, labeler_id: _Optional[str] = ..., cost: _Optional[float] = ..., max_annotations: _Optional[int] = ..., unavailable: bool = ...) -> None: ...

class LookAlike(_message.Message):
    __slots__ = ["alarm", "expected_shared_errors", "labeler_id", "other_labeler_id", "p_value", "shared_errors", "shared_items"]
    ALARM_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_SHARED_ERRORS_FIELD_NUMBER: _ClassVar[int]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    OTHER_LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    P_VALUE_FIELD_NUMBER: _ClassVar[int]
    SHARED_ERRORS_FIELD_NUMBER: _ClassVar[int]
    SHARED_ITEMS_FIELD_NUMBER: _ClassVar[int]
    alarm: bool
    expected_shared_errors: float
    labeler_id: str
    other_labeler_id: str
    p_value: float
    shared_errors: float
    shared_items: int
    def __init__(self, labeler_id: _Optional[str] = ..., other_labeler_id: _Optional[str] = ..., shared_items: _Optional[int] = ..., shared_errors: _Optional[float] = ..., expected_shared_errors: _Optional[float] = ..., p_value: _Optional[float] = ..., alarm: bool = ...) -> None: ...

class SuggestedAnnotation(_message.Message):
    __slots__ = ["annotation_count", "class_name", "expected_information_gain", "item", "item_id", "labeler_id", "probability_wrong", "reason", "score"]
    ANNOTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_INFORMATION_GAIN_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_WRONG_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    annotation_count: int
    class_name: str
    expected_information_gain: float
    item: str
    item_id: str
    labeler_id: str
    probability_wrong: float
    reason: str
    score: float
    def __init__(self, item: _Optional[str] = ..., item_id: _Optional[str] = ..., labeler_id: _Optional[str] = ..., score: _Optional[float] = ..., expected_information_gain: _Optional[float] = ..., probability_wrong: _Optional[float] = ..., class_name: _Optional[str] = ..., annotation_count: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class SuspectedAnnotation(_message.Message):
    __slots__ = ["annotation", "class_name", "item_id", "labeler_id", "likely_class_name", "likely_class_probability", "probability_wrong", "reasons"]
    ANNOTATION_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    LIKELY_CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    LIKELY_CLASS_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_WRONG_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    annotation: str
    class_name: str
    item_id: str
    labeler_id: str
    likely_class_name: str
    likely_class_probability: float
    probability_wrong: float
    reasons: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, annotation: _Optional[str] = ..., item_id: _Optional[str] = ..., labeler_id: _Optional[str] = ..., class_name: _Optional[str] = ..., likely_class_name: _Optional[str] = ..., likely_class_probability: _Optional[float] = ..., probability_wrong: _Optional[float] = ..., reasons: _Optional[_Iterable[str]] = ...) -> None: ...

class AgreementScale(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class SuggestionPolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
