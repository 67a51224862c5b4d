using System.Runtime.CompilerServices;
using System.Text;
using LabelerService.Cli.Files;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client.Predictions;

/// <summary>Stored items whose keys stand in a file, one a line.</summary>
internal sealed class ItemIdSource : IPredictionSource
{
    // Texts and sequences may be large: the service reads them all at once.
    private const int MostItems = 1_000;

    private ItemIdSource(string path, int count) => (Path, Count) = (path, count);

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public int Count { get; }

    /// <summary>Reads a file once, to check it.</summary>
    /// <exception cref="CommandException">It has no lines, or one that cannot be a key.</exception>
    public static ItemIdSource Open(string path)
    {
        var count = 0;
        var problems = new ProblemList(path);
        foreach (var key in Lines(path))
        {
            count++;
            if (ItemKeys.Problem(key) is { } problem)
            {
                problems.Add($"line {count}", problem);
            }
        }

        return problems.Count > 0 ? throw new CommandException($"{path} has ids that cannot be used{problems.More}", problems.Shown)
            : count > 0 ? new ItemIdSource(path, count)
            : throw new CommandException($"{path} has no ids");
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<PredictionItems> ReadAsync(int most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var keys in Lines(Path).Chunk(Math.Min(most, MostItems)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new PredictionItems(keys, request => request.Items = new ItemIds { ItemIds_ = { keys } });
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // It is open only while it is read.
    }

    private static IEnumerable<string> Lines(string path)
    {
        using var reader = InputFile.OpenText(path);
        for (var line = 1; ; line++)
        {
            string? key;
            try
            {
                key = reader.ReadLine();
            }
            catch (DecoderFallbackException)
            {
                throw new CommandException($"{path} is not UTF-8 (near line {line}): save it as UTF-8");
            }

            if (key is null)
            {
                yield break;
            }

            yield return key;
        }
    }
}
