using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning;
using LabelerService.Storage.Runs;

namespace LabelerService.Trainer.Running;

/// <summary>What a run publishes.</summary>
/// <param name="Files">The serving graph and what is kept beside it.</param>
/// <param name="Manifest">All else that is known of it.</param>
internal sealed record TrainedFiles(ModelFiles Files, ModelManifest Manifest)
{
    /// <summary>Puts together what is kept of a trained model; to be called while the snapshot is there.</summary>
    /// <param name="snapshot">The data, as it was read from the database.</param>
    /// <param name="model">What was learnt from it.</param>
    /// <param name="encoder">What makes rows of items, where that was learnt; null otherwise.</param>
    /// <param name="mostBytes">What the table of training items may take. Where it takes more, the list of items is kept, or nothing.</param>
    /// <param name="cancel">Checked now and then.</param>
    public static TrainedFiles Of(
        TrainingSnapshot snapshot, TrainedModel model, byte[]? encoder, CancellationToken cancel, long mostBytes = OutOfFoldTable.MaximumBytes) =>
        new(new ModelFiles(model.Onnx, model.Weights, OutOfFold(snapshot, model, mostBytes, cancel)?.ToBytes(), encoder), model.Manifest);

    private static OutOfFoldTable? OutOfFold(TrainingSnapshot snapshot, TrainedModel model, long mostBytes, CancellationToken cancel)
    {
        var items = model.TrainingItems;
        var classes = snapshot.Schema.Classes.Count;
        if (OutOfFoldTable.SizeOf(items.Count, 0) > mostBytes)
        {
            return null;
        }

        var probabilities = OutOfFoldTable.SizeOf(items.Count, classes) > mostBytes ? [] : model.OutOfFold;
        var hashes = new long[items.Count];
        var features = new float[snapshot.FeatureLength];
        for (var i = 0; i < hashes.Length; i++)
        {
            if (i % 1024 == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            if (snapshot.ContentHashes.Length > 0)
            {
                hashes[i] = snapshot.ContentHashes[items[i]];
                continue;
            }

            snapshot.Features.CopyRow(items[i], features);
            hashes[i] = OutOfFoldTable.HashOf(features);
        }

        return new OutOfFoldTable(
            classes, [.. items.Select(n => snapshot.ItemKeys[n])], [.. items.Select(n => snapshot.ItemTimes[n])], hashes, [.. probabilities]);
    }
}
