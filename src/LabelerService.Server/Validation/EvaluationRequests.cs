using Google.Protobuf.Collections;
using LabelerService.Contracts.V1;
using LabelerService.Core.Datasets;
using LabelerService.Core.Metrics;
using LabelerService.Server.Inference.Evaluation;
using LabelerService.Server.Mapping;
using DomainSplit = LabelerService.Core.Datasets.Split;
using WireSplit = LabelerService.Contracts.V1.Split;

namespace LabelerService.Server.Validation;

/// <summary>Reads what an evaluation or a comparison asks for.</summary>
internal static class EvaluationRequests
{
    private const int MaximumReplicas = 10_000;

    /// <summary>The plan of an evaluation; only meaningful if the validator has no violation.</summary>
    public static ModelEvaluationPlan Read(EvaluateModelRequest request, DatasetSchema schema, RequestValidator validator)
    {
        var (split, basis, replicas) = Read(request.Split, request.Basis, request.BootstrapReplicas, validator);
        var positive = ReadPositive(request, schema, basis, validator);
        if (request.HasSensitivity)
        {
            // Written so that NaN is refused, too.
            validator.Require(request.Sensitivity is > 0 and < 1, "sensitivity", "must lie between 0 and 1, both excluded");
            if (basis == EvaluationBasis.Labelers)
            {
                validator.Add("sensitivity", NeedsGold);
            }
            else if (request.PositiveClasses.Count == 0 && request.PositiveFrom.Length == 0)
            {
                validator.Require(
                    schema.LabelKind == LabelKind.Binary, "sensitivity",
                    "needs positive classes: say which in positive_classes or, for an ordinal dataset, in positive_from");
            }
        }

        return new ModelEvaluationPlan(
            split, basis, replicas, positive, request.HasSensitivity ? request.Sensitivity : BinarySample.DefaultSensitivity);
    }

    /// <summary>The plan of a comparison; only meaningful if the validator has no violation.</summary>
    public static EvaluationPlan Read(CompareModelsRequest request, RequestValidator validator)
    {
        var (split, basis, replicas) = Read(request.Split, request.Basis, request.BootstrapReplicas, validator);
        return new EvaluationPlan(split, basis, replicas);
    }

    private const string NeedsGold = "is measured against gold only; leave it out with EVALUATION_BASIS_LABELERS";

    private static (DomainSplit Split, EvaluationBasis Basis, int? Replicas) Read(
        WireSplit split, EvaluationBasis basis, int replicas, RequestValidator validator)
    {
        validator.Require(Enum.IsDefined(basis), "basis", "is not a basis this service knows");
        validator.Require(replicas is >= 0 and <= MaximumReplicas, "bootstrap_replicas", $"must be from 0 to {MaximumReplicas}");
        return (
            ItemMapping.ReadSplit(split, "split", validator) ?? DomainSplit.Test,
            basis == EvaluationBasis.Unspecified ? EvaluationBasis.Gold : basis,
            replicas == 0 ? null : replicas);
    }

    private static bool[]? ReadPositive(EvaluateModelRequest request, DatasetSchema schema, EvaluationBasis basis, RequestValidator validator)
    {
        var (byName, from) = (request.PositiveClasses.Count > 0, request.PositiveFrom.Length > 0);
        if (basis == EvaluationBasis.Labelers)
        {
            validator.Require(!byName, "positive_classes", NeedsGold);
            validator.Require(!from, "positive_from", NeedsGold);
            return null;
        }

        if (byName && from)
        {
            validator.Add("positive_from", "excludes positive_classes: give one of the two");
            return null;
        }

        if (byName)
        {
            return ReadClasses(request.PositiveClasses, schema, validator);
        }

        if (from)
        {
            return ReadFrom(request.PositiveFrom, schema, validator);
        }

        return schema.LabelKind == LabelKind.Binary ? [false, true] : null;
    }

    private static bool[] ReadClasses(RepeatedField<string> names, DatasetSchema schema, RequestValidator validator)
    {
        var reader = new ClassReader(schema);
        var positive = new bool[schema.Classes.Count];
        for (var i = 0; i < names.Count && !validator.IsFull; i++)
        {
            var field = $"positive_classes[{i}]";
            var index = reader.ByName(names[i], field, validator);
            if (index >= 0 && validator.Require(!positive[index], field, "repeats a class"))
            {
                positive[index] = true;
            }
        }

        validator.Require(!Array.TrueForAll(positive, p => p), "positive_classes", "names every class: at least one must be negative");
        return positive;
    }

    private static bool[]? ReadFrom(string name, DatasetSchema schema, RequestValidator validator)
    {
        const string field = "positive_from";
        if (!validator.Require(
            schema.LabelKind == LabelKind.Ordinal, field, "the dataset's classes have no order; name the positive ones in positive_classes"))
        {
            return null;
        }

        var index = new ClassReader(schema).ByName(name, field, validator);
        validator.Require(index != 0, field, "is the lowest class: every class would be positive");
        return index > 0 ? BinaryCollapse.AtLeast(index, schema.Classes.Count) : null;
    }
}
