using System.Buffers;
using LabelerService.Contracts.V1;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Server.Inference;
using LabelerService.Server.Mapping;
using LabelerService.Server.Validation;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;

namespace LabelerService.Server.Services;

/// <summary>Reads prediction requests: which model, what to compute, on which features. Everything is checked before it is queued.</summary>
internal sealed class PredictionReader(
    PredictionEngine engine, PredictionContents contents, ItemStore items, KeptFeatures features, LabelerStore labelers,
    DatasetResolver datasets)
{
    // An answer with every head's distributions is bounded like a request is.
    private const long LabelerValues = Limits.MessageBytes / sizeof(float);

    /// <summary>Pins the version that answers, within the caller's scope.</summary>
    public ValueTask<PinnedModel> PinAsync(string datasetName, ModelSelector? selector, string? itemId, CancellationToken cancel)
    {
        var datasetId = Names.Dataset(datasetName, "dataset");
        var target = PredictionTarget.Read(selector, datasetId, "model");
        datasets.CheckScope(datasetId, "dataset");
        return engine.PinAsync(datasetId, target.Model, target.Version, target.Alias, "model.model", itemId, cancel);
    }

    /// <summary>What one item's request asks for.</summary>
    public async ValueTask<PredictionOptions> ReadOptionsAsync(PredictRequest request, PinnedModel model, CancellationToken cancel)
    {
        if (request is { IncludeLabelers: false, IncludeUncertainty: false, LabelerIds.Count: 0 })
        {
            return Checked(request.Distilled ? PredictionOptions.DistilledOnly : PredictionOptions.Default, "", model);
        }

        return Checked(
            new PredictionOptions
            {
                LabelerProbabilities = request.IncludeLabelers,
                LabelerWeights = request.IncludeLabelers,
                ExpectedDisagreement = request.IncludeUncertainty,
                Deviations = request.IncludeUncertainty,
                Distilled = request.Distilled,
                Labelers = await ReadSubsetAsync(request.LabelerIds, "labeler_ids", model, cancel),
            },
            request.IncludeLabelers ? "include_labelers" : request.IncludeUncertainty ? "include_uncertainty" : "labeler_ids", model);
    }

    /// <summary>What a batch asks for.</summary>
    public async ValueTask<PredictionOptions> ReadOptionsAsync(BatchPredictRequest request, PinnedModel model, CancellationToken cancel)
    {
        if (request is { Outputs.Count: 0, LabelerIds.Count: 0 })
        {
            return Checked(request.Distilled ? PredictionOptions.DistilledOnly : PredictionOptions.Default, "", model);
        }

        var validator = new RequestValidator();
        for (var i = 0; i < request.Outputs.Count && !validator.IsFull; i++)
        {
            validator.Require(
                request.Outputs[i] is >= PredictionOutput.LabelerProbabilities and <= PredictionOutput.Deviations, $"outputs[{i}]",
                "must be PREDICTION_OUTPUT_LABELER_PROBABILITIES, …_LABELER_WEIGHTS, …_EXPECTED_DISAGREEMENTS or …_DEVIATIONS");
        }

        validator.ThrowIfInvalid();
        return Checked(
            new PredictionOptions
            {
                LabelerProbabilities = request.Outputs.Contains(PredictionOutput.LabelerProbabilities),
                LabelerWeights = request.Outputs.Contains(PredictionOutput.LabelerWeights),
                ExpectedDisagreement = request.Outputs.Contains(PredictionOutput.ExpectedDisagreements),
                Deviations = request.Outputs.Contains(PredictionOutput.Deviations),
                Distilled = request.Distilled,
                Labelers = await ReadSubsetAsync(request.LabelerIds, "labeler_ids", model, cancel),
            },
            request.Outputs.Count > 0 ? "outputs" : "labeler_ids", model);
    }

    /// <summary>One item.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field: none, of another kind than the dataset's items, or not as they are.</exception>
    public ValueTask<PredictionInput> ReadInputAsync(PredictRequest request, PinnedModel model, CancellationToken cancel)
    {
        switch (request.InputCase)
        {
            case PredictRequest.InputOneofCase.ItemId:
                return new(ReadItemsAsync([request.ItemId], "item_id", model, cancel));
            case PredictRequest.InputOneofCase.Features:
                PredictionContents.Require(model, "features", ItemKind.Vector, ItemKind.Image);
                return new(ReadVector(request.Features, model));
            case PredictRequest.InputOneofCase.Text:
                PredictionContents.Require(model, "text", ItemKind.Text);
                return new(PredictionContents.ReadTexts(model, [request.Text], static _ => "text"));
            case PredictRequest.InputOneofCase.Sequence:
                PredictionContents.Require(model, "sequence", ItemKind.Sequence);
                return new(PredictionContents.ReadSequences(model, [request.Sequence], static _ => "sequence"));
            case PredictRequest.InputOneofCase.Image:
                PredictionContents.Require(model, "image", ItemKind.Image);
                return new(contents.ReadImagesAsync(model, [request.Image], static _ => "image", cancel));
            default:
                throw ServiceException.InvalidField(PredictionContents.FieldOf(model, one: true), "must be set, or item_id");
        }
    }

    /// <summary>A batch, and whether its answer is of a size that can be sent.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field and the index.</exception>
    public ValueTask<PredictionInput> ReadInputAsync(
        BatchPredictRequest request, PredictionOptions options, PinnedModel model, CancellationToken cancel)
    {
        switch (request.InputCase)
        {
            case BatchPredictRequest.InputOneofCase.Items:
                CheckSize(request.Items.ItemIds_.Count, Limits.Batch, "items.item_ids", options, model);
                return new(ReadItemsAsync(request.Items.ItemIds_, "items.item_ids", model, cancel));
            case BatchPredictRequest.InputOneofCase.Features:
                PredictionContents.Require(model, "features", ItemKind.Vector, ItemKind.Image);
                return new(ReadVectors(request.Features, options, model));
            case BatchPredictRequest.InputOneofCase.Texts:
                PredictionContents.Require(model, "texts", ItemKind.Text);
                CheckSize(request.Texts.Texts.Count, Limits.Batch, "texts.texts", options, model);
                return new(PredictionContents.ReadTexts(model, request.Texts.Texts, static i => $"texts.texts[{i}]"));
            case BatchPredictRequest.InputOneofCase.Sequences:
                PredictionContents.Require(model, "sequences", ItemKind.Sequence);
                CheckSize(request.Sequences.Sequences.Count, Limits.Batch, "sequences.sequences", options, model);
                return new(PredictionContents.ReadSequences(model, request.Sequences.Sequences, static i => $"sequences.sequences[{i}]"));
            case BatchPredictRequest.InputOneofCase.Images:
                PredictionContents.Require(model, "images", ItemKind.Image);
                CheckSize(request.Images.Images.Count, PredictionContents.MostImages(model), "images.images", options, model);
                return new(contents.ReadImagesAsync(model, request.Images.Images, static i => $"images.images[{i}]", cancel));
            default:
                throw ServiceException.InvalidField(PredictionContents.FieldOf(model, one: false), "must be set, or items");
        }
    }

    private static PredictionInput ReadVectors(Tensor tensor, PredictionOptions options, PinnedModel model)
    {
        var length = model.ValuesLength;
        var validator = new RequestValidator();
        TensorReader.Check(tensor, null, length, "features", validator);
        validator.ThrowIfInvalid();
        var count = (int)tensor.Shape[0];
        CheckAnswer(count, options, model);
        if (tensor.DataType == Tensor.Types.DataType.Float32)
        {
            return PredictionInput.OfValues(model, PackedFloats.ToSingle(tensor.Data), count);
        }

        var rented = ArrayPool<float>.Shared.Rent(count * length);
        TensorReader.Read(tensor, rented.AsSpan(0, count * length));
        return PredictionInput.OfValues(model, rented.AsMemory(0, count * length), count, rented);
    }

    private static void CheckSize(int count, int most, string field, PredictionOptions options, PinnedModel model)
    {
        var validator = new RequestValidator();
        validator.BatchSize(count, most, field);
        validator.ThrowIfInvalid();
        CheckAnswer(count, options, model);
    }

    private static void CheckAnswer(int count, PredictionOptions options, PinnedModel model)
    {
        var heads = (long)PredictionMapping.HeadCount(model.Version.Manifest, options);
        var perItem = (options.LabelerProbabilities ? heads * model.Version.Manifest.Classes.Count : 0) + (options.LabelerWeights ? heads : 0);
        if (count * perItem > LabelerValues)
        {
            throw ServiceException.InvalidField(
                "outputs", $"{count} items with {perItem} values each for their {heads} labelers are too many for one answer; ask for at most {LabelerValues / perItem} items at once");
        }
    }

    private static PredictionOptions Checked(PredictionOptions options, string headsField, PinnedModel model)
    {
        PredictionTarget.CheckDistilled(options.Distilled, headsField.Length > 0, headsField, "distilled", model.Version);
        return options;
    }

    /// <summary>The heads of some labelers; null where none is named.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field and the index, FAILED_PRECONDITION where the model averages no heads.</exception>
    public async ValueTask<LabelerSubset?> ReadSubsetAsync(IReadOnlyList<string> ids, string field, PinnedModel model, CancellationToken cancel)
    {
        if (ids.Count == 0)
        {
            return null;
        }

        var validator = new RequestValidator();
        validator.BatchSize(ids.Count, field);
        var seen = new HashSet<string>(ids.Count, StringComparer.Ordinal);
        for (var i = 0; i < ids.Count && !validator.IsFull; i++)
        {
            if (validator.ExternalId(ids[i], $"{field}[{i}]"))
            {
                validator.Require(seen.Add(ids[i]), $"{field}[{i}]", "is named twice");
            }
        }

        validator.ThrowIfInvalid();
        if (model.Session.Mixture is not { } mixture)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "NO_SUBSETS",
                $"The distribution that {model.Name} serves is its classifier's own and no average of labelers' heads, so that some of them cannot be averaged instead. "
                + $"Leave {field} out, or use a model of the kinds bn, dn, wdn, iwdn, biwdn.",
                new FieldViolation(field, "the model does not average labelers' heads"));
        }

        var heads = new SortedSet<int>();
        var headless = new List<int>();
        for (var i = 0; i < ids.Count; i++)
        {
            if (model.Session.HeadOf(ids[i]) is { } head)
            {
                heads.Add(head);
            }
            else
            {
                headless.Add(i);
            }
        }

        if (headless.Count > 0)
        {
            var known = await labelers.ExistingAsync(model.Dataset, [.. headless.Select(i => ids[i])], cancel);
            foreach (var i in headless.Where(_ => !validator.IsFull))
            {
                if (validator.Require(known.Contains(ids[i]), $"{field}[{i}]", $"is no labeler of datasets/{model.Dataset.Id}")
                    && validator.Require(
                        model.Session.SharedHead is not null, $"{field}[{i}]", $"has no head in {model.Name}, which has none for those without one either"))
                {
                    heads.Add(model.Session.SharedHead!.Value);
                }
            }

            validator.ThrowIfInvalid();
        }

        return new LabelerSubset([.. heads], mixture);
    }

    private static PredictionInput ReadVector(FeatureVector vector, PinnedModel model)
    {
        const string Field = "features.values";
        var length = model.ValuesLength;
        if (vector.Values.Count != length)
        {
            throw ServiceException.InvalidField(Field, $"has {vector.Values.Count} values; the model takes {length}");
        }

        var values = ArrayPool<float>.Shared.Rent(length);
        vector.Values.CopyTo(values, 0);
        var at = TensorReader.FirstNonFinite(values.AsSpan(0, length));
        if (at < 0)
        {
            return PredictionInput.OfValues(model, values.AsMemory(0, length), 1, values);
        }

        ArrayPool<float>.Shared.Return(values);
        throw ServiceException.InvalidField($"{Field}[{at}]", "is not a finite number");
    }

    /// <summary>Stored items.</summary>
    /// <exception cref="ServiceException">
    /// INVALID_ARGUMENT, NOT_FOUND, or FAILED_PRECONDITION (ITEM_WITHOUT_FEATURES, ITEM_UNFIT), naming the field and the index.
    /// </exception>
    public async Task<PredictionInput> ReadItemsAsync(IReadOnlyList<string> ids, string field, PinnedModel model, CancellationToken cancel)
    {
        var validator = new RequestValidator();
        var single = field == "item_id";
        for (var i = 0; i < ids.Count && !validator.IsFull; i++)
        {
            validator.ExternalId(ids[i], single ? field : $"{field}[{i}]");
        }

        validator.ThrowIfInvalid();
        IReadOnlyList<ItemFeatures> found;
        try
        {
            found = await items.GetFeaturesAsync(model.Dataset, [.. ids], cancel);
        }
        catch (ServiceException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.FailedPrecondition or ErrorKind.ResourceExhausted)
        {
            // The store counts from its own argument's name; the caller wants the path in the request.
            var (counted, named) = single ? ("item_ids[0]", field) : ("item_ids", field);
            throw new ServiceException(
                error.Kind, error.Reason, error.Message.Replace(counted, named, StringComparison.Ordinal),
                [.. error.Violations.Select(violation => violation with { Field = violation.Field.Replace(counted, named, StringComparison.Ordinal) })]);
        }

        for (var i = 0; i < found.Count && !validator.IsFull; i++)
        {
            if (model.Encoder.Problem(found[i].Raw) is { } problem)
            {
                validator.Add(single ? field : $"{field}[{i}]", $"{problem}; {model.Name} cannot read the item: train a version that does");
            }
        }

        validator.ThrowIfUnfit();
        return await features.ReadAsync(model, found, cancel);
    }
}
