from google.protobuf import timestamp_pb2 as _timestamp_pb2
from labeler_client.api import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CardDataset(_message.Message):
    __slots__ = ["display_name", "name", "snapshot_id"]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    name: str
    snapshot_id: str
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., snapshot_id: _Optional[str] = ...) -> None: ...

class CardGraph(_message.Message):
    __slots__ = ["format", "inputs", "outputs", "parity_max_difference", "sha256", "size"]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    PARITY_MAX_DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    format: str
    inputs: _containers.RepeatedCompositeFieldContainer[CardTensor]
    outputs: _containers.RepeatedCompositeFieldContainer[CardTensor]
    parity_max_difference: float
    sha256: str
    size: int
    def __init__(self, format: _Optional[str] = ..., sha256: _Optional[str] = ..., size: _Optional[int] = ..., inputs: _Optional[_Iterable[_Union[CardTensor, _Mapping]]] = ..., outputs: _Optional[_Iterable[_Union[CardTensor, _Mapping]]] = ..., parity_max_difference: _Optional[float] = ...) -> None: ...

class CardLimit(_message.Message):
    __slots__ = ["code", "text"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    code: str
    text: str
    def __init__(self, code: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class CardTensor(_message.Message):
    __slots__ = ["data_type", "description", "name", "shape"]
    DATA_TYPE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    data_type: str
    description: str
    name: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., data_type: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., description: _Optional[str] = ...) -> None: ...

class CardTraining(_message.Message):
    __slots__ = ["algorithm", "champion_version", "code_version", "parent_version", "reference", "seconds", "seed", "selection", "settings", "summary", "temperature", "training_run"]
    class SettingsEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    CHAMPION_VERSION_FIELD_NUMBER: _ClassVar[int]
    CODE_VERSION_FIELD_NUMBER: _ClassVar[int]
    PARENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TRAINING_RUN_FIELD_NUMBER: _ClassVar[int]
    algorithm: str
    champion_version: str
    code_version: str
    parent_version: str
    reference: str
    seconds: float
    seed: int
    selection: _model_pb2.ModelSelection
    settings: _containers.ScalarMap[str, str]
    summary: str
    temperature: float
    training_run: str
    def __init__(self, algorithm: _Optional[str] = ..., summary: _Optional[str] = ..., reference: _Optional[str] = ..., settings: _Optional[_Mapping[str, str]] = ..., seed: _Optional[int] = ..., code_version: _Optional[str] = ..., seconds: _Optional[float] = ..., training_run: _Optional[str] = ..., parent_version: _Optional[str] = ..., champion_version: _Optional[str] = ..., selection: _Optional[_Union[_model_pb2.ModelSelection, _Mapping]] = ..., temperature: _Optional[float] = ...) -> None: ...

class ModelCard(_message.Message):
    __slots__ = ["aliases", "classes", "create_time", "data", "dataset", "description", "display_name", "graph", "heads", "intended_uses", "limits", "metrics", "schema", "training", "version"]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    GRAPH_FIELD_NUMBER: _ClassVar[int]
    HEADS_FIELD_NUMBER: _ClassVar[int]
    INTENDED_USES_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    TRAINING_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    aliases: _containers.RepeatedScalarFieldContainer[str]
    classes: _containers.RepeatedScalarFieldContainer[str]
    create_time: _timestamp_pb2.Timestamp
    data: _model_pb2.TrainingDataSummary
    dataset: CardDataset
    description: str
    display_name: str
    graph: CardGraph
    heads: _containers.RepeatedCompositeFieldContainer[_model_pb2.ModelHead]
    intended_uses: _containers.RepeatedScalarFieldContainer[str]
    limits: _containers.RepeatedCompositeFieldContainer[CardLimit]
    metrics: _containers.RepeatedCompositeFieldContainer[_model_pb2.Metric]
    schema: str
    training: CardTraining
    version: str
    def __init__(self, schema: _Optional[str] = ..., version: _Optional[str] = ..., display_name: _Optional[str] = ..., description: _Optional[str] = ..., aliases: _Optional[_Iterable[str]] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., dataset: _Optional[_Union[CardDataset, _Mapping]] = ..., classes: _Optional[_Iterable[str]] = ..., data: _Optional[_Union[_model_pb2.TrainingDataSummary, _Mapping]] = ..., training: _Optional[_Union[CardTraining, _Mapping]] = ..., metrics: _Optional[_Iterable[_Union[_model_pb2.Metric, _Mapping]]] = ..., heads: _Optional[_Iterable[_Union[_model_pb2.ModelHead, _Mapping]]] = ..., intended_uses: _Optional[_Iterable[str]] = ..., limits: _Optional[_Iterable[_Union[CardLimit, _Mapping]]] = ..., graph: _Optional[_Union[CardGraph, _Mapping]] = ...) -> None: ...
