from google.protobuf import empty_pb2 as _empty_pb2
from labeler_client.api import prediction_job_pb2 as _prediction_job_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CancelPredictionJobRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreatePredictionJobRequest(_message.Message):
    __slots__ = ["parent", "prediction_job", "request_id", "validate_only"]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_JOB_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    prediction_job: _prediction_job_pb2.PredictionJob
    request_id: str
    validate_only: bool
    def __init__(self, parent: _Optional[str] = ..., prediction_job: _Optional[_Union[_prediction_job_pb2.PredictionJob, _Mapping]] = ..., request_id: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class DeletePredictionJobRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DownloadPredictionsRequest(_message.Message):
    __slots__ = ["format", "name"]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    format: str
    name: str
    def __init__(self, name: _Optional[str] = ..., format: _Optional[str] = ...) -> None: ...

class DownloadPredictionsResponse(_message.Message):
    __slots__ = ["data"]
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class GetPredictionJobRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListPredictionJobsRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "parent"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPredictionJobsResponse(_message.Message):
    __slots__ = ["next_page_token", "prediction_jobs"]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_JOBS_FIELD_NUMBER: _ClassVar[int]
    next_page_token: str
    prediction_jobs: _containers.RepeatedCompositeFieldContainer[_prediction_job_pb2.PredictionJob]
    def __init__(self, prediction_jobs: _Optional[_Iterable[_Union[_prediction_job_pb2.PredictionJob, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListPredictionsRequest(_message.Message):
    __slots__ = ["name", "page_size", "page_token"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPredictionsResponse(_message.Message):
    __slots__ = ["next_page_token", "predictions"]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PREDICTIONS_FIELD_NUMBER: _ClassVar[int]
    next_page_token: str
    predictions: _containers.RepeatedCompositeFieldContainer[_prediction_job_pb2.ItemPrediction]
    def __init__(self, predictions: _Optional[_Iterable[_Union[_prediction_job_pb2.ItemPrediction, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
