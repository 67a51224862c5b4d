using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Insight;

/// <summary>Which items a version was trained on, and what is known of them out of fold.</summary>
internal sealed class TrainedItems
{
    private readonly OutOfFoldTable? _table;
    private readonly long[] _annotated;

    private TrainedItems(OutOfFoldTable? table, long[] annotated) => (_table, _annotated) = (table, annotated);

    /// <summary>
    /// Reads them. A version that was published without the table may have been trained on every item that had an annotation by then.
    /// </summary>
    /// <exception cref="ServiceException">FAILED_PRECONDITION (ARTEFACT_CORRUPT): the table is not what was stored.</exception>
    public static async Task<TrainedItems> ReadAsync(
        ArtefactStore artefacts, AnnotationStore annotations, DatasetRecord dataset, ModelVersionRecord version, string name, CancellationToken cancel)
    {
        if (version.OutOfFoldSha256 is not { } hash)
        {
            return new TrainedItems(null, await annotations.ItemsAnnotatedBeforeAsync(dataset, version.CreateTime, cancel));
        }

        try
        {
            var table = OutOfFoldTable.Read(await artefacts.ReadAsync(hash, cancel));
            return table.ClassCount == version.Manifest.Classes.Count
                ? new TrainedItems(table, [])
                : throw new InvalidDataException($"They are of {table.ClassCount} classes, and the version is of {version.Manifest.Classes.Count}.");
        }
        catch (InvalidDataException error)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "ARTEFACT_CORRUPT",
                $"The out-of-fold distributions of {name} cannot be read: {error.Message} Train it again, or name another version.");
        }
    }

    /// <summary>Whether the version was trained on an item; and if it is known what with, where in the table it is.</summary>
    public bool Contains(long key, out int index)
    {
        index = _table?.IndexOf(key) ?? -1;
        return index >= 0 || (_table is null && Array.BinarySearch(_annotated, key) >= 0);
    }

    /// <summary>Whether the item was last written when the version was trained: its features are the same.</summary>
    public bool IsUnwritten(int index, long time) => index < 0 || _table!.ItemTimes[index] == time;

    /// <summary>Whether this is the content that the version was trained on.</summary>
    public bool HadContent(int index, RawItem content) => index < 0 || _table!.FeatureHashes[index] == OutOfFoldTable.HashOf(content);

    /// <summary>What is known of an item out of fold; empty if nothing is.</summary>
    public ReadOnlySpan<float> Row(int index) => index >= 0 && _table!.HasProbabilities ? _table.Row(index) : [];
}
