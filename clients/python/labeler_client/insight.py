"""What annotations alone tell: consensus, labelers, suspected annotations, agreement, what to annotate next."""
from __future__ import annotations

import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterable, Mapping

from labeler_client import columns, optional, paging, tensors
from labeler_client.api import insight_pb2, insight_service_pb2, prediction_pb2
from labeler_client.errors import InputError
from labeler_client.handle import DatasetHandle
from labeler_client.progress import Progress, Reporter

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_POLICIES = {
    "information": insight_pb2.SUGGESTION_POLICY_EXPECTED_INFORMATION_GAIN, "activelab": insight_pb2.SUGGESTION_POLICY_ACTIVE_LAB,
    "uncertainty": insight_pb2.SUGGESTION_POLICY_UNCERTAINTY,
}
_SCALES = {
    "": insight_pb2.AGREEMENT_SCALE_UNSPECIFIED, "nominal": insight_pb2.AGREEMENT_SCALE_NOMINAL, "ordinal": insight_pb2.AGREEMENT_SCALE_ORDINAL,
    "interval": insight_pb2.AGREEMENT_SCALE_INTERVAL,
}
_NAN = float("nan")


@dataclass(frozen=True)
class Estimate:
    """A number with the ends of its 95 % interval (NaN where there is none) and how many annotations, items or pairs it rests on."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Agreement:
    """How much labelers agree."""

    percent: Estimate
    """Share of pairs of annotations of an item that are equal, 0 to 1, the mean over items."""
    fleiss_kappa: Estimate
    """Fleiss' κ, for varying numbers of annotations."""
    krippendorff_alpha: Estimate
    """Krippendorff's α."""
    pairs: Any
    """DataFrame of pairs of labelers, those who share most items first: ``labeler``, ``other``, ``shared_items``, ``percent``,
    ``cohen_kappa``, ``weighted_kappa`` (NaN where not defined)."""


@dataclass(frozen=True, eq=False)
class LabelerDetails:
    """Everything that is known of one labeler."""

    insight: insight_pb2.LabelerInsight
    """Accuracy, agreement, speed, time line, flags with evidence, look-alikes, as the service has them."""
    classes: list[str]
    """Names of the classes, the order of rows and columns."""
    confusion: np.ndarray[Any, Any] | None
    """float64 [K, K], P(answer | class), rows are classes; None where the method has no confusions."""
    counts: np.ndarray[Any, Any] | None
    """float64 [K, K], the expected number of annotations behind each cell."""


class InsightMethods(DatasetHandle):
    """Methods of a dataset that tell whom to trust, what is wrong, and what to do next.

    All take ``method``, an aggregator such as ``"ds"`` or ``"mv"`` (``./labeler aggregators`` lists them; the service chooses where it is
    empty), ``model``, the name of a model or version that votes as well, and ``use_gold``, whether gold classes teach about labelers.
    Answers hold for what was committed before the call. Where the work is not done yet the call waits, and ``progress`` is told percent.
    """

    def consensus(
        self, *, method: str = "", model: str = "", use_gold: bool = False, intervals: bool = False, unannotated: bool = False,
        progress: Progress = None,
    ) -> pd.DataFrame:
        """The classes of all items that have annotations (with ``unannotated``, of the others too), by what labelers said.

        Columns, as `labeler consensus` writes them: ``item``, ``class``, ``p_CLASS`` for each class, ``probability_wrong`` (that the class is
        wrong: methods are surer than they are right), ``difficulty`` (0 to 1), ``annotations``, and with ``intervals``
        ``probability_low`` and ``probability_high``.
        """
        settings = self._settings(method, model, use_gold, intervals)
        self._refresh(settings, [insight_service_pb2.INSIGHT_PART_CONSENSUS], "consensus", progress)
        numpy, pandas = optional.numpy(), optional.pandas()
        request = insight_service_pb2.ExportItemConsensusRequest(parent=self.name, settings=settings, include_unannotated=unannotated)
        classes: list[str] = list(self.classes)
        frames = []
        for answer in self.connection.stream(self.connection.insight.ExportItemConsensus, request):
            classes = list(answer.classes) or classes
            probabilities = tensors.array(answer.probabilities) if answer.item_ids else numpy.zeros((0, len(classes)), numpy.float32)
            block: dict[str, Any] = {"item": list(answer.item_ids), "class": [classes[index] for index in answer.class_indices]}
            block.update((f"p_{name}", probabilities[:, index]) for index, name in enumerate(classes))
            block["probability_wrong"] = numpy.array(answer.probabilities_wrong, numpy.float32)
            block["difficulty"] = numpy.array(answer.difficulties, numpy.float32)
            block["annotations"] = numpy.array(answer.annotation_counts, numpy.int32)
            if intervals:
                block["probability_low"] = numpy.array(answer.probability_lows, numpy.float32)
                block["probability_high"] = numpy.array(answer.probability_highs, numpy.float32)
            frames.append(pandas.DataFrame(block))
        return pandas.concat(frames, ignore_index=True) if frames else pandas.DataFrame(columns=["item", "class"])

    def labelers(
        self, *, method: str = "", model: str = "", use_gold: bool = False, intervals: bool = False, flagged: bool = False, progress: Progress = None,
    ) -> pd.DataFrame:
        """Whom to trust: labelers, or only those with a flag.

        Columns: ``labeler``, ``annotations``, ``accuracy`` (as the method has it; with ``intervals`` ``accuracy_low`` and ``accuracy_high``),
        ``agreement_with_others``, ``gold_accuracy``, ``agreement_with_model`` (NaN where not defined), ``flags`` (a tuple of spammer, constant,
        adversary, drifted, hasty, look_alike; the clearest first), ``evidence`` (of the clearest flag), ``too_little_evidence``.
        """
        settings = self._settings(method, model, use_gold, intervals)
        self._refresh(settings, [insight_service_pb2.INSIGHT_PART_LABELERS], "labelers", progress)
        request = insight_service_pb2.ListLabelerInsightsRequest(parent=self.name, settings=settings, flagged=flagged)
        rows = []
        for labeler in paging.walk(self.connection, self.connection.insight.ListLabelerInsights, request, lambda answer: answer.labelers):
            accuracy = _estimate(labeler.accuracy)
            rows.append((
                labeler.labeler_id, labeler.annotation_count, accuracy.value, accuracy.low, accuracy.high,
                _estimate(labeler.agreement_with_others).value, _estimate(labeler.gold_accuracy).value, _estimate(labeler.agreement_with_model).value,
                tuple(insight_pb2.LabelerFlag.Kind.Name(flag.kind)[len("KIND_"):].lower() for flag in labeler.flags),
                labeler.flags[0].evidence if labeler.flags else "", labeler.too_little_evidence,
            ))
        frame = optional.pandas().DataFrame(rows, columns=[
            "labeler", "annotations", "accuracy", "accuracy_low", "accuracy_high", "agreement_with_others", "gold_accuracy",
            "agreement_with_model", "flags", "evidence", "too_little_evidence",
        ])
        return frame if intervals else frame.drop(columns=["accuracy_low", "accuracy_high"])

    def labeler(self, labeler_id: Any, *, method: str = "", model: str = "", use_gold: bool = False, intervals: bool = False) -> LabelerDetails:
        """Everything that is known of one labeler, by key. NotFoundError if there is none."""
        key = columns.keys([labeler_id], "labeler")[0]
        settings = self._settings(method, model, use_gold, intervals)
        self._refresh(settings, [insight_service_pb2.INSIGHT_PART_LABELERS], "labelers", False)
        name = f"{self.name}/labelerInsights/id:{urllib.parse.quote(key, safe='')}"
        answer = self.connection.call(
            self.connection.insight.GetLabelerInsight, insight_service_pb2.GetLabelerInsightRequest(name=name, settings=settings))
        numpy, sides = optional.numpy(), (len(answer.classes), len(answer.classes))
        confusion = answer.labeler.confusion
        has_confusion = len(confusion.probabilities) > 0
        return LabelerDetails(
            answer.labeler, list(answer.classes), numpy.array(confusion.probabilities).reshape(sides) if has_confusion else None,
            numpy.array(confusion.counts).reshape(sides) if has_confusion else None)

    def suspects(
        self, *, limit: int | None = 100, labeler: Any = "", min_probability: float = 0.5, method: str = "", model: str = "",
        use_gold: bool = False, progress: Progress = None,
    ) -> pd.DataFrame:
        """Annotations that are likely to be wrong, the likeliest first, at most ``limit`` (None: all, up to the service's 100,000).

        Columns: ``item``, ``labeler``, ``label``, ``likely`` (what the item is likelier to be), ``likely_probability``,
        ``probability_wrong``, ``reasons``. ``min_probability`` is above 0, at most 1.
        """
        settings = self._settings(method, model, use_gold, intervals=False)
        self._refresh(settings, [insight_service_pb2.INSIGHT_PART_SUSPECTS], "suspects", progress)
        request = insight_service_pb2.ListSuspectedAnnotationsRequest(
            parent=self.name, settings=settings, labeler_id=columns.keys([labeler], "labeler")[0], min_probability_wrong=min_probability)
        found = paging.walk(
            self.connection, self.connection.insight.ListSuspectedAnnotations, request, lambda answer: answer.annotations, limit)
        rows = [
            (a.item_id, a.labeler_id, a.class_name, a.likely_class_name, a.likely_class_probability, a.probability_wrong, "; ".join(a.reasons))
            for a in found
        ]
        return optional.pandas().DataFrame(rows, columns=["item", "labeler", "label", "likely", "likely_probability", "probability_wrong", "reasons"])

    def agreement(self, *, scale: str = "", max_pairs: int = 100, progress: Progress = None) -> Agreement:
        """How much labelers agree, with bootstrap intervals. ``scale`` is ``"nominal"``, ``"ordinal"`` or ``"interval"``, by the dataset if
        empty."""
        if scale not in _SCALES:
            raise InputError(f"scale is one of {', '.join(filter(None, _SCALES))}, not \"{scale}\"")
        self._refresh(insight_pb2.InsightSettings(), [insight_service_pb2.INSIGHT_PART_AGREEMENT], "agreement", progress, _SCALES[scale])
        answer = self.connection.call(self.connection.insight.GetAgreement, insight_service_pb2.GetAgreementRequest(
            name=f"{self.name}/agreement", scale=_SCALES[scale], max_pairs=max_pairs))
        pairs = [
            (
                p.labeler_id, p.other_labeler_id, p.shared_items, p.percent_agreement, p.cohen_kappa if p.HasField("cohen_kappa") else _NAN,
                p.weighted_kappa if p.HasField("weighted_kappa") else _NAN,
            )
            for p in answer.pairs
        ]
        frame = optional.pandas().DataFrame(pairs, columns=["labeler", "other", "shared_items", "percent", "cohen_kappa", "weighted_kappa"])
        return Agreement(_estimate(answer.percent), _estimate(answer.fleiss_kappa), _estimate(answer.krippendorff_alpha), frame)

    def next(
        self, count: int, *, labelers: Iterable[Any] | Mapping[Any, Mapping[str, Any]] | None = None, filter: str = "", policy: str = "information",
        max_per_item: int = 1, method: str = "", model: str = "", use_gold: bool = False,
    ) -> pd.DataFrame:
        """What to have annotated next, and by whom: at most ``count`` (1 to 10,000), the best first. Changes nothing.

        ``labelers`` restricts who is asked: keys, or a mapping from key to ``{"cost": 5, "max": 30}`` (cost of an annotation in any unit,
        most annotations). ``filter`` chooses items, such as ``'split = TRAIN'``; without it all without gold. ``policy`` is
        ``"information"``, ``"activelab"`` (needs ``model``) or ``"uncertainty"``. Columns: ``item``, ``labeler`` ("" where any will do),
        ``score``, ``expected_information_gain`` (nats), ``probability_wrong`` (of the consensus so far), ``class``, ``annotations``, ``reason``.
        """
        if policy not in _POLICIES:
            raise InputError(f"policy is one of {', '.join(_POLICIES)}, not \"{policy}\"")
        settings = self._settings(method, model, use_gold, intervals=False)
        request = insight_service_pb2.SuggestAnnotationsRequest(
            parent=self.name, settings=settings, count=count, filter=filter, policy=_POLICIES[policy], max_per_item=max_per_item,
            only_listed_labelers=labelers is not None)
        terms = labelers if isinstance(labelers, Mapping) else {key: {} for key in labelers or ()}
        for (key, term), text in zip(terms.items(), columns.keys(list(terms), "labeler")):
            unknown = set(term) - {"cost", "max"}
            if unknown:
                raise InputError(f"of a labeler cost and max can be said, not {', '.join(sorted(unknown))} (of {key})")
            request.labelers.add(labeler_id=text, cost=term.get("cost", 0.0), max_annotations=term.get("max", 0))
        self._refresh(settings, [insight_service_pb2.INSIGHT_PART_CONSENSUS], "consensus", False)
        answer = self.connection.call(self.connection.insight.SuggestAnnotations, request)
        rows = [
            (s.item_id, s.labeler_id, s.score, s.expected_information_gain, s.probability_wrong, s.class_name, s.annotation_count, s.reason)
            for s in answer.suggestions
        ]
        return optional.pandas().DataFrame(rows, columns=[
            "item", "labeler", "score", "expected_information_gain", "probability_wrong", "class", "annotations", "reason"])

    def _settings(self, method: str, model: str, use_gold: bool, intervals: bool) -> insight_pb2.InsightSettings:
        selector = None
        if model:
            selector = prediction_pb2.ModelSelector(model=model if model.startswith("datasets/") else f"{self.name}/models/{model}")
        return insight_pb2.InsightSettings(method=method, model=selector, use_gold=use_gold, intervals=intervals)

    def _refresh(
        self, settings: insight_pb2.InsightSettings, parts: list[Any], what: str, progress: Progress,
        scale: Any = insight_pb2.AGREEMENT_SCALE_UNSPECIFIED,
    ) -> None:
        """Waits until the parts are worked out, however long that takes; the calls that fetch them then answer at once."""
        request = insight_service_pb2.RefreshInsightsRequest(parent=self.name, settings=settings, parts=parts, agreement_scale=scale)
        with Reporter(progress, f"{what}, percent of the current phase") as report:
            for answer in self.connection.stream(self.connection.insight.RefreshInsights, request):
                report(100 if answer.HasField("state") else int(answer.fraction * 100), 100)


def _estimate(message: insight_pb2.Estimate) -> Estimate:
    def known(name: str) -> float:
        return float(getattr(message, name)) if message.HasField(name) else _NAN

    return Estimate(known("value"), known("low"), known("high"), message.count)
