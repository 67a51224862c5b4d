using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Google.Protobuf;
using LabelerService.Cli.Commands;
using LabelerService.Cli.Files;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client.Predictions;

/// <summary>The rows of a <c>.npy</c> file, as vectors or images.</summary>
internal sealed class FeatureSource : IPredictionSource
{
    private const int MaximumRequest = 1 << 20;

    private readonly FeatureFile _file;
    private readonly string _prefix;

    private FeatureSource(FeatureFile file, string prefix) => (_file, _prefix) = (file, prefix);

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public int Count => _file.Rows;

    /// <summary>Opens a file.</summary>
    /// <exception cref="CommandException">It is none of features, or not of the items of the version.</exception>
    public static FeatureSource Open(string path, string prefix, Dataset dataset, ModelVersion version)
    {
        var length = ItemTypeText.FeatureLength(dataset.ItemType) ?? throw new CommandException(
            $"{version.Name} predicts items of type {ItemTypeText.Of(dataset.ItemType)}; --features takes vectors and images");
        var file = FeatureFile.Open(path);
        if (file.Length == length)
        {
            return new FeatureSource(file, prefix);
        }

        file.Dispose();
        throw new CommandException($"{path} has {file.Length} values a row but {version.Name} takes {length}");
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<PredictionItems> ReadAsync(int most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var rows = (int)Math.Clamp(MaximumRequest / (sizeof(float) * (long)_file.Length), 1, Math.Min(most, Count));
        var values = new float[rows * _file.Length];
        for (var count = _file.Read(values); count > 0; count = _file.Read(values))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var first = _file.Position - count;
            var tensor = new Tensor
            {
                DataType = Tensor.Types.DataType.Float32,
                Shape = { count, _file.Length },
                Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan(0, count * _file.Length))),
            };
            yield return new PredictionItems([.. Enumerable.Range(first, count).Select(row => $"{_prefix}{row}")], request => request.Features = tensor);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
