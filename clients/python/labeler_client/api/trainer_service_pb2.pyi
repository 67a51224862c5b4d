from google.protobuf import duration_pb2 as _duration_pb2
from labeler_client.api import dataset_pb2 as _dataset_pb2
from labeler_client.api import item_pb2 as _item_pb2
from labeler_client.api import model_pb2 as _model_pb2
from labeler_client.api import tensor_pb2 as _tensor_pb2
from labeler_client.api import training_run_pb2 as _training_run_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EndTrainingRunRequest(_message.Message):
    __slots__ = ["end", "failure_message", "fencing_token", "name"]
    class End(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    END_CANCELLED: EndTrainingRunRequest.End
    END_FAILED: EndTrainingRunRequest.End
    END_FIELD_NUMBER: _ClassVar[int]
    END_RELEASED: EndTrainingRunRequest.End
    END_UNSPECIFIED: EndTrainingRunRequest.End
    FAILURE_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FENCING_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    end: EndTrainingRunRequest.End
    failure_message: str
    fencing_token: int
    name: str
    def __init__(self, name: _Optional[str] = ..., fencing_token: _Optional[int] = ..., end: _Optional[_Union[EndTrainingRunRequest.End, str]] = ..., failure_message: _Optional[str] = ...) -> None: ...

class EndTrainingRunResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class LeaseTrainingRunRequest(_message.Message):
    __slots__ = ["algorithms", "lease", "trainer", "wait"]
    ALGORITHMS_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    TRAINER_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    algorithms: _containers.RepeatedScalarFieldContainer[str]
    lease: _duration_pb2.Duration
    trainer: str
    wait: _duration_pb2.Duration
    def __init__(self, trainer: _Optional[str] = ..., algorithms: _Optional[_Iterable[str]] = ..., lease: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., wait: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class LeaseTrainingRunResponse(_message.Message):
    __slots__ = ["dataset", "fencing_token", "trace_parent", "training_run"]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    FENCING_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TRACE_PARENT_FIELD_NUMBER: _ClassVar[int]
    TRAINING_RUN_FIELD_NUMBER: _ClassVar[int]
    dataset: _dataset_pb2.Dataset
    fencing_token: int
    trace_parent: str
    training_run: _training_run_pb2.TrainingRun
    def __init__(self, training_run: _Optional[_Union[_training_run_pb2.TrainingRun, _Mapping]] = ..., fencing_token: _Optional[int] = ..., dataset: _Optional[_Union[_dataset_pb2.Dataset, _Mapping]] = ..., trace_parent: _Optional[str] = ...) -> None: ...

class PublishTrainedModelRequest(_message.Message):
    __slots__ = ["content", "fencing_token", "model", "name"]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    FENCING_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    fencing_token: int
    model: TrainedModel
    name: str
    def __init__(self, name: _Optional[str] = ..., fencing_token: _Optional[int] = ..., model: _Optional[_Union[TrainedModel, _Mapping]] = ..., content: _Optional[bytes] = ...) -> None: ...

class ReadTrainingDataRequest(_message.Message):
    __slots__ = ["fencing_token", "name"]
    FENCING_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    fencing_token: int
    name: str
    def __init__(self, name: _Optional[str] = ..., fencing_token: _Optional[int] = ...) -> None: ...

class RenewTrainingLeaseRequest(_message.Message):
    __slots__ = ["fencing_token", "lease", "name"]
    FENCING_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    fencing_token: int
    lease: _duration_pb2.Duration
    name: str
    def __init__(self, name: _Optional[str] = ..., fencing_token: _Optional[int] = ..., lease: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class RenewTrainingLeaseResponse(_message.Message):
    __slots__ = ["cancel_requested"]
    CANCEL_REQUESTED_FIELD_NUMBER: _ClassVar[int]
    cancel_requested: bool
    def __init__(self, cancel_requested: bool = ...) -> None: ...

class ReportTrainingProgressRequest(_message.Message):
    __slots__ = ["fencing_token", "name", "progress"]
    FENCING_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    fencing_token: int
    name: str
    progress: _training_run_pb2.TrainingProgress
    def __init__(self, name: _Optional[str] = ..., fencing_token: _Optional[int] = ..., progress: _Optional[_Union[_training_run_pb2.TrainingProgress, _Mapping]] = ...) -> None: ...

class ReportTrainingProgressResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class TrainedModel(_message.Message):
    __slots__ = ["code_version", "heads", "lineage", "metrics", "parity_features", "parity_probabilities", "settings", "training_time", "values_per_item"]
    class SettingsEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CODE_VERSION_FIELD_NUMBER: _ClassVar[int]
    HEADS_FIELD_NUMBER: _ClassVar[int]
    LINEAGE_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    PARITY_FEATURES_FIELD_NUMBER: _ClassVar[int]
    PARITY_PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    TRAINING_TIME_FIELD_NUMBER: _ClassVar[int]
    VALUES_PER_ITEM_FIELD_NUMBER: _ClassVar[int]
    code_version: str
    heads: _containers.RepeatedCompositeFieldContainer[_model_pb2.ModelHead]
    lineage: str
    metrics: _containers.RepeatedCompositeFieldContainer[_model_pb2.Metric]
    parity_features: _tensor_pb2.Tensor
    parity_probabilities: _tensor_pb2.Tensor
    settings: _containers.ScalarMap[str, str]
    training_time: _duration_pb2.Duration
    values_per_item: int
    def __init__(self, lineage: _Optional[str] = ..., heads: _Optional[_Iterable[_Union[_model_pb2.ModelHead, _Mapping]]] = ..., settings: _Optional[_Mapping[str, str]] = ..., code_version: _Optional[str] = ..., metrics: _Optional[_Iterable[_Union[_model_pb2.Metric, _Mapping]]] = ..., training_time: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., values_per_item: _Optional[int] = ..., parity_features: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., parity_probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class TrainingAnnotations(_message.Message):
    __slots__ = ["classes", "items", "labelers"]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    LABELERS_FIELD_NUMBER: _ClassVar[int]
    classes: _containers.RepeatedScalarFieldContainer[int]
    items: _containers.RepeatedScalarFieldContainer[int]
    labelers: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, items: _Optional[_Iterable[int]] = ..., labelers: _Optional[_Iterable[int]] = ..., classes: _Optional[_Iterable[int]] = ...) -> None: ...

class TrainingData(_message.Message):
    __slots__ = ["annotations", "header", "items", "labelers"]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    LABELERS_FIELD_NUMBER: _ClassVar[int]
    annotations: TrainingAnnotations
    header: TrainingDataHeader
    items: TrainingItems
    labelers: TrainingLabelers
    def __init__(self, header: _Optional[_Union[TrainingDataHeader, _Mapping]] = ..., labelers: _Optional[_Union[TrainingLabelers, _Mapping]] = ..., items: _Optional[_Union[TrainingItems, _Mapping]] = ..., annotations: _Optional[_Union[TrainingAnnotations, _Mapping]] = ...) -> None: ...

class TrainingDataHeader(_message.Message):
    __slots__ = ["annotation_count", "classes", "feature_length", "item_count", "labeler_count", "lineage", "snapshot_id"]
    ANNOTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    FEATURE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    LABELER_COUNT_FIELD_NUMBER: _ClassVar[int]
    LINEAGE_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    annotation_count: int
    classes: _containers.RepeatedScalarFieldContainer[str]
    feature_length: int
    item_count: int
    labeler_count: int
    lineage: str
    snapshot_id: str
    def __init__(self, snapshot_id: _Optional[str] = ..., lineage: _Optional[str] = ..., classes: _Optional[_Iterable[str]] = ..., feature_length: _Optional[int] = ..., item_count: _Optional[int] = ..., labeler_count: _Optional[int] = ..., annotation_count: _Optional[int] = ...) -> None: ...

class TrainingItems(_message.Message):
    __slots__ = ["features", "gold_classes", "item_ids", "splits"]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    GOLD_CLASSES_FIELD_NUMBER: _ClassVar[int]
    ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    SPLITS_FIELD_NUMBER: _ClassVar[int]
    features: _tensor_pb2.Tensor
    gold_classes: _containers.RepeatedScalarFieldContainer[int]
    item_ids: _containers.RepeatedScalarFieldContainer[str]
    splits: _containers.RepeatedScalarFieldContainer[_item_pb2.Split]
    def __init__(self, item_ids: _Optional[_Iterable[str]] = ..., features: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., splits: _Optional[_Iterable[_Union[_item_pb2.Split, str]]] = ..., gold_classes: _Optional[_Iterable[int]] = ...) -> None: ...

class TrainingLabelers(_message.Message):
    __slots__ = ["labeler_ids"]
    LABELER_IDS_FIELD_NUMBER: _ClassVar[int]
    labeler_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, labeler_ids: _Optional[_Iterable[str]] = ...) -> None: ...
