using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Consensus, labelers, suspects, agreement, and what to annotate next.</summary>
/// <remarks>
/// The first call about a state of the data works it out, which takes a while for large datasets: <see cref="RefreshAsync"/> does it before
/// and says how far it is. Lists are read page by page; where the state they are of is gone meanwhile (<c>Aborted</c>, reason
/// <c>STATE_GONE</c>), begin anew.
/// </remarks>
public sealed class InsightCalls
{
    private readonly ServiceConnection _connection;

    internal InsightCalls(ServiceConnection connection) => _connection = connection;

    /// <summary>Works out what the other calls tell.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="parts">What; empty for the consensus.</param>
    /// <param name="settings">How; null for the defaults.</param>
    /// <param name="progress">Told the phases and how far each is, in [0, 1].</param>
    /// <param name="cancellationToken">Ends it, and the work if nobody else waits for it.</param>
    /// <returns>Of which data it is.</returns>
    /// <exception cref="LabelerException">There is no such dataset, or the connection broke.</exception>
    public async Task<InsightState> RefreshAsync(
        string dataset, IEnumerable<InsightPart>? parts = null, InsightSettings? settings = null, IProgress<RefreshInsightsResponse>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var request = new RefreshInsightsRequest { Parent = DatasetNames.Of(dataset), Settings = settings };
        request.Parts.Add(parts ?? []);
        InsightState? state = null;
        await foreach (var news in Calls.ReadAsync(
            () => _connection.Insight.RefreshInsights(request, cancellationToken: cancellationToken), cancellationToken))
        {
            state = news.State ?? state;
            progress?.Report(news);
        }

        return state ?? throw new InvalidOperationException("The service ended the work without a result: is it as new as this library?");
    }

    /// <summary>What labelers make of the items together.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="order">Order of the list.</param>
    /// <param name="settings">How it is worked out; null for the defaults.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The items, read page by page.</returns>
    /// <exception cref="LabelerException">There is no such dataset, or the state is gone.</exception>
    public IAsyncEnumerable<ItemConsensus> ConsensusAsync(
        string dataset, ItemConsensusOrder order = ItemConsensusOrder.Unspecified, InsightSettings? settings = null,
        CancellationToken cancellationToken = default)
    {
        var request = new ListItemConsensusRequest
        {
            Parent = DatasetNames.Of(dataset),
            Order = order,
            Settings = settings,
            PageSize = Paging.PageSize,
        };
        return PagesAsync<ItemConsensus>(
            async token =>
            {
                request.PageToken = token;
                var page = await _connection.Insight.ListItemConsensusAsync(request, cancellationToken: cancellationToken);
                return (page.Items, page.NextPageToken);
            },
            cancellationToken);
    }

    /// <summary>The labelers with what is known of them.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="order">Order of the list.</param>
    /// <param name="flagged">Whether only labelers with a flag are wanted.</param>
    /// <param name="settings">How it is worked out; null for the defaults.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The labelers, read page by page.</returns>
    /// <exception cref="LabelerException">There is no such dataset, or the state is gone.</exception>
    public IAsyncEnumerable<LabelerInsight> LabelersAsync(
        string dataset, LabelerInsightOrder order = LabelerInsightOrder.Unspecified, bool flagged = false, InsightSettings? settings = null,
        CancellationToken cancellationToken = default)
    {
        var request = new ListLabelerInsightsRequest
        {
            Parent = DatasetNames.Of(dataset),
            Order = order,
            Flagged = flagged,
            Settings = settings,
            PageSize = Paging.PageSize,
        };
        return PagesAsync<LabelerInsight>(
            async token =>
            {
                request.PageToken = token;
                var page = await _connection.Insight.ListLabelerInsightsAsync(request, cancellationToken: cancellationToken);
                return (page.Labelers, page.NextPageToken);
            },
            cancellationToken);
    }

    /// <summary>Annotations that are likely to be wrong, the likeliest first; at most 100,000.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="minimum">Only those that are wrong with at least this probability, in (0, 1].</param>
    /// <param name="labelerId">Only annotations of this labeler; empty for all.</param>
    /// <param name="settings">How it is worked out; null for the defaults.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The annotations, read page by page.</returns>
    /// <exception cref="LabelerException">There is no such dataset or labeler, or the state is gone.</exception>
    public IAsyncEnumerable<SuspectedAnnotation> SuspectsAsync(
        string dataset, double minimum = 0.5, string labelerId = "", InsightSettings? settings = null, CancellationToken cancellationToken = default)
    {
        var request = new ListSuspectedAnnotationsRequest
        {
            Parent = DatasetNames.Of(dataset),
            MinProbabilityWrong = minimum,
            LabelerId = labelerId,
            Settings = settings,
            PageSize = Paging.PageSize,
        };
        return PagesAsync<SuspectedAnnotation>(
            async token =>
            {
                request.PageToken = token;
                var page = await _connection.Insight.ListSuspectedAnnotationsAsync(request, cancellationToken: cancellationToken);
                return (page.Annotations, page.NextPageToken);
            },
            cancellationToken);
    }

    /// <summary>How much labelers agree.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The agreement, with its interval.</returns>
    /// <exception cref="LabelerException">There is no such dataset, or nothing to compare.</exception>
    public Task<Agreement> AgreementAsync(string dataset, CancellationToken cancellationToken = default) => Calls.RunAsync(
        async () => await _connection.Insight.GetAgreementAsync(
            new GetAgreementRequest { Name = $"{DatasetNames.Of(dataset)}/agreement" }, cancellationToken: cancellationToken),
        cancellationToken);

    /// <summary>What to have annotated next, and by whom. Changes nothing.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="count">Number of annotations, 1 to 10,000.</param>
    /// <param name="filter">Which items, such as <c>split = TRAIN</c>; empty for all without a gold class.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The suggestions, the best first; fewer where no more are worth it or possible.</returns>
    /// <exception cref="LabelerException">There is no such dataset, or the filter is wrong.</exception>
    public Task<IReadOnlyList<SuggestedAnnotation>> NextAsync(
        string dataset, int count, string filter = "", CancellationToken cancellationToken = default) => Calls.RunAsync<IReadOnlyList<SuggestedAnnotation>>(
            async () => (await _connection.Insight.SuggestAnnotationsAsync(
                new SuggestAnnotationsRequest { Parent = DatasetNames.Of(dataset), Count = count, Filter = filter },
                cancellationToken: cancellationToken)).Suggestions,
            cancellationToken);

    private static IAsyncEnumerable<T> PagesAsync<T>(
        Func<string, Task<(IEnumerable<T> Entries, string Next)>> page, CancellationToken cancellationToken) =>
        Paging.AllAsync(token => Calls.RunAsync(() => page(token), cancellationToken), cancellationToken);
}
