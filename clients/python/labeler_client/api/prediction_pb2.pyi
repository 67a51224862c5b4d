from labeler_client.api import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
PREDICTION_OUTPUT_DEVIATIONS: PredictionOutput
PREDICTION_OUTPUT_EXPECTED_DISAGREEMENTS: PredictionOutput
PREDICTION_OUTPUT_LABELER_PROBABILITIES: PredictionOutput
PREDICTION_OUTPUT_LABELER_WEIGHTS: PredictionOutput
PREDICTION_OUTPUT_UNSPECIFIED: PredictionOutput

class ImageBatch(_message.Message):
    __slots__ = ["images"]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, images: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ItemIds(_message.Message):
    __slots__ = ["item_ids"]
    ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    item_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, item_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class LabelerPrediction(_message.Message):
    __slots__ = ["labeler_id", "probabilities", "weight"]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    labeler_id: str
    probabilities: _containers.RepeatedScalarFieldContainer[float]
    weight: float
    def __init__(self, labeler_id: _Optional[str] = ..., weight: _Optional[float] = ..., probabilities: _Optional[_Iterable[float]] = ...) -> None: ...

class ModelSelector(_message.Message):
    __slots__ = ["alias", "model"]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    alias: str
    model: str
    def __init__(self, model: _Optional[str] = ..., alias: _Optional[str] = ...) -> None: ...

class Prediction(_message.Message):
    __slots__ = ["deviations", "disagreement", "entropy", "expected_disagreement", "labelers", "predicted_class", "predicted_class_index", "probabilities"]
    DEVIATIONS_FIELD_NUMBER: _ClassVar[int]
    DISAGREEMENT_FIELD_NUMBER: _ClassVar[int]
    ENTROPY_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_DISAGREEMENT_FIELD_NUMBER: _ClassVar[int]
    LABELERS_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_CLASS_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_CLASS_INDEX_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    deviations: _containers.RepeatedScalarFieldContainer[float]
    disagreement: float
    entropy: float
    expected_disagreement: float
    labelers: _containers.RepeatedCompositeFieldContainer[LabelerPrediction]
    predicted_class: str
    predicted_class_index: int
    probabilities: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, predicted_class: _Optional[str] = ..., predicted_class_index: _Optional[int] = ..., probabilities: _Optional[_Iterable[float]] = ..., entropy: _Optional[float] = ..., disagreement: _Optional[float] = ..., labelers: _Optional[_Iterable[_Union[LabelerPrediction, _Mapping]]] = ..., expected_disagreement: _Optional[float] = ..., deviations: _Optional[_Iterable[float]] = ...) -> None: ...

class PredictionBatch(_message.Message):
    __slots__ = ["classes", "deviations", "disagreements", "entropies", "expected_disagreements", "labeler_ids", "labeler_probabilities", "labeler_weights", "predicted_class_indexes", "probabilities"]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    DEVIATIONS_FIELD_NUMBER: _ClassVar[int]
    DISAGREEMENTS_FIELD_NUMBER: _ClassVar[int]
    ENTROPIES_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_DISAGREEMENTS_FIELD_NUMBER: _ClassVar[int]
    LABELER_IDS_FIELD_NUMBER: _ClassVar[int]
    LABELER_PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    LABELER_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_CLASS_INDEXES_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    classes: _containers.RepeatedScalarFieldContainer[str]
    deviations: _tensor_pb2.Tensor
    disagreements: _containers.RepeatedScalarFieldContainer[float]
    entropies: _containers.RepeatedScalarFieldContainer[float]
    expected_disagreements: _containers.RepeatedScalarFieldContainer[float]
    labeler_ids: _containers.RepeatedScalarFieldContainer[str]
    labeler_probabilities: _tensor_pb2.Tensor
    labeler_weights: _tensor_pb2.Tensor
    predicted_class_indexes: _containers.RepeatedScalarFieldContainer[int]
    probabilities: _tensor_pb2.Tensor
    def __init__(self, classes: _Optional[_Iterable[str]] = ..., predicted_class_indexes: _Optional[_Iterable[int]] = ..., probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., entropies: _Optional[_Iterable[float]] = ..., disagreements: _Optional[_Iterable[float]] = ..., labeler_ids: _Optional[_Iterable[str]] = ..., labeler_probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., labeler_weights: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., expected_disagreements: _Optional[_Iterable[float]] = ..., deviations: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class SequenceBatch(_message.Message):
    __slots__ = ["sequences"]
    SEQUENCES_FIELD_NUMBER: _ClassVar[int]
    sequences: _containers.RepeatedCompositeFieldContainer[_tensor_pb2.Tensor]
    def __init__(self, sequences: _Optional[_Iterable[_Union[_tensor_pb2.Tensor, _Mapping]]] = ...) -> None: ...

class TextBatch(_message.Message):
    __slots__ = ["texts"]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    texts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, texts: _Optional[_Iterable[str]] = ...) -> None: ...

class PredictionOutput(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
