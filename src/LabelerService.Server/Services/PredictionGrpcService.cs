using Google.Protobuf.Collections;
using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Inference;
using LabelerService.Server.Mapping;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.PredictionService</c>.</summary>
internal sealed class PredictionGrpcService(
    PredictionEngine engine, ItemStore items, DatasetResolver datasets) : PredictionService.PredictionServiceBase
{
    // An answer with every head's distributions is bounded like a request is.
    private const long LabelerValues = Limits.MessageBytes / sizeof(float);

    public override async Task<PredictResponse> Predict(PredictRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        using var pinned = await PinAsync(request.Dataset, request.Model, cancel);
        var (dataset, version) = (pinned.Dataset, pinned.Version);
        CheckDistilled(request.Distilled, request.IncludeLabelers, "include_labelers", version);
        var features = request.InputCase switch
        {
            PredictRequest.InputOneofCase.Features => ReadVector(request.Features, version),
            PredictRequest.InputOneofCase.ItemId => await ReadItemsAsync(dataset, [request.ItemId], "item_id", version, cancel),
            _ => throw ServiceException.InvalidField("features", "must be set, or item_id"),
        };
        var options = new PredictionOptions
        {
            LabelerProbabilities = request.IncludeLabelers,
            LabelerWeights = request.IncludeLabelers,
            Distilled = request.Distilled,
        };
        var predicted = await engine.PredictAsync(pinned, features, 1, options, cancel);
        var top = predicted.TopClass(0);
        var prediction = new Prediction
        {
            PredictedClass = version.Manifest.Classes[top],
            PredictedClassIndex = top,
            Probabilities = { predicted.Probabilities },
            Entropy = predicted.Entropies[0],
            Disagreement = predicted.Disagreements.FirstOrDefault(),
        };
        if (request.IncludeLabelers)
        {
            AddLabelers(prediction, predicted, version);
        }

        return new PredictResponse
        {
            ModelVersion = ResourceName.ModelVersion(dataset.Id, version.ModelId, version.Version),
            Classes = { version.Manifest.Classes },
            Prediction = prediction,
        };
    }

    public override async Task<BatchPredictResponse> BatchPredict(BatchPredictRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        using var pinned = await PinAsync(request.Dataset, request.Model, cancel);
        var (dataset, version) = (pinned.Dataset, pinned.Version);
        var (wantProbabilities, wantWeights) = ReadOutputs(request);
        CheckDistilled(request.Distilled, request.Outputs.Count > 0, "outputs", version);
        var (features, count) = await ReadBatchAsync(request, dataset, version, cancel);
        var (classes, heads) = (version.Manifest.Classes.Count, version.Manifest.Heads.Count);
        var perItem = (wantProbabilities ? (long)heads * classes : 0) + (wantWeights ? heads : 0);
        if (count * perItem > LabelerValues)
        {
            throw ServiceException.InvalidField(
                "outputs", $"{count} items with {perItem} values each for their {heads} labelers are too many for one answer; ask for at most {LabelerValues / perItem} items at once");
        }

        var options = new PredictionOptions
        {
            LabelerProbabilities = wantProbabilities,
            LabelerWeights = wantWeights,
            Distilled = request.Distilled,
        };
        var predicted = await engine.PredictAsync(pinned, features, count, options, cancel);
        var batch = new PredictionBatch
        {
            Classes = { version.Manifest.Classes },
            Probabilities = ItemMapping.ToTensor(predicted.Probabilities, count, classes),
            Entropies = { predicted.Entropies },
            Disagreements = { predicted.Disagreements },
        };
        for (var i = 0; i < count; i++)
        {
            batch.PredictedClassIndexes.Add(predicted.TopClass(i));
        }

        if (wantProbabilities || wantWeights)
        {
            batch.LabelerIds.AddRange(version.Manifest.Heads.Select(head => head.LabelerId ?? ""));
        }

        if (wantProbabilities)
        {
            batch.LabelerProbabilities = ItemMapping.ToTensor(predicted.LabelerProbabilities, count, heads, classes);
        }

        if (wantWeights)
        {
            batch.LabelerWeights = ItemMapping.ToTensor(predicted.LabelerWeights, count, heads);
        }

        return new BatchPredictResponse
        {
            ModelVersion = ResourceName.ModelVersion(dataset.Id, version.ModelId, version.Version),
            Predictions = batch,
        };
    }

    private async ValueTask<PinnedModel> PinAsync(string datasetName, ModelSelector? selector, CancellationToken cancel)
    {
        const string Field = "model.model";
        if (selector is null)
        {
            throw ServiceException.InvalidField("model", "must be set");
        }

        var datasetId = Names.Dataset(datasetName, "dataset");
        var (modelDataset, model, version) = Names.ModelOrVersion(selector.Model, Field);
        if (modelDataset != datasetId)
        {
            throw ServiceException.InvalidField(Field, $"is a model of datasets/{modelDataset}; it must be one of {datasetName}");
        }

        if (selector.Alias.Length > 0)
        {
            if (version is not null)
            {
                throw ServiceException.InvalidField("model.alias", "must be empty where the model's name has a version");
            }

            if (!ResourceName.IsId(selector.Alias))
            {
                throw ServiceException.InvalidField("model.alias", "must match [a-z0-9-]{1,63}");
            }
        }

        datasets.CheckScope(datasetId, "dataset");
        return await engine.PinAsync(datasetId, model, version, selector.Alias, Field, cancel);
    }

    private static void CheckDistilled(bool distilled, bool wantsHeads, string headsField, ModelVersionRecord version)
    {
        if (!distilled)
        {
            return;
        }

        if (wantsHeads)
        {
            throw ServiceException.InvalidField(headsField, "asks for what labelers' heads say, which the distilled head does not compute; leave it out or distilled");
        }

        if (!version.Manifest.Distilled)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "NOT_DISTILLED",
                $"version {version.Version} of model {version.ModelId} has no distilled head; train one with the setting distil=on, or predict without distilled",
                [new FieldViolation("distilled", "the version has no distilled head")]);
        }
    }

    private static (bool Probabilities, bool Weights) ReadOutputs(BatchPredictRequest request)
    {
        var validator = new RequestValidator();
        for (var i = 0; i < request.Outputs.Count && !validator.IsFull; i++)
        {
            validator.Require(
                request.Outputs[i] is PredictionOutput.LabelerProbabilities or PredictionOutput.LabelerWeights, $"outputs[{i}]",
                "must be PREDICTION_OUTPUT_LABELER_PROBABILITIES or PREDICTION_OUTPUT_LABELER_WEIGHTS");
        }

        validator.ThrowIfInvalid();
        return (request.Outputs.Contains(PredictionOutput.LabelerProbabilities), request.Outputs.Contains(PredictionOutput.LabelerWeights));
    }

    private async Task<(float[] Features, int Count)> ReadBatchAsync(
        BatchPredictRequest request, DatasetRecord dataset, ModelVersionRecord version, CancellationToken cancel)
    {
        var validator = new RequestValidator();
        switch (request.InputCase)
        {
            case BatchPredictRequest.InputOneofCase.Features:
                TensorReader.Check(request.Features, null, version.Manifest.FeatureLength, "features", validator);
                validator.ThrowIfInvalid();
                var features = new float[request.Features.Shape[0] * version.Manifest.FeatureLength];
                TensorReader.Read(request.Features, features);
                return (features, (int)request.Features.Shape[0]);
            case BatchPredictRequest.InputOneofCase.Items:
                validator.BatchSize(request.Items.ItemIds_.Count, "items.item_ids");
                validator.ThrowIfInvalid();
                return (await ReadItemsAsync(dataset, request.Items.ItemIds_, "items.item_ids", version, cancel), request.Items.ItemIds_.Count);
            default:
                throw ServiceException.InvalidField("features", "must be set, or items");
        }
    }

    private static float[] ReadVector(FeatureVector vector, ModelVersionRecord version)
    {
        const string Field = "features.values";
        var values = new float[vector.Values.Count];
        vector.Values.CopyTo(values, 0);
        if (values.Length != version.Manifest.FeatureLength)
        {
            throw ServiceException.InvalidField(Field, $"has {values.Length} values; the model takes {version.Manifest.FeatureLength}");
        }

        var at = TensorReader.FirstNonFinite(values);
        return at < 0 ? values : throw ServiceException.InvalidField($"{Field}[{at}]", "is not a finite number");
    }

    private async Task<float[]> ReadItemsAsync(
        DatasetRecord dataset, RepeatedField<string> ids, string field, ModelVersionRecord version, CancellationToken cancel)
    {
        var validator = new RequestValidator();
        var single = ids.Count == 1 && field == "item_id";
        for (var i = 0; i < ids.Count && !validator.IsFull; i++)
        {
            validator.ExternalId(ids[i], single ? field : $"{field}[{i}]");
        }

        validator.ThrowIfInvalid();
        IReadOnlyList<ItemFeatures> found;
        try
        {
            found = await items.GetFeaturesAsync(dataset, ids, cancel);
        }
        catch (ServiceException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.FailedPrecondition)
        {
            // The store counts from its own argument's name; the caller wants the path in the request.
            throw new ServiceException(
                error.Kind, error.Reason, error.Message,
                [.. error.Violations.Select(violation => violation with
                {
                    Field = single ? field : violation.Field.Replace("item_ids", field, StringComparison.Ordinal),
                })]);
        }

        var length = version.Manifest.FeatureLength;
        var features = new float[found.Count * length];
        for (var i = 0; i < found.Count; i++)
        {
            found[i].Features.CopyTo(features.AsSpan(i * length));
        }

        return features;
    }

    private static void AddLabelers(Prediction prediction, PredictedItems predicted, ModelVersionRecord version)
    {
        var heads = version.Manifest.Heads;
        var order = Enumerable.Range(0, heads.Count)
            .OrderByDescending(head => predicted.LabelerWeights[head])
            .ThenBy(head => head);
        foreach (var head in order)
        {
            prediction.Labelers.Add(new LabelerPrediction
            {
                LabelerId = heads[head].LabelerId ?? "",
                Weight = predicted.LabelerWeights[head],
                Probabilities = { predicted.LabelerProbabilities.AsSpan(head * predicted.ClassCount, predicted.ClassCount).ToArray() },
            });
        }
    }
}
