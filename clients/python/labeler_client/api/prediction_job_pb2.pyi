from google.protobuf import timestamp_pb2 as _timestamp_pb2
from labeler_client.api import prediction_pb2 as _prediction_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ItemPrediction(_message.Message):
    __slots__ = ["item_id", "prediction"]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    prediction: _prediction_pb2.Prediction
    def __init__(self, item_id: _Optional[str] = ..., prediction: _Optional[_Union[_prediction_pb2.Prediction, _Mapping]] = ...) -> None: ...

class PredictionJob(_message.Message):
    __slots__ = ["cancel_requested", "create_time", "distilled", "end_time", "failure_message", "filter", "item_count", "model", "model_version", "name", "outputs", "predicted_count", "start_time", "state", "uid"]
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    CANCEL_REQUESTED_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DISTILLED_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    FAILURE_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_CANCELLED: PredictionJob.State
    STATE_FAILED: PredictionJob.State
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_QUEUED: PredictionJob.State
    STATE_RUNNING: PredictionJob.State
    STATE_SUCCEEDED: PredictionJob.State
    STATE_UNSPECIFIED: PredictionJob.State
    UID_FIELD_NUMBER: _ClassVar[int]
    cancel_requested: bool
    create_time: _timestamp_pb2.Timestamp
    distilled: bool
    end_time: _timestamp_pb2.Timestamp
    failure_message: str
    filter: str
    item_count: int
    model: _prediction_pb2.ModelSelector
    model_version: str
    name: str
    outputs: _containers.RepeatedScalarFieldContainer[_prediction_pb2.PredictionOutput]
    predicted_count: int
    start_time: _timestamp_pb2.Timestamp
    state: PredictionJob.State
    uid: str
    def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., model: _Optional[_Union[_prediction_pb2.ModelSelector, _Mapping]] = ..., filter: _Optional[str] = ..., outputs: _Optional[_Iterable[_Union[_prediction_pb2.PredictionOutput, str]]] = ..., distilled: bool = ..., state: _Optional[_Union[PredictionJob.State, str]] = ..., model_version: _Optional[str] = ..., item_count: _Optional[int] = ..., predicted_count: _Optional[int] = ..., failure_message: _Optional[str] = ..., cancel_requested: bool = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
