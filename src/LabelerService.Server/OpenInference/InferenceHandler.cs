using System.Globalization;
using System.Reflection;
using LabelerService.Contracts.Inference;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Server.Inference;
using LabelerService.Server.Services;
using LabelerService.Server.Validation;
using LabelerService.Storage.Models;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LabelerService.Server.OpenInference;

/// <summary>The Open Inference Protocol behind both of its transports.</summary>
internal sealed class InferenceHandler(
    PredictionEngine engine, PredictionReader reader, ModelStore models, DatasetResolver datasets, HealthCheckService health)
{
    private const string ServerName = "labeler";
    private const string Platform = "onnx_onnxv1";
    private const int MaximumVersions = 1_000;
    private const string LabelersField = $"parameters[{InferenceCall.LabelersParameter}]";

    private static readonly string ServerVersion =
        typeof(InferenceHandler).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>What the server is.</summary>
    public static ServerMetadataResponse ServerMetadata() =>
        new() { Name = ServerName, Version = ServerVersion, Extensions = { "binary_tensor_data", "labelers", "distilled" } };

    /// <summary>Whether the server can do its work, as <c>/readyz</c> says.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancel) => (await health.CheckHealthAsync(cancel)).Status == HealthStatus.Healthy;

    /// <summary>Whether a model can answer; it is loaded to know.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT for a malformed name, PERMISSION_DENIED outside the caller's scope.</exception>
    public async Task<bool> IsModelReadyAsync(string name, string version, CancellationToken cancel)
    {
        try
        {
            using var pinned = await PinAsync(name, version, "name", "version", itemId: null, cancel);
            return true;
        }
        catch (ServiceException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.FailedPrecondition)
        {
            return false;
        }
    }

    /// <summary>What a model takes and gives.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT, PERMISSION_DENIED, NOT_FOUND.</exception>
    public async Task<ModelMetadataResponse> ModelMetadataAsync(string name, string version, CancellationToken cancel)
    {
        using var pinned = await PinAsync(name, version, "name", "version", itemId: null, cancel);
        var manifest = pinned.Version.Manifest;
        var versions = await models.ListVersionsAsync(pinned.Dataset, pinned.Version.ModelId, null, MaximumVersions, cancel);
        var response = new ModelMetadataResponse
        {
            Name = name,
            Versions = { versions.Select(record => Text(record.Version)) },
            Platform = Platform,
            Inputs = { Tensor(InferenceInput.Features, InferenceDatatype.Fp32, [-1, manifest.FeatureLength]) },
            Outputs = { InferenceOutputs.Describe(manifest).Select(output => Tensor(output.Name, output.Datatype, output.Shape)) },
        };
        response.Properties.Add("version", Text(pinned.Version.Version));
        response.Properties.Add("algorithm", manifest.Algorithm);
        response.Properties.Add("classes", InferenceOutputs.JsonArray(manifest.Classes));
        response.Properties.Add("labelers", InferenceOutputs.LabelersJson(manifest, AllHeads(manifest)));
        response.Properties.Add("distilled", manifest.Distilled ? "true" : "false");
        return response;
    }

    /// <summary>Predicts.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT, PERMISSION_DENIED, NOT_FOUND, FAILED_PRECONDITION, or what the engine refuses.</exception>
    public async Task<InferenceAnswer> InferAsync(InferenceCall call, CancellationToken cancel)
    {
        var input = OnlyInput(call.Inputs);
        var outputs = InferenceOutputs.Choose(call);
        var itemId = input.Texts is [var only] ? only : null;
        using var pinned = await PinAsync(call.ModelName, call.ModelVersion, InferenceCall.NameField, InferenceCall.VersionField, itemId, cancel);
        var manifest = pinned.Version.Manifest;
        CheckDistilled(call, pinned.Version);
        var labelers = call.Labelers is { } list
            ? await reader.ReadSubsetAsync(list.Split(',', StringSplitOptions.TrimEntries), LabelersField, pinned, cancel)
            : null;
        var heads = labelers?.Heads ?? AllHeads(manifest);
        CheckShape(input, manifest.FeatureLength);
        var count = (int)input.Shape[0];
        InferenceOutputs.CheckSize(outputs, count, heads.Length, manifest.Classes.Count);
        using var features = input.Floats is { } given
            ? new RequestFeatures(CheckFinite(input, given, manifest.FeatureLength), count)
            : await reader.ReadItemsAsync(input.Texts!, input.DataField, pinned, cancel);
        var predicted = await engine.PredictAsync(pinned, features.Values, count, InferenceOutputs.Options(outputs, call.Distilled, labelers), cancel);
        return new InferenceAnswer(
            call.ModelName, pinned.Version.Version, call.Id,
            [.. outputs.Select(name => InferenceOutputs.Create(name, predicted, manifest, heads))]);
    }

    private async Task<PinnedModel> PinAsync(string name, string version, string nameField, string versionField, string? itemId, CancellationToken cancel)
    {
        var model = InferenceModelName.Parse(name, nameField);
        var (number, alias) = InferenceModelName.ParseVersion(version, versionField);
        datasets.CheckScope(model.Dataset, nameField);
        try
        {
            return await engine.PinAsync(model.Dataset, model.Model, number, alias, version.Length > 0 ? versionField : nameField, itemId, cancel);
        }
        catch (ServiceException error) when (error is { Kind: ErrorKind.NotFound, Violations: [{ Field: "dataset" } violation] })
        {
            // The engine names a field that this protocol does not have.
            throw new ServiceException(error.Kind, error.Reason, error.Message, violation with { Field = nameField });
        }
    }

    private static InferenceInput OnlyInput(IReadOnlyList<InferenceInput> inputs)
    {
        const string OneOfTwo = $"must hold exactly one input: {InferenceInput.Features} [N, D] or {InferenceInput.ItemId} [N]";
        for (var i = 0; i < inputs.Count; i++)
        {
            var input = inputs[i];
            if (input.Name is not (InferenceInput.Features or InferenceInput.ItemId))
            {
                throw ServiceException.InvalidField($"{input.Field}.name", $"is no input of this model; there are {InferenceInput.Features} and {InferenceInput.ItemId}");
            }

            if (inputs.Take(i).Any(other => other.Name == input.Name))
            {
                throw ServiceException.InvalidField($"{input.Field}.name", $"{input.Name} stands there twice");
            }
        }

        if (inputs is not [var only])
        {
            throw ServiceException.InvalidField("inputs", OneOfTwo);
        }

        return (only.Name == InferenceInput.Features) == only.Floats is not null
            ? only
            : throw ServiceException.InvalidField(
                $"{only.Field}.datatype", $"must be {(only.Texts is null ? InferenceDatatype.Bytes : $"{InferenceDatatype.Fp32} or {InferenceDatatype.Fp16}")} for {only.Name}");
    }

    private static void CheckShape(InferenceInput input, int featureLength)
    {
        var (sides, expected) = input.Floats is null ? (1, "[items]") : (2, $"[items, {featureLength}]");
        if (input.Shape.Count != sides)
        {
            throw ServiceException.InvalidField($"{input.Field}.shape", $"has {input.Shape.Count} sides; {input.Name} takes {expected}");
        }

        if (input.Shape[0] > Limits.Batch)
        {
            throw ServiceException.InvalidField($"{input.Field}.shape[0]", $"is {input.Shape[0]}; a request takes at most {Limits.Batch} items");
        }

        if (sides == 2 && input.Shape[1] != featureLength)
        {
            throw ServiceException.InvalidField($"{input.Field}.shape[1]", $"is {input.Shape[1]}; the model takes vectors of length {featureLength}");
        }
    }

    private static float[] CheckFinite(InferenceInput input, float[] features, int featureLength)
    {
        var at = TensorReader.FirstNonFinite(features);
        return at < 0
            ? features
            : throw ServiceException.InvalidField(input.DataField, $"row {at / featureLength}, value {at % featureLength} is not a finite number");
    }

    private static void CheckDistilled(InferenceCall call, ModelVersionRecord version)
    {
        if (call is { Distilled: true, Labelers: not null })
        {
            throw ServiceException.InvalidField(LabelersField, "must not be set with distilled: the distilled head stands for all labelers");
        }

        if (call.Distilled && !version.Manifest.Distilled)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "NOT_DISTILLED",
                $"version {version.Version} of model {version.ModelId} has no distilled head; train one with the setting distil=on, or predict without distilled",
                new FieldViolation($"parameters[{InferenceCall.DistilledParameter}]", "the version has no distilled head"));
        }
    }

    private static int[] AllHeads(ModelManifest manifest) => [.. Enumerable.Range(0, manifest.Heads.Count)];

    private static string Text(int version) => version.ToString(CultureInfo.InvariantCulture);

    private static ModelMetadataResponse.Types.TensorMetadata Tensor(string name, string datatype, IReadOnlyList<long> shape) =>
        new() { Name = name, Datatype = datatype, Shape = { shape } };
}
