from labeler_client.api import prediction_pb2 as _prediction_pb2
from labeler_client.api import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BatchPredictRequest(_message.Message):
    __slots__ = ["dataset", "distilled", "features", "images", "items", "labeler_ids", "model", "outputs", "sequences", "texts"]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    DISTILLED_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    LABELER_IDS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCES_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    distilled: bool
    features: _tensor_pb2.Tensor
    images: _prediction_pb2.ImageBatch
    items: _prediction_pb2.ItemIds
    labeler_ids: _containers.RepeatedScalarFieldContainer[str]
    model: _prediction_pb2.ModelSelector
    outputs: _containers.RepeatedScalarFieldContainer[_prediction_pb2.PredictionOutput]
    sequences: _prediction_pb2.SequenceBatch
    texts: _prediction_pb2.TextBatch
    def __init__(self, dataset: _Optional[str] = ..., model: _Optional[_Union[_prediction_pb2.ModelSelector, _Mapping]] = ..., features: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., items: _Optional[_Union[_prediction_pb2.ItemIds, _Mapping]] = ..., texts: _Optional[_Union[_prediction_pb2.TextBatch, _Mapping]] = ..., sequences: _Optional[_Union[_prediction_pb2.SequenceBatch, _Mapping]] = ..., images: _Optional[_Union[_prediction_pb2.ImageBatch, _Mapping]] = ..., outputs: _Optional[_Iterable[_Union[_prediction_pb2.PredictionOutput, str]]] = ..., distilled: bool = ..., labeler_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchPredictResponse(_message.Message):
    __slots__ = ["model_version", "predictions"]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    PREDICTIONS_FIELD_NUMBER: _ClassVar[int]
    model_version: str
    predictions: _prediction_pb2.PredictionBatch
    def __init__(self, model_version: _Optional[str] = ..., predictions: _Optional[_Union[_prediction_pb2.PredictionBatch, _Mapping]] = ...) -> None: ...

class FeatureVector(_message.Message):
    __slots__ = ["values"]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, values: _Optional[_Iterable[float]] = ...) -> None: ...

class PredictRequest(_message.Message):
    __slots__ = ["dataset", "distilled", "features", "image", "include_labelers", "include_uncertainty", "item_id", "labeler_ids", "model", "sequence", "text"]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    DISTILLED_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_LABELERS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    LABELER_IDS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    distilled: bool
    features: FeatureVector
    image: bytes
    include_labelers: bool
    include_uncertainty: bool
    item_id: str
    labeler_ids: _containers.RepeatedScalarFieldContainer[str]
    model: _prediction_pb2.ModelSelector
    sequence: _tensor_pb2.Tensor
    text: str
    def __init__(self, dataset: _Optional[str] = ..., model: _Optional[_Union[_prediction_pb2.ModelSelector, _Mapping]] = ..., features: _Optional[_Union[FeatureVector, _Mapping]] = ..., item_id: _Optional[str] = ..., text: _Optional[str] = ..., sequence: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., image: _Optional[bytes] = ..., include_labelers: bool = ..., distilled: bool = ..., labeler_ids: _Optional[_Iterable[str]] = ..., include_uncertainty: bool = ...) -> None: ...

class PredictResponse(_message.Message):
    __slots__ = ["classes", "model_version", "prediction"]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_FIELD_NUMBER: _ClassVar[int]
    classes: _containers.RepeatedScalarFieldContainer[str]
    model_version: str
    prediction: _prediction_pb2.Prediction
    def __init__(self, model_version: _Optional[str] = ..., classes: _Optional[_Iterable[str]] = ..., prediction: _Optional[_Union[_prediction_pb2.Prediction, _Mapping]] = ...) -> None: ...

class StreamPredictRequest(_message.Message):
    __slots__ = ["request"]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: BatchPredictRequest
    def __init__(self, request: _Optional[_Union[BatchPredictRequest, _Mapping]] = ...) -> None: ...

class StreamPredictResponse(_message.Message):
    __slots__ = ["response"]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    response: BatchPredictResponse
    def __init__(self, response: _Optional[_Union[BatchPredictResponse, _Mapping]] = ...) -> None: ...
