from labeler_client.api import insight_pb2 as _insight_pb2
from labeler_client.api import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
INSIGHT_PART_AGREEMENT: InsightPart
INSIGHT_PART_CONSENSUS: InsightPart
INSIGHT_PART_LABELERS: InsightPart
INSIGHT_PART_SUSPECTS: InsightPart
INSIGHT_PART_UNSPECIFIED: InsightPart
ITEM_CONSENSUS_ORDER_DIFFICULTY: ItemConsensusOrder
ITEM_CONSENSUS_ORDER_PROBABILITY_WRONG: ItemConsensusOrder
ITEM_CONSENSUS_ORDER_UNSPECIFIED: ItemConsensusOrder
LABELER_INSIGHT_ORDER_ACCURACY: LabelerInsightOrder
LABELER_INSIGHT_ORDER_ANNOTATIONS: LabelerInsightOrder
LABELER_INSIGHT_ORDER_FLAGS: LabelerInsightOrder
LABELER_INSIGHT_ORDER_UNSPECIFIED: LabelerInsightOrder
LABELER_PAIR_ORDER_LEAST_AGREEMENT: LabelerPairOrder
LABELER_PAIR_ORDER_MOST_AGREEMENT: LabelerPairOrder
LABELER_PAIR_ORDER_UNSPECIFIED: LabelerPairOrder

class ExportItemConsensusRequest(_message.Message):
    __slots__ = ["include_unannotated", "parent", "settings"]
    INCLUDE_UNANNOTATED_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    include_unannotated: bool
    parent: str
    settings: _insight_pb2.InsightSettings
    def __init__(self, parent: _Optional[str] = ..., settings: _Optional[_Union[_insight_pb2.InsightSettings, _Mapping]] = ..., include_unannotated: bool = ...) -> None: ...

class ExportItemConsensusResponse(_message.Message):
    __slots__ = ["annotation_counts", "class_indices", "classes", "difficulties", "item_ids", "probabilities", "probabilities_wrong", "probability_highs", "probability_lows", "state"]
    ANNOTATION_COUNTS_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    CLASS_INDICES_FIELD_NUMBER: _ClassVar[int]
    DIFFICULTIES_FIELD_NUMBER: _ClassVar[int]
    ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_WRONG_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_HIGHS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_LOWS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    annotation_counts: _containers.RepeatedScalarFieldContainer[int]
    class_indices: _containers.RepeatedScalarFieldContainer[int]
    classes: _containers.RepeatedScalarFieldContainer[str]
    difficulties: _containers.RepeatedScalarFieldContainer[float]
    item_ids: _containers.RepeatedScalarFieldContainer[str]
    probabilities: _tensor_pb2.Tensor
    probabilities_wrong: _containers.RepeatedScalarFieldContainer[float]
    probability_highs: _containers.RepeatedScalarFieldContainer[float]
    probability_lows: _containers.RepeatedScalarFieldContainer[float]
    state: _insight_pb2.InsightState
    def __init__(self, state: _Optional[_Union[_insight_pb2.InsightState, _Mapping]] = ..., classes: _Optional[_Iterable[str]] = ..., item_ids: _Optional[_Iterable[str]] = ..., probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., class_indices: _Optional[_Iterable[int]] = ..., probabilities_wrong: _Optional[_Iterable[float]] = ..., difficulties: _Optional[_Iterable[float]] = ..., annotation_counts: _Optional[_Iterable[int]] = ..., probability_lows: _Optional[_Iterable[float]] = ..., probability_highs: _Optional[_Iterable[float]] = ...) -> None: ...

class GetAgreementRequest(_message.Message):
    __slots__ = ["max_pairs", "name", "scale"]
    MAX_PAIRS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    max_pairs: int
    name: str
    scale: _insight_pb2.AgreementScale
    def __init__(self, name: _Optional[str] = ..., scale: _Optional[_Union[_insight_pb2.AgreementScale, str]] = ..., max_pairs: _Optional[int] = ...) -> None: ...

class GetLabelerInsightRequest(_message.Message):
    __slots__ = ["max_confusion_classes", "name", "settings"]
    MAX_CONFUSION_CLASSES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    max_confusion_classes: int
    name: str
    settings: _insight_pb2.InsightSettings
    def __init__(self, name: _Optional[str] = ..., settings: _Optional[_Union[_insight_pb2.InsightSettings, _Mapping]] = ..., max_confusion_classes: _Optional[int] = ...) -> None: ...

class GetLabelerInsightResponse(_message.Message):
    __slots__ = ["all_class_shares", "classes", "labeler", "state"]
    ALL_CLASS_SHARES_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    LABELER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    all_class_shares: _containers.RepeatedScalarFieldContainer[float]
    classes: _containers.RepeatedScalarFieldContainer[str]
    labeler: _insight_pb2.LabelerInsight
    state: _insight_pb2.InsightState
    def __init__(self, labeler: _Optional[_Union[_insight_pb2.LabelerInsight, _Mapping]] = ..., classes: _Optional[_Iterable[str]] = ..., state: _Optional[_Union[_insight_pb2.InsightState, _Mapping]] = ..., all_class_shares: _Optional[_Iterable[float]] = ...) -> None: ...

class ListAggregatorsRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ListAggregatorsResponse(_message.Message):
    __slots__ = ["aggregators"]
    AGGREGATORS_FIELD_NUMBER: _ClassVar[int]
    aggregators: _containers.RepeatedCompositeFieldContainer[_insight_pb2.Aggregator]
    def __init__(self, aggregators: _Optional[_Iterable[_Union[_insight_pb2.Aggregator, _Mapping]]] = ...) -> None: ...

class ListItemConsensusRequest(_message.Message):
    __slots__ = ["include_unannotated", "item_ids", "order", "page_size", "page_token", "parent", "settings"]
    INCLUDE_UNANNOTATED_FIELD_NUMBER: _ClassVar[int]
    ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    include_unannotated: bool
    item_ids: _containers.RepeatedScalarFieldContainer[str]
    order: ItemConsensusOrder
    page_size: int
    page_token: str
    parent: str
    settings: _insight_pb2.InsightSettings
    def __init__(self, parent: _Optional[str] = ..., settings: _Optional[_Union[_insight_pb2.InsightSettings, _Mapping]] = ..., item_ids: _Optional[_Iterable[str]] = ..., order: _Optional[_Union[ItemConsensusOrder, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., include_unannotated: bool = ...) -> None: ...

class ListItemConsensusResponse(_message.Message):
    __slots__ = ["items", "next_page_token", "state"]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[_insight_pb2.ItemConsensus]
    next_page_token: str
    state: _insight_pb2.InsightState
    def __init__(self, items: _Optional[_Iterable[_Union[_insight_pb2.ItemConsensus, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., state: _Optional[_Union[_insight_pb2.InsightState, _Mapping]] = ...) -> None: ...

class ListLabelerInsightsRequest(_message.Message):
    __slots__ = ["flagged", "order", "page_size", "page_token", "parent", "settings"]
    FLAGGED_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    flagged: bool
    order: LabelerInsightOrder
    page_size: int
    page_token: str
    parent: str
    settings: _insight_pb2.InsightSettings
    def __init__(self, parent: _Optional[str] = ..., settings: _Optional[_Union[_insight_pb2.InsightSettings, _Mapping]] = ..., flagged: bool = ..., order: _Optional[_Union[LabelerInsightOrder, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListLabelerInsightsResponse(_message.Message):
    __slots__ = ["labelers", "next_page_token", "state"]
    LABELERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    labelers: _containers.RepeatedCompositeFieldContainer[_insight_pb2.LabelerInsight]
    next_page_token: str
    state: _insight_pb2.InsightState
    def __init__(self, labelers: _Optional[_Iterable[_Union[_insight_pb2.LabelerInsight, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., state: _Optional[_Union[_insight_pb2.InsightState, _Mapping]] = ...) -> None: ...

class ListLabelerPairsRequest(_message.Message):
    __slots__ = ["labeler_ids", "min_shared_items", "most_active", "order", "page_size", "page_token", "parent", "scale"]
    LABELER_IDS_FIELD_NUMBER: _ClassVar[int]
    MIN_SHARED_ITEMS_FIELD_NUMBER: _ClassVar[int]
    MOST_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    labeler_ids: _containers.RepeatedScalarFieldContainer[str]
    min_shared_items: int
    most_active: int
    order: LabelerPairOrder
    page_size: int
    page_token: str
    parent: str
    scale: _insight_pb2.AgreementScale
    def __init__(self, parent: _Optional[str] = ..., scale: _Optional[_Union[_insight_pb2.AgreementScale, str]] = ..., order: _Optional[_Union[LabelerPairOrder, str]] = ..., labeler_ids: _Optional[_Iterable[str]] = ..., most_active: _Optional[int] = ..., min_shared_items: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListLabelerPairsResponse(_message.Message):
    __slots__ = ["labeler_ids", "next_page_token", "pairs", "state"]
    LABELER_IDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    labeler_ids: _containers.RepeatedScalarFieldContainer[str]
    next_page_token: str
    pairs: _containers.RepeatedCompositeFieldContainer[_insight_pb2.LabelerPair]
    state: _insight_pb2.InsightState
    def __init__(self, pairs: _Optional[_Iterable[_Union[_insight_pb2.LabelerPair, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., labeler_ids: _Optional[_Iterable[str]] = ..., state: _Optional[_Union[_insight_pb2.InsightState, _Mapping]] = ...) -> None: ...

class ListLookAlikesRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "parent", "settings"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    settings: _insight_pb2.InsightSettings
    def __init__(self, parent: _Optional[str] = ..., settings: _Optional[_Union[_insight_pb2.InsightSettings, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListLookAlikesResponse(_message.Message):
    __slots__ = ["look_alikes", "next_page_token", "state", "tested_pairs"]
    LOOK_ALIKES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TESTED_PAIRS_FIELD_NUMBER: _ClassVar[int]
    look_alikes: _containers.RepeatedCompositeFieldContainer[_insight_pb2.LookAlike]
    next_page_token: str
    state: _insight_pb2.InsightState
    tested_pairs: int
    def __init__(self, look_alikes: _Optional[_Iterable[_Union[_insight_pb2.LookAlike, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., tested_pairs: _Optional[int] = ..., state: _Optional[_Union[_insight_pb2.InsightState, _Mapping]] = ...) -> None: ...

class ListSuspectedAnnotationsRequest(_message.Message):
    __slots__ = ["labeler_id", "min_probability_wrong", "page_size", "page_token", "parent", "settings"]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    MIN_PROBABILITY_WRONG_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    labeler_id: str
    min_probability_wrong: float
    page_size: int
    page_token: str
    parent: str
    settings: _insight_pb2.InsightSettings
    def __init__(self, parent: _Optional[str] = ..., settings: _Optional[_Union[_insight_pb2.InsightSettings, _Mapping]] = ..., labeler_id: _Optional[str] = ..., min_probability_wrong: _Optional[float] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSuspectedAnnotationsResponse(_message.Message):
    __slots__ = ["annotations", "next_page_token", "state"]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    annotations: _containers.RepeatedCompositeFieldContainer[_insight_pb2.SuspectedAnnotation]
    next_page_token: str
    state: _insight_pb2.InsightState
    def __init__(self, annotations: _Optional[_Iterable[_Union[_insight_pb2.SuspectedAnnotation, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., state: _Optional[_Union[_insight_pb2.InsightState, _Mapping]] = ...) -> None: ...

class RefreshInsightsRequest(_message.Message):
    __slots__ = ["agreement_scale", "parent", "parts", "settings"]
    AGREEMENT_SCALE_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    agreement_scale: _insight_pb2.AgreementScale
    parent: str
    parts: _containers.RepeatedScalarFieldContainer[InsightPart]
    settings: _insight_pb2.InsightSettings
    def __init__(self, parent: _Optional[str] = ..., settings: _Optional[_Union[_insight_pb2.InsightSettings, _Mapping]] = ..., parts: _Optional[_Iterable[_Union[InsightPart, str]]] = ..., agreement_scale: _Optional[_Union[_insight_pb2.AgreementScale, str]] = ...) -> None: ...

class RefreshInsightsResponse(_message.Message):
    __slots__ = ["fraction", "phase", "state"]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    fraction: float
    phase: str
    state: _insight_pb2.InsightState
    def __init__(self, phase: _Optional[str] = ..., fraction: _Optional[float] = ..., state: _Optional[_Union[_insight_pb2.InsightState, _Mapping]] = ...) -> None: ...

class SuggestAnnotationsRequest(_message.Message):
    __slots__ = ["count", "done_probability_wrong", "filter", "labelers", "max_annotations_per_item", "max_per_item", "only_listed_labelers", "parent", "policy", "settings"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    DONE_PROBABILITY_WRONG_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    LABELERS_FIELD_NUMBER: _ClassVar[int]
    MAX_ANNOTATIONS_PER_ITEM_FIELD_NUMBER: _ClassVar[int]
    MAX_PER_ITEM_FIELD_NUMBER: _ClassVar[int]
    ONLY_LISTED_LABELERS_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    count: int
    done_probability_wrong: float
    filter: str
    labelers: _containers.RepeatedCompositeFieldContainer[_insight_pb2.LabelerTerms]
    max_annotations_per_item: int
    max_per_item: int
    only_listed_labelers: bool
    parent: str
    policy: _insight_pb2.SuggestionPolicy
    settings: _insight_pb2.InsightSettings
    def __init__(self, parent: _Optional[str] = ..., settings: _Optional[_Union[_insight_pb2.InsightSettings, _Mapping]] = ..., count: _Optional[int] = ..., filter: _Optional[str] = ..., policy: _Optional[_Union[_insight_pb2.SuggestionPolicy, str]] = ..., labelers: _Optional[_Iterable[_Union[_insight_pb2.LabelerTerms, _Mapping]]] = ..., only_listed_labelers: bool = ..., max_per_item: _Optional[int] = ..., done_probability_wrong: _Optional[float] = ..., max_annotations_per_item: _Optional[int] = ...) -> None: ...

class SuggestAnnotationsResponse(_message.Message):
    __slots__ = ["candidate_items", "done_items", "state", "suggestions"]
    CANDIDATE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    DONE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SUGGESTIONS_FIELD_NUMBER: _ClassVar[int]
    candidate_items: int
    done_items: int
    state: _insight_pb2.InsightState
    suggestions: _containers.RepeatedCompositeFieldContainer[_insight_pb2.SuggestedAnnotation]
    def __init__(self, suggestions: _Optional[_Iterable[_Union[_insight_pb2.SuggestedAnnotation, _Mapping]]] = ..., candidate_items: _Optional[int] = ..., done_items: _Optional[int] = ..., state: _Optional[_Union[_insight_pb2.InsightState, _Mapping]] = ...) -> None: ...

class InsightPart(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ItemConsensusOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class LabelerInsightOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class LabelerPairOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
