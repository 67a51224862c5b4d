from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from labeler_client.api import retraining_pb2 as _retraining_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateRetrainingPolicyRequest(_message.Message):
    __slots__ = ["parent", "request_id", "retraining_policy", "retraining_policy_id"]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RETRAINING_POLICY_FIELD_NUMBER: _ClassVar[int]
    RETRAINING_POLICY_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    request_id: str
    retraining_policy: _retraining_pb2.RetrainingPolicy
    retraining_policy_id: str
    def __init__(self, parent: _Optional[str] = ..., retraining_policy_id: _Optional[str] = ..., retraining_policy: _Optional[_Union[_retraining_pb2.RetrainingPolicy, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteRetrainingPolicyRequest(_message.Message):
    __slots__ = ["etag", "name"]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    etag: str
    name: str
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class EvaluateRetrainingPolicyRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class EvaluateRetrainingPolicyResponse(_message.Message):
    __slots__ = ["held_back_by", "labelers", "triggers", "would_start"]
    HELD_BACK_BY_FIELD_NUMBER: _ClassVar[int]
    LABELERS_FIELD_NUMBER: _ClassVar[int]
    TRIGGERS_FIELD_NUMBER: _ClassVar[int]
    WOULD_START_FIELD_NUMBER: _ClassVar[int]
    held_back_by: str
    labelers: _containers.RepeatedCompositeFieldContainer[LabelerDriftFinding]
    triggers: _containers.RepeatedCompositeFieldContainer[TriggerFinding]
    would_start: bool
    def __init__(self, would_start: bool = ..., held_back_by: _Optional[str] = ..., triggers: _Optional[_Iterable[_Union[TriggerFinding, _Mapping]]] = ..., labelers: _Optional[_Iterable[_Union[LabelerDriftFinding, _Mapping]]] = ...) -> None: ...

class GetRetrainingPolicyRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class LabelerDriftFinding(_message.Message):
    __slots__ = ["alarm", "earlier_agreements", "earlier_count", "labeler_id", "p_value", "recent_agreements", "recent_count"]
    ALARM_FIELD_NUMBER: _ClassVar[int]
    EARLIER_AGREEMENTS_FIELD_NUMBER: _ClassVar[int]
    EARLIER_COUNT_FIELD_NUMBER: _ClassVar[int]
    LABELER_ID_FIELD_NUMBER: _ClassVar[int]
    P_VALUE_FIELD_NUMBER: _ClassVar[int]
    RECENT_AGREEMENTS_FIELD_NUMBER: _ClassVar[int]
    RECENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    alarm: bool
    earlier_agreements: int
    earlier_count: int
    labeler_id: str
    p_value: float
    recent_agreements: int
    recent_count: int
    def __init__(self, labeler_id: _Optional[str] = ..., earlier_count: _Optional[int] = ..., earlier_agreements: _Optional[int] = ..., recent_count: _Optional[int] = ..., recent_agreements: _Optional[int] = ..., p_value: _Optional[float] = ..., alarm: bool = ...) -> None: ...

class ListPromotionDecisionsRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "parent"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPromotionDecisionsResponse(_message.Message):
    __slots__ = ["next_page_token", "promotion_decisions"]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PROMOTION_DECISIONS_FIELD_NUMBER: _ClassVar[int]
    next_page_token: str
    promotion_decisions: _containers.RepeatedCompositeFieldContainer[_retraining_pb2.PromotionDecision]
    def __init__(self, promotion_decisions: _Optional[_Iterable[_Union[_retraining_pb2.PromotionDecision, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListRetrainingPoliciesRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "parent"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRetrainingPoliciesResponse(_message.Message):
    __slots__ = ["next_page_token", "retraining_policies"]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RETRAINING_POLICIES_FIELD_NUMBER: _ClassVar[int]
    next_page_token: str
    retraining_policies: _containers.RepeatedCompositeFieldContainer[_retraining_pb2.RetrainingPolicy]
    def __init__(self, retraining_policies: _Optional[_Iterable[_Union[_retraining_pb2.RetrainingPolicy, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class TriggerFinding(_message.Message):
    __slots__ = ["evidence", "fires", "trigger"]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    FIRES_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_FIELD_NUMBER: _ClassVar[int]
    evidence: str
    fires: bool
    trigger: str
    def __init__(self, trigger: _Optional[str] = ..., fires: bool = ..., evidence: _Optional[str] = ...) -> None: ...

class UpdateRetrainingPolicyRequest(_message.Message):
    __slots__ = ["retraining_policy", "update_mask"]
    RETRAINING_POLICY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    retraining_policy: _retraining_pb2.RetrainingPolicy
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, retraining_policy: _Optional[_Union[_retraining_pb2.RetrainingPolicy, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...
