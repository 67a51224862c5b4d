using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client.Predictions;

/// <summary>Items of one request.</summary>
/// <param name="Keys">Their keys, for the file of predictions.</param>
/// <param name="Fill">Puts them into the request.</param>
internal sealed record PredictionItems(IReadOnlyList<string> Keys, Action<BatchPredictRequest> Fill);

/// <summary>Items to predict, read in batches that fit into requests.</summary>
internal interface IPredictionSource : IDisposable
{
    /// <summary>What they are read from, as it was given.</summary>
    public string Path { get; }

    /// <summary>How many items there are.</summary>
    public int Count { get; }

    /// <summary>Reads them from the beginning.</summary>
    /// <param name="most">Most items of a batch.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public IAsyncEnumerable<PredictionItems> ReadAsync(int most, CancellationToken cancellationToken);
}
