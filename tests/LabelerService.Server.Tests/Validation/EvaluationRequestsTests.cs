using LabelerService.Contracts.V1;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Server.Inference.Evaluation;
using LabelerService.Server.Validation;
using DomainSplit = LabelerService.Core.Datasets.Split;
using WireSplit = LabelerService.Contracts.V1.Split;

namespace LabelerService.Server.Tests.Validation;

public sealed class EvaluationRequestsTests
{
    private static readonly string[] Grades = ["none", "mild", "severe"];

    [Fact]
    public void Nothing_asked_for_is_gold_of_the_test_split()
    {
        var plan = Read(new EvaluateModelRequest(), LabelKind.MultiClass);

        Assert.Equal((DomainSplit.Test, EvaluationBasis.Gold, null), (plan.Split, plan.Basis, plan.Positive));
        Assert.Equal(1_000, plan.ReplicasFor(500));
        Assert.Equal(100, plan.ReplicasFor(50_000_000));
        Assert.Equal([false, true], Read(new EvaluateModelRequest(), LabelKind.Binary, "no", "yes").Positive!);
        Assert.Equal(0.97, plan.Sensitivity);
    }

    [Fact]
    public void Positive_classes_are_read_by_name()
    {
        Assert.Equal([true, false, true], Read(new() { PositiveClasses = { "severe", "none" } }, LabelKind.MultiClass).Positive!);
        Assert.Equal([false, true, true], Read(new() { PositiveFrom = "mild", Sensitivity = 0.9 }, LabelKind.Ordinal).Positive!);
        Assert.Equal([true, false], Read(new() { PositiveClasses = { "no" } }, LabelKind.Binary, "no", "yes").Positive!);
        Assert.Null(Read(new() { Basis = EvaluationBasis.Labelers }, LabelKind.Binary, "no", "yes").Positive);
    }

    [Fact]
    public void Replicas_asked_for_are_taken() =>
        Assert.Equal(20, Read(new() { BootstrapReplicas = 20 }, LabelKind.MultiClass).ReplicasFor(50_000_000));

    public static TheoryData<string, string> Wrong => new()
    {
        { "an unknown class", "positive_classes[1]" },
        { "a class twice", "positive_classes[1]" },
        { "every class", "positive_classes" },
        { "names and an order", "positive_from" },
        { "from an unknown class", "positive_from" },
        { "from the lowest class", "positive_from" },
        { "an order where there is none", "positive_from" },
        { "sensitivity 0", "sensitivity" },
        { "sensitivity 1", "sensitivity" },
        { "sensitivity that is no number", "sensitivity" },
        { "sensitivity without positive classes", "sensitivity" },
        { "positive classes without gold", "positive_classes" },
        { "sensitivity without gold", "sensitivity" },
        { "an unknown basis", "basis" },
        { "an unknown split", "split" },
        { "too many replicas", "bootstrap_replicas" },
        { "fewer than no replicas", "bootstrap_replicas" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_cannot_be_is_refused_by_field(string fault, string field)
    {
        EvaluateModelRequest request = fault switch
        {
            "an unknown class" => new() { PositiveClasses = { "mild", "moderate" } },
            "a class twice" => new() { PositiveClasses = { "mild", "mild" } },
            "every class" => new() { PositiveClasses = { Grades } },
            "names and an order" => new() { PositiveClasses = { "mild" }, PositiveFrom = "mild" },
            "from an unknown class" => new() { PositiveFrom = "moderate" },
            "from the lowest class" => new() { PositiveFrom = "none" },
            "an order where there is none" => new() { PositiveFrom = "mild" },
            "sensitivity 0" => new() { PositiveFrom = "mild", Sensitivity = 0 },
            "sensitivity 1" => new() { PositiveFrom = "mild", Sensitivity = 1 },
            "sensitivity that is no number" => new() { PositiveFrom = "mild", Sensitivity = double.NaN },
            "sensitivity without positive classes" => new() { Sensitivity = 0.9 },
            "positive classes without gold" => new() { PositiveClasses = { "mild" }, Basis = EvaluationBasis.Labelers },
            "sensitivity without gold" => new() { Sensitivity = 0.9, Basis = EvaluationBasis.Labelers },
            "an unknown basis" => new() { Basis = (EvaluationBasis)7 },
            "an unknown split" => new() { Split = (WireSplit)7 },
            "too many replicas" => new() { BootstrapReplicas = 10_001 },
            "fewer than no replicas" => new() { BootstrapReplicas = -1 },
            _ => throw new ArgumentOutOfRangeException(nameof(fault)),
        };
        var kind = fault == "an order where there is none" ? LabelKind.MultiClass : LabelKind.Ordinal;

        var error = Assert.Throws<ServiceException>(() => Read(request, kind));

        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Equal(field, Assert.Single(error.Violations).Field);
    }

    [Fact]
    public void A_comparison_is_refused_by_field_too()
    {
        var validator = new RequestValidator();
        EvaluationRequests.Read(
            new CompareModelsRequest { Split = (WireSplit)7, Basis = (EvaluationBasis)7, BootstrapReplicas = -1 }, validator);

        var error = Assert.Throws<ServiceException>(validator.ThrowIfInvalid);
        Assert.Equal(["basis", "bootstrap_replicas", "split"], error.Violations.Select(violation => violation.Field));
    }

    private static ModelEvaluationPlan Read(EvaluateModelRequest request, LabelKind kind, params string[] classes)
    {
        var validator = new RequestValidator();
        var plan = EvaluationRequests.Read(
            request, new DatasetSchema(classes.Length == 0 ? Grades : classes, kind, ItemKind.Vector, [2]), validator);
        validator.ThrowIfInvalid();
        return plan;
    }
}
