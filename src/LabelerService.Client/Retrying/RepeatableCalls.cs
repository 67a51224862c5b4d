using System.Collections.Frozen;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using LabelerService.Contracts.Inference;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>
/// Which calls may be sent again although the first may have been carried out: reads, calls that are listed here because a repetition changes
/// nothing, and writes that carry a <c>request_id</c>. Deletes are not among them: a repeated delete answers NOT_FOUND. Streams are not:
/// what was read from a source is gone.
/// </summary>
internal static class RepeatableCalls
{
    private static readonly FileDescriptor[] Files =
    [
        DatasetServiceReflection.Descriptor, ItemServiceReflection.Descriptor, LabelerRegistryServiceReflection.Descriptor,
        AnnotationServiceReflection.Descriptor, TrainingServiceReflection.Descriptor, RetrainingServiceReflection.Descriptor,
        CurveServiceReflection.Descriptor, ModelServiceReflection.Descriptor, BackboneServiceReflection.Descriptor,
        PredictionServiceReflection.Descriptor, PredictionJobServiceReflection.Descriptor, InsightServiceReflection.Descriptor,
        ApiKeyServiceReflection.Descriptor, AuditServiceReflection.Descriptor,
    ];

    // Not GET, and still harmless: nothing is stored, or the second finds the state that the first made.
    private static readonly string[] Harmless =
    [
        "/labeler.v1.PredictionService/Predict", "/labeler.v1.PredictionService/BatchPredict", "/labeler.v1.InsightService/SuggestAnnotations",
        "/labeler.v1.ModelService/EvaluateModel", "/labeler.v1.ModelService/CompareModels", "/labeler.v1.ModelService/DeleteModelVersion",
        "/labeler.v1.RetrainingService/EvaluateRetrainingPolicy", "/labeler.v1.TrainingService/CancelTrainingRun",
        "/labeler.v1.PredictionJobService/CancelPredictionJob", "/labeler.v1.CurveService/ResumeCurve",
    ];

    private static readonly FrozenSet<string> Always = Harmless
        .Concat(Files.SelectMany(file => file.Services).SelectMany(service => service.Methods).Where(IsRead).Select(PathOf))
        .Concat(OpenInferenceReflection.Descriptor.Services.SelectMany(service => service.Methods).Where(IsOnce).Select(PathOf))
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether this call may be sent again.</summary>
    public static bool Includes<TRequest>(IMethod method, TRequest request) => method.Type == MethodType.Unary
        && (Always.Contains(method.FullName) || (request is IMessage message && HasRequestId(message)));

    private static bool HasRequestId(IMessage message) =>
        message.Descriptor.FindFieldByName("request_id") is { FieldType: FieldType.String, IsRepeated: false } field
        && field.Accessor.GetValue(message) is string { Length: > 0 };

    private static bool IsRead(MethodDescriptor method) =>
        IsOnce(method) && method.GetOptions()?.GetExtension(AnnotationsExtensions.Http)?.PatternCase == HttpRule.PatternOneofCase.Get;

    private static bool IsOnce(MethodDescriptor method) => !method.IsClientStreaming && !method.IsServerStreaming;

    private static string PathOf(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";
}
