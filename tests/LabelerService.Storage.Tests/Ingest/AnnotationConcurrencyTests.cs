using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Labelers;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Ingest;

public sealed class AnnotationConcurrencyTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly AnnotationStore _store = database.Get<AnnotationStore>();

    [Fact]
    public async Task Writers_of_the_same_annotations_never_deadlock_and_their_counts_add_up()
    {
        const int Items = 40, Labelers = 10, Writers = 8, Batches = 15;
        var dataset = await Some.DatasetAsync(database, items: Items, labelers: Labelers);
        var keys = Enumerable.Range(0, Items * Labelers).ToArray();
        var results = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            var mine = keys.ToArray();
            var (created, revised) = (0L, 0L);
            for (var batch = 0; batch < Batches; batch++)
            {
                random.Shuffle(mine);
                var result = await _store.WriteAsync(
                    dataset, [.. mine.Take(200).Select(key => Some.Annotation(key / Labelers, key % Labelers, random.Next(3)))],
                    UnknownLabelers.Reject, null, default);
                Assert.Equal(200, result.Created + result.Revised + result.Unchanged);
                created += result.Created;
                revised += result.Revised;
            }

            return (created, revised);
        })));

        Assert.Equal(Items * Labelers, await _store.CountAsync(dataset, default));
        Assert.Equal(Items * Labelers, results.Sum(result => result.created));
        Assert.Equal(results.Sum(result => result.revised), await CountAsync("SELECT count(*) FROM annotation_history WHERE dataset_id = $1", dataset));

        // Every history runs 1, 2, … up to the revision before the current one: none lost, none twice.
        Assert.Equal(0, await CountAsync(
            """
            SELECT count(*) FROM annotations a WHERE a.dataset_id = $1 AND a.revision - 1 <> (
                SELECT count(*) FROM annotation_history h
                WHERE h.dataset_id = a.dataset_id AND h.item_key = a.item_key AND h.labeler_key = a.labeler_key AND h.revision < a.revision)
            """,
            dataset));
    }

    [Fact]
    public async Task Writers_that_register_the_same_new_labelers_at_once_agree_on_one_of_each()
    {
        const int Items = 20, Labelers = 30;
        var dataset = await Some.DatasetAsync(database, items: Items, labelers: 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(() => _store.WriteAsync(
            dataset,
            [
                .. Enumerable.Range(0, Labelers).Select(
                    labeler => Some.Annotation(writer, writer % 2 == 0 ? labeler : Labelers - 1 - labeler, labeler % 3)),
            ],
            UnknownLabelers.Register, null, default))));
        Assert.Equal(8 * Labelers, await _store.CountAsync(dataset, default));
        var labelers = await database.Get<LabelerStore>().ListAsync(dataset, 0, 100, default);
        Assert.Equal(Labelers, labelers.Count);
        Assert.All(labelers, labeler => Assert.Equal(8, labeler.AnnotationCount));
    }

    [Fact]
    public async Task A_request_sent_many_times_at_once_has_one_effect_and_one_answer()
    {
        var dataset = await Some.DatasetAsync(database, items: 5, labelers: 1);
        var request = Some.Request();
        AnnotationWrite[] batch = [.. Enumerable.Range(0, 5).Select(item => Some.Annotation(item, 0, 1))];
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(
            _ => Task.Run(() => _store.WriteAsync(dataset, batch, UnknownLabelers.Reject, request, default))));
        Assert.All(answers, answer => Assert.Equal(new AnnotationWriteResult(5, 0, 0), answer));
        Assert.Equal(0, await CountAsync("SELECT count(*) FROM annotation_history WHERE dataset_id = $1", dataset));
    }

    [Fact]
    public async Task A_stream_that_breaks_half_way_leaves_nothing()
    {
        var dataset = await Some.DatasetAsync(database, items: 10, labelers: 1);
        await Assert.ThrowsAsync<IOException>(() => _store.WriteAllAsync(dataset, Broken(), UnknownLabelers.Reject, default));
        Assert.Equal(0, await _store.CountAsync(dataset, default));

        static async IAsyncEnumerable<IReadOnlyList<AnnotationWrite>> Broken()
        {
            yield return [Some.Annotation(0, 0, 0)];
            await Task.Yield();
            yield return [Some.Annotation(1, 0, 0)];
            throw new IOException("The client went away.");
        }
    }

    [Fact]
    public async Task A_write_whose_session_is_killed_is_unavailable_and_stores_nothing()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        await using var blocker = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("SELECT 1 FROM datasets WHERE dataset_id = $1 FOR UPDATE", blocker))
        {
            hold.Parameters.Add(new NpgsqlParameter { Value = dataset.Key });
            await hold.ExecuteNonQueryAsync();
        }

        var write = Task.Run(() => _store.WriteAsync(dataset, [Some.Annotation(0, 0, 0)], UnknownLabelers.Reject, null, default));
        await using (var kill = new NpgsqlCommand(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
            """,
            blocker))
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while ((long)(await kill.ExecuteScalarAsync(limit.Token))! == 0)
            {
                await Task.Yield();
            }
        }

        await Some.FailsAsync(ErrorKind.Unavailable, () => write);
        await transaction.RollbackAsync();
        Assert.Equal(0, await _store.CountAsync(dataset, default));
    }

    private async Task<long> CountAsync(string sql, DatasetRecord dataset)
    {
        await using var command = database.Get<NpgsqlDataSource>().CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = dataset.Key });
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
