using System.Runtime.InteropServices;
using Google.Protobuf;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Queries;
using LabelerService.Storage.Runs;
using WireSplit = LabelerService.Contracts.V1.Split;

namespace LabelerService.Server.RemoteTraining;

/// <summary>Sends the data of a run to a trainer of others: one consistent snapshot, in messages of about a mebibyte.</summary>
internal sealed class TrainingDataStream(SnapshotReader snapshots, DatasetStore datasets, TrainingLineage lineages) : IDisposable
{
    /// <summary>Bytes of features that are taken at most: a snapshot is held in memory while it is sent.</summary>
    public const long MostBytes = 2L << 30;

    private const int PieceAnnotations = 64 * 1024;
    private const int PieceLabelers = 1_000;
    private const int PieceItems = 5_000;

    // One at a time: each holds a snapshot. The next one waits for its turn as long as its lease lasts.
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Sends the data.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="run">The run.</param>
    /// <param name="write">Sends a message, and waits until it is taken.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">FailedPrecondition (DATA_TOO_LARGE).</exception>
    public async Task SendAsync(DatasetRecord dataset, RunRecord run, Func<TrainingData, Task> write, CancellationToken cancel)
    {
        var counts = await datasets.CountAsync(dataset, cancel);
        if (counts.Items * dataset.Schema.FeatureLength * sizeof(float) > MostBytes)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "DATA_TOO_LARGE",
                $"The items are more than {MostBytes >> 30} GiB of float32, which is the most that is sent as one snapshot. Read them by ExportItems and ExportAnnotations.",
                new FieldViolation("name", "has too large a dataset"));
        }

        await _turn.WaitAsync(cancel);
        try
        {
            using var snapshot = await snapshots.ReadAsync(dataset.Id, cancel);
            await SendAsync(snapshot, lineages.Create(run, snapshot), write, cancel);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private static async Task SendAsync(TrainingSnapshot snapshot, string lineage, Func<TrainingData, Task> write, CancellationToken cancel)
    {
        await write(new TrainingData
        {
            Header = new TrainingDataHeader
            {
                SnapshotId = snapshot.SnapshotId,
                Lineage = lineage,
                Classes = { snapshot.Schema.Classes },
                FeatureLength = snapshot.FeatureLength,
                ItemCount = snapshot.ItemIds.Length,
                LabelerCount = snapshot.LabelerIds.Length,
                AnnotationCount = snapshot.Annotations.Count,
            },
        });
        foreach (var piece in snapshot.LabelerIds.Chunk(PieceLabelers))
        {
            cancel.ThrowIfCancellationRequested();
            await write(new TrainingData { Labelers = new TrainingLabelers { LabelerIds = { piece } } });
        }

        var rows = Math.Clamp(Limits.ExportMessageBytes / (snapshot.FeatureLength * sizeof(float)), 1, PieceItems);
        for (var start = 0; start < snapshot.ItemIds.Length; start += rows)
        {
            cancel.ThrowIfCancellationRequested();
            await write(new TrainingData { Items = Items(snapshot, start, Math.Min(rows, snapshot.ItemIds.Length - start)) });
        }

        var table = snapshot.Annotations;
        for (var start = 0; start < table.Count; start += PieceAnnotations)
        {
            cancel.ThrowIfCancellationRequested();
            var piece = new TrainingAnnotations();
            for (var a = start; a < Math.Min(table.Count, start + PieceAnnotations); a++)
            {
                piece.Items.Add(table.Items[a]);
                piece.Labelers.Add(table.Labelers[a]);
                piece.Classes.Add(table.Classes[a]);
            }

            await write(new TrainingData { Annotations = piece });
        }
    }

    private static TrainingItems Items(TrainingSnapshot snapshot, int start, int count)
    {
        var width = snapshot.FeatureLength;
        var values = new float[count * width];
        var items = new TrainingItems();
        for (var i = 0; i < count; i++)
        {
            snapshot.Features.CopyRow(start + i, values.AsSpan(i * width, width));
            items.ItemIds.Add(snapshot.ItemIds[start + i]);

            // The numbers of the proto's splits are those of the domain's.
            items.Splits.Add((WireSplit)snapshot.Splits[start + i]);
            items.GoldClasses.Add(snapshot.Gold[start + i]);
        }

        items.Features = new Tensor
        {
            DataType = Tensor.Types.DataType.Float32,
            Shape = { count, width },
            Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
        };
        return items;
    }
}
