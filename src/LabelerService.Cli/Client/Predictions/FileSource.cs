using System.Runtime.CompilerServices;
using LabelerService.Cli.Client.Import;
using LabelerService.Cli.Commands;
using LabelerService.Cli.Files;
using LabelerService.Cli.Files.Import;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Client.Predictions;

/// <summary>
/// Items of a file as they are imported: texts, sequences, image files, or vectors as lists of numbers. The file is checked as a whole before
/// anything is asked.
/// </summary>
internal sealed class FileSource : IPredictionSource
{
    private const int MaximumImages = 1_000;

    // What the service decodes for one request.
    private const int MaximumImageValues = 16 << 20;

    private readonly Dataset _dataset;
    private readonly ImportFile<ItemRow> _file;
    private readonly ItemMessages _messages;

    private FileSource(Dataset dataset, ImportFile<ItemRow> file, ItemContents contents, int count)
    {
        (_dataset, _file, Count) = (dataset, file, count);
        _messages = new ItemMessages(dataset, contents, Split.Train);
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public int Count { get; }

    /// <summary>Texts, one a line of a <c>.txt</c> file, or of any file that items are imported from.</summary>
    /// <exception cref="CommandException">It has rows that cannot be predicted; the first are named.</exception>
    public static Task<FileSource> TextsAsync(string path, string prefix, Dataset dataset, ModelVersion version, CancellationToken cancellationToken)
    {
        Require(dataset, version, "--texts", ItemType.KindOneofCase.Text);
        return string.Equals(System.IO.Path.GetExtension(path), ".txt", StringComparison.OrdinalIgnoreCase)
            ? OpenAsync(
                dataset, version, path, contents => new ImportFile<ItemRow>(
                    path, "text", ItemSchema.Any,
                    () =>
                    {
                        var stream = InputFile.Open(path);
                        return (stream, new TextLineReader(stream, prefix, ItemSchema.Any.Columns));
                    },
                    row => Problem(contents, version, row)),
                cancellationToken)
            : TableAsync(path, dataset, version, cancellationToken);
    }

    /// <summary>Sequences, from any file that items are imported from.</summary>
    /// <exception cref="CommandException">It has rows that cannot be predicted; the first are named.</exception>
    public static Task<FileSource> SequencesAsync(string path, Dataset dataset, ModelVersion version, CancellationToken cancellationToken)
    {
        Require(dataset, version, "--sequences", ItemType.KindOneofCase.Sequence);
        return TableAsync(path, dataset, version, cancellationToken);
    }

    /// <summary>PNG and JPEG files, or folders of them.</summary>
    /// <exception cref="CommandException">Some cannot be predicted; the first are named.</exception>
    public static Task<FileSource> ImagesAsync(string[] paths, Dataset dataset, ModelVersion version, CancellationToken cancellationToken)
    {
        Require(dataset, version, "--images", ItemType.KindOneofCase.Image);
        return OpenAsync(
            dataset, version, "", contents => new ImportFile<ItemRow>(
                string.Join(' ', paths), "images", ItemSchema.Any, () => (null, new ImageFolderReader(paths, ItemSchema.Any.Columns)),
                row => Problem(contents, version, row)),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<PredictionItems> ReadAsync(int most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_dataset.ItemType.KindCase == ItemType.KindOneofCase.Image)
        {
            most = Math.Min(most, Math.Clamp(MaximumImageValues / ItemTypeText.FeatureLength(_dataset.ItemType)!.Value, 1, MaximumImages));
        }

        await foreach (var group in _messages.GroupAsync(_file.CheckedAsync(cancellationToken), most).WithCancellation(cancellationToken))
        {
            var batch = ItemMessages.ToBatch(group);
            yield return new PredictionItems(batch.ItemIds, request => Fill(request, batch));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The file is open only while it is read.
    }

    private static void Fill(BatchPredictRequest request, ItemBatch batch)
    {
        if (batch.Texts.Count > 0)
        {
            request.Texts = new TextBatch { Texts = { batch.Texts } };
        }
        else if (batch.Sequences.Count > 0)
        {
            request.Sequences = new SequenceBatch { Sequences = { batch.Sequences } };
        }
        else if (batch.Images.Count > 0)
        {
            request.Images = new ImageBatch { Images = { batch.Images } };
        }
        else
        {
            request.Features = batch.Features;
        }
    }

    private static Task<FileSource> TableAsync(string path, Dataset dataset, ModelVersion version, CancellationToken cancellationToken) => OpenAsync(
        dataset, version, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? "",
        contents => ImportFiles.Open(path, null, ItemSchema.Any, new ReadOptions(), row => Problem(contents, version, row)), cancellationToken);

    private static async Task<FileSource> OpenAsync(
        Dataset dataset, ModelVersion version, string folder, Func<ItemContents, ImportFile<ItemRow>> open, CancellationToken cancellationToken)
    {
        var contents = new ItemContents(dataset, folder);
        var file = open(contents);
        var rows = await file.CheckAsync(_ => { }, cancellationToken);
        return rows <= int.MaxValue
            ? new FileSource(dataset, file, contents, (int)rows)
            : throw new CommandException($"{file.Path} has {rows:N0} rows, more than one file of predictions holds: split it");
    }

    private static string? Problem(ItemContents contents, ModelVersion version, ItemRow row)
    {
        if (contents.Problem(row) is { } problem)
        {
            return problem;
        }

        if (row is { Features: null, Text: null, Image: null, Path: null })
        {
            return "has nothing to predict from";
        }

        return version.Encoding is { MaxSteps: > 0 and var most, StepLength: var step } && row.Features!.Values.Length / step > most
            ? $"has {row.Features.Values.Length / step} steps, but {version.Name} takes at most {most}"
            : null;
    }

    private static void Require(Dataset dataset, ModelVersion version, string option, ItemType.KindOneofCase kind)
    {
        if (dataset.ItemType.KindCase != kind)
        {
            throw new CommandException($"{version.Name} predicts items of type {ItemTypeText.Of(dataset.ItemType)}, which {option} does not hold");
        }
    }
}
