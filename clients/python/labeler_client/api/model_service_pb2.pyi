from labeler_client.api import http_body_pb2 as _http_body_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from labeler_client.api import item_pb2 as _item_pb2
from labeler_client.api import model_pb2 as _model_pb2
from labeler_client.api import model_registry_pb2 as _model_registry_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

COMPARISON_VERDICT_FIRST_BETTER: ComparisonVerdict
COMPARISON_VERDICT_NO_DIFFERENCE: ComparisonVerdict
COMPARISON_VERDICT_SECOND_BETTER: ComparisonVerdict
COMPARISON_VERDICT_UNSPECIFIED: ComparisonVerdict
DESCRIPTOR: _descriptor.FileDescriptor
EVALUATION_BASIS_GOLD: EvaluationBasis
EVALUATION_BASIS_LABELERS: EvaluationBasis
EVALUATION_BASIS_UNSPECIFIED: EvaluationBasis

class CompareModelsRequest(_message.Message):
    __slots__ = ["basis", "bootstrap_replicas", "first_model", "parent", "second_model", "split"]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    BOOTSTRAP_REPLICAS_FIELD_NUMBER: _ClassVar[int]
    FIRST_MODEL_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SECOND_MODEL_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    basis: EvaluationBasis
    bootstrap_replicas: int
    first_model: str
    parent: str
    second_model: str
    split: _item_pb2.Split
    def __init__(self, parent: _Optional[str] = ..., first_model: _Optional[str] = ..., second_model: _Optional[str] = ..., split: _Optional[_Union[_item_pb2.Split, str]] = ..., basis: _Optional[_Union[EvaluationBasis, str]] = ..., bootstrap_replicas: _Optional[int] = ...) -> None: ...

class CompareModelsResponse(_message.Message):
    __slots__ = ["basis", "first_model_version", "mcnemar", "metrics", "second_model_version", "verdict", "warnings"]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    FIRST_MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    MCNEMAR_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    SECOND_MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    basis: EvaluationBasis
    first_model_version: str
    mcnemar: McNemarTest
    metrics: _containers.RepeatedCompositeFieldContainer[MetricComparison]
    second_model_version: str
    verdict: ComparisonVerdict
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, first_model_version: _Optional[str] = ..., second_model_version: _Optional[str] = ..., basis: _Optional[_Union[EvaluationBasis, str]] = ..., verdict: _Optional[_Union[ComparisonVerdict, str]] = ..., metrics: _Optional[_Iterable[_Union[MetricComparison, _Mapping]]] = ..., mcnemar: _Optional[_Union[McNemarTest, _Mapping]] = ..., warnings: _Optional[_Iterable[str]] = ...) -> None: ...

class DeleteModelAliasRequest(_message.Message):
    __slots__ = ["alias", "etag", "name"]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    alias: str
    etag: str
    name: str
    def __init__(self, name: _Optional[str] = ..., alias: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class EvaluateModelRequest(_message.Message):
    __slots__ = ["basis", "bootstrap_replicas", "name", "positive_classes", "positive_from", "sensitivity", "split"]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    BOOTSTRAP_REPLICAS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_CLASSES_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_FROM_FIELD_NUMBER: _ClassVar[int]
    SENSITIVITY_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    basis: EvaluationBasis
    bootstrap_replicas: int
    name: str
    positive_classes: _containers.RepeatedScalarFieldContainer[str]
    positive_from: str
    sensitivity: float
    split: _item_pb2.Split
    def __init__(self, name: _Optional[str] = ..., split: _Optional[_Union[_item_pb2.Split, str]] = ..., bootstrap_replicas: _Optional[int] = ..., basis: _Optional[_Union[EvaluationBasis, str]] = ..., positive_classes: _Optional[_Iterable[str]] = ..., positive_from: _Optional[str] = ..., sensitivity: _Optional[float] = ...) -> None: ...

class EvaluateModelResponse(_message.Message):
    __slots__ = ["basis", "classes", "confusion", "metrics", "model_version", "positive_classes", "sensitivity", "warnings"]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    CONFUSION_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_CLASSES_FIELD_NUMBER: _ClassVar[int]
    SENSITIVITY_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    basis: EvaluationBasis
    classes: _containers.RepeatedScalarFieldContainer[str]
    confusion: _containers.RepeatedScalarFieldContainer[int]
    metrics: _containers.RepeatedCompositeFieldContainer[_model_pb2.Metric]
    model_version: str
    positive_classes: _containers.RepeatedScalarFieldContainer[str]
    sensitivity: float
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, model_version: _Optional[str] = ..., metrics: _Optional[_Iterable[_Union[_model_pb2.Metric, _Mapping]]] = ..., confusion: _Optional[_Iterable[int]] = ..., classes: _Optional[_Iterable[str]] = ..., basis: _Optional[_Union[EvaluationBasis, str]] = ..., warnings: _Optional[_Iterable[str]] = ..., positive_classes: _Optional[_Iterable[str]] = ..., sensitivity: _Optional[float] = ...) -> None: ...

class GetModelRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetModelVersionRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListModelVersionsRequest(_message.Message):
    __slots__ = ["head_labeler_id", "page_size", "page_token", "parent", "show_deleted"]
    HEAD_LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SHOW_DELETED_FIELD_NUMBER: _ClassVar[int]
    head_labeler_id: str
    page_size: int
    page_token: str
    parent: str
    show_deleted: bool
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., show_deleted: bool = ..., head_labeler_id: _Optional[str] = ...) -> None: ...

class ListModelVersionsResponse(_message.Message):
    __slots__ = ["next_page_token", "versions"]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    next_page_token: str
    versions: _containers.RepeatedCompositeFieldContainer[_model_pb2.ModelVersion]
    def __init__(self, versions: _Optional[_Iterable[_Union[_model_pb2.ModelVersion, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "parent"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ["models", "next_page_token"]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[_model_pb2.Model]
    next_page_token: str
    def __init__(self, models: _Optional[_Iterable[_Union[_model_pb2.Model, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class McNemarTest(_message.Message):
    __slots__ = ["only_first_right", "only_second_right", "p_value"]
    ONLY_FIRST_RIGHT_FIELD_NUMBER: _ClassVar[int]
    ONLY_SECOND_RIGHT_FIELD_NUMBER: _ClassVar[int]
    P_VALUE_FIELD_NUMBER: _ClassVar[int]
    only_first_right: int
    only_second_right: int
    p_value: float
    def __init__(self, only_first_right: _Optional[int] = ..., only_second_right: _Optional[int] = ..., p_value: _Optional[float] = ...) -> None: ...

class MetricComparison(_message.Message):
    __slots__ = ["count", "difference", "first", "lower", "metric", "second", "split", "upper", "verdict"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LOWER_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    count: int
    difference: float
    first: float
    lower: float
    metric: str
    second: float
    split: str
    upper: float
    verdict: ComparisonVerdict
    def __init__(self, metric: _Optional[str] = ..., split: _Optional[str] = ..., first: _Optional[float] = ..., second: _Optional[float] = ..., difference: _Optional[float] = ..., lower: _Optional[float] = ..., upper: _Optional[float] = ..., count: _Optional[int] = ..., verdict: _Optional[_Union[ComparisonVerdict, str]] = ...) -> None: ...

class SetModelAliasRequest(_message.Message):
    __slots__ = ["alias", "name"]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    alias: _model_pb2.ModelAlias
    name: str
    def __init__(self, name: _Optional[str] = ..., alias: _Optional[_Union[_model_pb2.ModelAlias, _Mapping]] = ...) -> None: ...

class EvaluationBasis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ComparisonVerdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
