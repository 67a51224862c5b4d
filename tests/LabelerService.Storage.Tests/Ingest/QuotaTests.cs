using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Ingest;

/// <summary>Quotas hold exactly, and the counters they go by are exact.</summary>
public sealed class QuotaTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static readonly UnknownIds RegisterAll = new(UnknownLabelers.Register, UnknownItems.Register);
    private static int _datasets;

    private readonly AnnotationStore _store = database.Get<AnnotationStore>();
    private readonly DatasetStore _datasetStore = database.Get<DatasetStore>();

    [Fact]
    public async Task A_batch_over_the_quota_is_refused_whole_and_one_that_fits_is_stored()
    {
        var dataset = await DatasetAsync(new DatasetQuota(MaxAnnotations: 3));
        await WriteAsync(dataset, Some.Annotation(0, 0, 0), Some.Annotation(1, 0, 0));
        var error = await Some.FailsAsync(
            ErrorKind.ResourceExhausted, $"datasets/{dataset.Id}", () => WriteAsync(dataset, Some.Annotation(2, 0, 0), Some.Annotation(3, 0, 0)));
        Assert.Equal(ServiceException.QuotaExceeded, error.Reason);
        Assert.Equal(2, await _store.CountAsync(dataset, default));

        // Revising needs no room; taking back makes some; giving again takes it.
        await WriteAsync(dataset, Some.Annotation(0, 0, 1), Some.Annotation(2, 0, 0));
        await Some.FailsAsync(ErrorKind.ResourceExhausted, () => WriteAsync(dataset, Some.Annotation(3, 0, 0)));
        await WriteAsync(dataset, AnnotationWrite.Retraction("i0", "l0"));
        await WriteAsync(dataset, Some.Annotation(3, 0, 0));
        await Some.FailsAsync(ErrorKind.ResourceExhausted, () => WriteAsync(dataset, Some.Annotation(0, 0, 1)));
        await Usage.AgreesAsync(database, dataset);

        await _datasetStore.UpdateAsync(dataset.Id, new DatasetChange(Quota: new DatasetQuota()), null, default);
        await WriteAsync(dataset, Some.Annotation(0, 0, 1));
    }

    [Fact]
    public async Task Labelers_and_items_registered_by_annotations_count_too()
    {
        var dataset = await DatasetAsync(new DatasetQuota(MaxLabelers: 2, MaxItems: 11));
        await WriteAsync(dataset, Some.Annotation(0, 1, 0), Some.Annotation(10, 1, 0));
        await Some.FailsAsync(ErrorKind.ResourceExhausted, () => WriteAsync(dataset, Some.Annotation(0, 2, 0)));
        await Some.FailsAsync(ErrorKind.ResourceExhausted, () => WriteAsync(dataset, Some.Annotation(11, 0, 0)));
        await Some.FailsAsync(
            ErrorKind.ResourceExhausted, () => database.Get<LabelerStore>().RegisterAsync(dataset, [new LabelerWrite("l2")], null, default));
        var counts = await _datasetStore.CountAsync(dataset, default);
        Assert.Equal((11, 2, 2), (counts.Items, counts.Labelers, counts.Annotations));
    }

    [Fact]
    public async Task Writers_at_once_in_two_processes_reach_the_quota_and_never_pass_it()
    {
        const int Quota = 100, Writers = 8, Each = 30;
        var dataset = await DatasetAsync(new DatasetQuota(MaxAnnotations: Quota), labelers: Writers);
        await using var other = PostgresFixture.Storage(database.ConnectionString);
        var stores = new[] { _store, (AnnotationStore)other.GetService(typeof(AnnotationStore))! };
        var stored = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var mine = 0;
            for (var i = 0; i < Each; i++)
            {
                try
                {
                    await stores[writer % 2].WriteAsync(dataset, [Some.Annotation(i % 10, writer, 0), Some.Annotation((i + 1) % 10, writer, 0)], RegisterAll, null, default);
                }
                catch (ServiceException error) when (error.Reason == ServiceException.QuotaExceeded)
                {
                    mine++;
                }
            }

            return mine;
        })));
        Assert.Equal(80, await _store.CountAsync(dataset, default));
        Assert.Equal(0, stored.Sum());

        await _datasetStore.UpdateAsync(dataset.Id, new DatasetChange(Quota: new DatasetQuota(MaxAnnotations: Quota)), null, default);
        var refused = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(async () =>
        {
            try
            {
                await stores[i % 2].WriteAsync(dataset, [Some.Annotation(100 + i, 0, 0)], RegisterAll, null, default);
                return 0;
            }
            catch (ServiceException error) when (error.Reason == ServiceException.QuotaExceeded)
            {
                return 1;
            }
        })));
        Assert.Equal(40, refused.Sum());
        Assert.Equal(Quota, await _store.CountAsync(dataset, default));
        await Usage.AgreesAsync(database, dataset);
    }

    [Fact]
    public async Task Counters_equal_the_tables_after_everything_that_writes_and_deletes()
    {
        var dataset = await DatasetAsync(new DatasetQuota(), labelers: 4);
        var random = new Random(5);
        for (var round = 0; round < 40; round++)
        {
            AnnotationWrite[] batch =
            [
                .. Enumerable.Range(0, 40).Select(_ => (Item: random.Next(12), Labeler: random.Next(6))).Distinct().Select(pair => random.Next(4) == 0
                    ? AnnotationWrite.Retraction($"i{pair.Item}", $"l{pair.Labeler}")
                    : Some.Annotation(pair.Item, pair.Labeler, random.Next(3))),
            ];
            await _store.WriteAsync(dataset, batch, RegisterAll, round % 3 == 0 ? Some.Request() : null, default);
            if (round == 20)
            {
                await database.Get<LabelerStore>().DeleteAsync(dataset, "l1", withAnnotations: true, null, default);
            }

            await Usage.AgreesAsync(database, dataset);
        }

        await _store.WriteAllAsync(dataset, Batches(), RegisterAll, default);
        await Usage.AgreesAsync(database, dataset);

        await _datasetStore.DeleteAsync(dataset.Id, null, default);
        await using var command = database.Get<NpgsqlDataSource>().CreateCommand("SELECT count(*) FROM dataset_usage WHERE dataset_id = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = dataset.Key });
        Assert.Equal(0L, await command.ExecuteScalarAsync());

        static async IAsyncEnumerable<IReadOnlyList<AnnotationWrite>> Batches()
        {
            yield return [Some.Annotation(0, 0, 0), Some.Annotation(50, 0, 0), Some.Annotation(51, 20, 0)];
            await Task.Yield();
            yield return [AnnotationWrite.Retraction("i0", "l0"), AnnotationWrite.Retraction("i51", "l20"), Some.Annotation(52, 20, 2)];
            yield return [Some.Annotation(0, 0, 2), Some.Annotation(52, 20, 1)];
        }
    }

    [Fact]
    public async Task A_negative_quota_is_refused() => await Some.FailsAsync(
        ErrorKind.InvalidArgument, "dataset.quota.max_items", () => DatasetAsync(new DatasetQuota(MaxItems: -1)));

    private Task<AnnotationWriteResult> WriteAsync(DatasetRecord dataset, params AnnotationWrite[] batch) =>
        _store.WriteAsync(dataset, batch, RegisterAll, null, default);

    private async Task<DatasetRecord> DatasetAsync(DatasetQuota quota, int labelers = 1)
    {
        var dataset = await _datasetStore.CreateAsync(
            new DatasetWrite($"quota-{Interlocked.Increment(ref _datasets)}", Some.Schema(), Quota: quota), null, default);
        await database.Get<ItemStore>().UpsertAsync(dataset, [.. Enumerable.Range(0, 10).Select(i => Some.Item($"i{i}"))], null, default);
        await database.Get<LabelerStore>().RegisterAsync(
            dataset, [.. Enumerable.Range(0, labelers).Select(r => new LabelerWrite($"l{r}"))], null, default);
        return dataset;
    }
}
