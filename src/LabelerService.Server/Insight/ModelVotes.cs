using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Server.Inference;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Insight;

/// <summary>
/// Lets a model vote beside the labelers. Of items that it was trained on it says what classifiers said that did not see them, as the
/// version's training kept it; where training kept nothing it says nothing, because what it has learnt from annotations would count twice
/// beside them. All other items are predicted, in blocks, when the engine has nothing better to do.
/// </summary>
/// <remarks>
/// A row holds as long as the item is not written again: items with other features than those trained on are predicted, from the features
/// they have now, which the version has not seen. What was found out is kept for the next call, which asks the engine only for what is new.
/// </remarks>
internal sealed class ModelVotes(
    ModelStore models, ItemStore items, AnnotationStore annotations, ArtefactStore artefacts, PredictionEngine engine, ModelVoteCache cache)
{
    /// <summary>Path of the model in requests, for errors.</summary>
    public const string Field = "settings.model";

    private const int MostRows = 1_000;

    // 4 MiB of float32: what the features of a block, or the heads' answers to it, may take.
    private const long BlockValues = 1 << 20;
    private static readonly PredictionOptions Options = new() { Background = true };

    /// <summary>Tells which version would vote: the one named, the one of the alias, or the champion. A canary never votes.</summary>
    /// <exception cref="ServiceException">NOT_FOUND.</exception>
    public async Task<ModelVersionRecord> ResolveAsync(DatasetRecord dataset, string modelId, int? version, string? alias, CancellationToken cancel)
    {
        try
        {
            return version is { } number
                ? await models.GetVersionAsync(dataset, modelId, number, cancel)
                : await models.GetVersionByAliasAsync(dataset, modelId, string.IsNullOrEmpty(alias) ? ModelAliases.Champion : alias, cancel);
        }
        catch (ServiceException error) when (error.Kind == ErrorKind.NotFound)
        {
            throw Errors.FieldNaming.NamedBy(error, Field);
        }
    }

    /// <summary>Tells what a model says of items.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="version">The version; null follows the alias.</param>
    /// <param name="alias">The alias; null or empty for the champion. Not used with a version.</param>
    /// <param name="itemKeys">Keys of the items, ascending.</param>
    /// <param name="progress">Share of the items that are done; null for none.</param>
    /// <param name="cancel">Checked before every block.</param>
    /// <exception cref="ServiceException">NOT_FOUND; FAILED_PRECONDITION: what the version kept is damaged.</exception>
    public async Task<ModelVoteTable> GetAsync(
        DatasetRecord dataset, string modelId, int? version, string? alias, long[] itemKeys, IProgress<double>? progress, CancellationToken cancel)
    {
        CheckAscending(itemKeys);
        var chosen = await ResolveAsync(dataset, modelId, version, alias, cancel);
        using var model = await engine.PinAsync(dataset.Id, modelId, chosen.Version, null, Field, cancel);
        using var turn = await cache.EnterAsync(new ModelVoteKey(dataset.Uid, modelId, chosen.Version), cancel);
        var rows = new ModelVoteRows(itemKeys, model.Version.Manifest.Classes.Count);
        await FillAsync(dataset, model, rows, turn.Rows, progress, cancel);
        turn.Keep(rows);
        return new ModelVoteTable(model.Version, model.Name, rows.Probabilities)
        {
            OutOfFold = rows.Count(ModelVoteSource.OutOfFold),
            Predicted = rows.Count(ModelVoteSource.Predicted),
            Withheld = rows.Count(ModelVoteSource.Withheld),
            WithoutFeatures = rows.Count(ModelVoteSource.None),
        };
    }

    private async Task FillAsync(
        DatasetRecord dataset, PinnedModel model, ModelVoteRows rows, ModelVoteRows? earlier, IProgress<double>? progress, CancellationToken cancel)
    {
        var featured = await items.ReadFeatureTimesAsync(dataset, rows.Keys, cancel);
        var (unknown, from, at) = (new List<int>(), 0, 0);
        for (var i = 0; i < rows.Keys.Length && at < featured.Keys.Length; i++)
        {
            if (featured.Keys[at] != rows.Keys[i])
            {
                continue;
            }

            rows.Times[i] = featured.Times[at++];
            if (earlier is null || !rows.TakeOver(i, earlier, ref from))
            {
                unknown.Add(i);
            }
        }

        if (unknown.Count > 0)
        {
            var trained = await TrainedItems.ReadAsync(artefacts, annotations, dataset, model.Version, model.Name, cancel);
            await PredictAsync(dataset, model, trained, rows, TakeTrained(trained, rows, unknown), progress, cancel);
        }

        progress?.Report(1);
    }

    /// <summary>Sets the rows of items that were trained on as they are, and returns those whose features are to be read.</summary>
    private static List<int> TakeTrained(TrainedItems trained, ModelVoteRows rows, List<int> unknown)
    {
        var left = new List<int>();
        foreach (var i in unknown)
        {
            if (trained.Contains(rows.Keys[i], out var index) && trained.IsUnwritten(index, rows.Times[i]))
            {
                SetTrained(trained, rows, i, index);
            }
            else
            {
                left.Add(i);
            }
        }

        return left;
    }

    private static void SetTrained(TrainedItems trained, ModelVoteRows rows, int i, int index)
    {
        var row = trained.Row(index);
        rows.Set(i, row.IsEmpty ? ModelVoteSource.Withheld : ModelVoteSource.OutOfFold, row);
    }

    private async Task PredictAsync(
        DatasetRecord dataset, PinnedModel model, TrainedItems trained, ModelVoteRows rows, List<int> left, IProgress<double>? progress,
        CancellationToken cancel)
    {
        var manifest = model.Version.Manifest;
        var (length, classes) = (manifest.FeatureLength, manifest.Classes.Count);
        var most = (int)Math.Clamp(BlockValues / Math.Max(length, manifest.Heads.Count * (long)classes), 1, MostRows);
        var contents = new RawItem[Math.Min(most, left.Count)];
        var block = new List<int>(most);
        for (var start = 0; start < left.Count; start += most)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Report((double)(rows.Keys.Length - left.Count + start) / rows.Keys.Length);
            var asked = left.GetRange(start, Math.Min(most, left.Count - start));
            block.Clear();
            var a = 0;
            await foreach (var item in items.StreamFeaturesByKeyAsync(dataset, asked.ConvertAll(i => rows.Keys[i]), cancel))
            {
                // Of what was asked for, some may be gone since.
                while (rows.Keys[asked[a]] != item.Key)
                {
                    a++;
                }

                if (trained.Contains(item.Key, out var index) && trained.HadContent(index, item.Raw))
                {
                    // It was written without a change of its features, such as with gold.
                    SetTrained(trained, rows, asked[a], index);
                    continue;
                }

                // Of what it cannot read, such as a sequence of more steps than it takes, it says nothing.
                if (model.Encoder.Problem(item.Raw) is null)
                {
                    contents[block.Count] = item.Raw;
                    block.Add(asked[a]);
                }
            }

            if (block.Count == 0)
            {
                continue;
            }

            var predicted = await engine.PredictAsync(model, contents.AsMemory(0, block.Count), Options, cancel);
            for (var b = 0; b < block.Count; b++)
            {
                rows.Set(block[b], ModelVoteSource.Predicted, predicted.Probabilities.AsSpan(b * classes, classes));
            }
        }
    }

    private static void CheckAscending(long[] keys)
    {
        for (var i = 1; i < keys.Length; i++)
        {
            if (keys[i] <= keys[i - 1])
            {
                throw new ArgumentException("The keys of items ascend.", nameof(keys));
            }
        }
    }
}
