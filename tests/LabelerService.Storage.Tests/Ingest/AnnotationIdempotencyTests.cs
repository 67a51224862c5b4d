using CsCheck;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Requests;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Ingest;

public sealed class AnnotationIdempotencyTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private const int Items = 3;
    private const int Labelers = 2;

    /// <summary>A batch gives a class to some of the six (item, labeler) pairs; −1 leaves a pair out.</summary>
    private static readonly Gen<int[]> Batch = Gen.Int[-1, 2].Array[Items * Labelers];

    private readonly AnnotationStore _store = database.Get<AnnotationStore>();

    [Fact]
    public async Task Any_interleaving_of_retries_gives_the_same_table_as_sending_each_request_once() =>
        await Gen.Select(Batch.Array[1, 5], Gen.Select(Gen.Int[0, 1000], Gen.Int[0, 1000]).Array[0, 8]).SampleAsync(
            async (batches, retries) =>
            {
                var once = await Some.DatasetAsync(database, items: Items, labelers: Labelers);
                var often = await Some.DatasetAsync(database, items: Items, labelers: Labelers);
                var requests = batches.Select((_, i) => Some.Request($"batch {i}")).ToArray();

                // Each retry repeats, at some later point, a request that was sent before.
                var sequence = Enumerable.Range(0, batches.Length).ToList();
                foreach (var (which, where) in retries)
                {
                    var request = which % batches.Length;
                    var first = sequence.IndexOf(request);
                    sequence.Insert(first + 1 + (where % (sequence.Count - first)), request);
                }

                var answers = new AnnotationWriteResult[batches.Length];
                for (var i = 0; i < batches.Length; i++)
                {
                    answers[i] = await SendAsync(once, batches[i], requests[i]);
                }

                foreach (var i in sequence)
                {
                    Assert.Equal(answers[i], await SendAsync(often, batches[i], requests[i]));
                }

                Assert.Equal(await ContentAsync(once), await ContentAsync(often));
            },
            iter: 40, threads: 1);

    [Fact]
    public async Task Retries_without_a_request_id_before_the_next_request_give_the_same_table_too() =>
        await Batch.Array[1, 5].SelectMany(batches => Gen.Int[1, 3].Array[batches.Length].Select(times => (batches, times))).SampleAsync(
            async sample =>
            {
                var once = await Some.DatasetAsync(database, items: Items, labelers: Labelers);
                var often = await Some.DatasetAsync(database, items: Items, labelers: Labelers);
                for (var i = 0; i < sample.batches.Length; i++)
                {
                    await SendAsync(once, sample.batches[i], null);
                    for (var time = 0; time < sample.times[i]; time++)
                    {
                        await SendAsync(often, sample.batches[i], null);
                    }
                }

                Assert.Equal(await ContentAsync(once), await ContentAsync(often));
            },
            iter: 30, threads: 1);

    private Task<AnnotationWriteResult> SendAsync(DatasetRecord dataset, int[] batch, RequestIdentity? request) => _store.WriteAsync(
        dataset,
        [.. batch.Select((k, pair) => (k, pair)).Where(entry => entry.k >= 0).Select(entry => Some.Annotation(entry.pair / Labelers, entry.pair % Labelers, entry.k))],
        UnknownLabelers.Reject, request, default);

    /// <summary>All revisions of all pairs.</summary>
    private async Task<string> ContentAsync(DatasetRecord dataset)
    {
        List<string> lines = [];
        for (var pair = 0; pair < Items * Labelers; pair++)
        {
            var history = await _store.HistoryAsync(dataset, $"i{pair / Labelers}", $"l{pair % Labelers}", default);
            lines.Add($"{pair}: {string.Join(' ', history.Select(revision => $"{revision.Revision}={revision.ClassIndex}"))}");
        }

        return string.Join('\n', lines);
    }
}
