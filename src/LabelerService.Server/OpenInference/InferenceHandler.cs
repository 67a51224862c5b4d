using System.Globalization;
using System.Reflection;
using LabelerService.Contracts.Inference;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Server.Inference;
using LabelerService.Server.Services;
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
    public async Task<bool> IsReadyAsync(CancellationToken cancel) => (await health.CheckHealthAsync(cancel)).Status != HealthStatus.Unhealthy;

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
            Inputs = { Input(pinned) },
            Outputs = { InferenceOutputs.Describe(manifest).Select(output => Tensor(output.Name, output.Datatype, output.Shape)) },
        };
        response.Properties.Add("version", Text(pinned.Version.Version));
        response.Properties.Add("algorithm", manifest.Algorithm);
        response.Properties.Add("classes", InferenceOutputs.JsonArray(manifest.Classes));
        response.Properties.Add("labelers", InferenceOutputs.LabelersJson(manifest, AllHeads(manifest)));
        response.Properties.Add("distilled", manifest.Distilled ? "true" : "false");
        if (pinned.Encoder.Encoding is { Kind: ItemEncodingKind.Sequence, MaxSteps: var steps })
        {
            response.Properties.Add("max_steps", Text(steps));
        }

        return response;
    }

    /// <summary>Predicts.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT, PERMISSION_DENIED, NOT_FOUND, FAILED_PRECONDITION, or what the engine refuses.</exception>
    public async Task<InferenceAnswer> InferAsync(InferenceCall call, CancellationToken cancel)
    {
        var input = OnlyInput(call.Inputs);
        var outputs = InferenceOutputs.Choose(call);
        var itemId = input is { Name: InferenceInput.ItemId, Texts: [var only] } ? only : null;
        using var pinned = await PinAsync(call.ModelName, call.ModelVersion, InferenceCall.NameField, InferenceCall.VersionField, itemId, cancel);
        var manifest = pinned.Version.Manifest;
        CheckDistilled(call, pinned.Version);
        var labelers = call.Labelers is { } list
            ? await reader.ReadSubsetAsync(list.Split(',', StringSplitOptions.TrimEntries), LabelersField, pinned, cancel)
            : null;
        var heads = labelers?.Heads ?? AllHeads(manifest);
        InferenceContents.Check(input, pinned);
        InferenceOutputs.CheckSize(outputs, (int)input.Shape[0], heads.Length, manifest.Classes.Count);
        using var items = input.Name == InferenceInput.ItemId
            ? await reader.ReadItemsAsync(input.Texts!, input.DataField, pinned, cancel)
            : InferenceContents.Read(input, pinned);
        var predicted = await engine.PredictAsync(pinned, items, InferenceOutputs.Options(outputs, call.Distilled, labelers), cancel);
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
        const string Known = $"{InferenceInput.Features}, {InferenceInput.Text}, {InferenceInput.Sequence} and {InferenceInput.ItemId}";
        for (var i = 0; i < inputs.Count; i++)
        {
            var input = inputs[i];
            if (input.Name is not (InferenceInput.Features or InferenceInput.Text or InferenceInput.Sequence or InferenceInput.ItemId))
            {
                throw ServiceException.InvalidField($"{input.Field}.name", $"is no input of a model; there are {Known}");
            }

            if (inputs.Take(i).Any(other => other.Name == input.Name))
            {
                throw ServiceException.InvalidField($"{input.Field}.name", $"{input.Name} stands there twice");
            }
        }

        return inputs is [var only]
            ? only
            : throw ServiceException.InvalidField(
                "inputs", $"must hold exactly one input: {InferenceInput.Features} [N, D] (or what the model's items are) or {InferenceInput.ItemId} [N]");
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

    private static ModelMetadataResponse.Types.TensorMetadata Input(PinnedModel model) => model.Encoder.Encoding switch
    {
        { Kind: ItemEncodingKind.Text } => Tensor(InferenceInput.Text, InferenceDatatype.Bytes, [-1]),
        { Kind: ItemEncodingKind.Sequence, StepLength: var step } => Tensor(InferenceInput.Sequence, InferenceDatatype.Fp32, [-1, -1, step]),
        _ => Tensor(InferenceInput.Features, InferenceDatatype.Fp32, [-1, model.ValuesLength]),
    };

    private static int[] AllHeads(ModelManifest manifest) => [.. Enumerable.Range(0, manifest.Heads.Count)];

    private static string Text(int version) => version.ToString(CultureInfo.InvariantCulture);

    private static ModelMetadataResponse.Types.TensorMetadata Tensor(string name, string datatype, IReadOnlyList<long> shape) =>
        new() { Name = name, Datatype = datatype, Shape = { shape } };
}
