using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Secrets;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Database;

public sealed class DbTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly Db _db = database.Get<Db>();

    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    public async Task A_transaction_that_lost_against_another_is_run_again(string state)
    {
        var runs = 0;
        var result = await _db.TransactAsync(
            async (connection, token) =>
            {
                if (++runs < 3)
                {
                    await RaiseAsync(connection, state, token);
                }

                return "done";
            },
            default);
        Assert.Equal(("done", 3), (result, runs));
    }

    [Fact]
    public async Task A_transaction_that_always_loses_is_aborted()
    {
        var exception = await Some.FailsAsync(
            ErrorKind.Aborted, () => _db.TransactAsync<string>(
                async (connection, token) =>
                {
                    await RaiseAsync(connection, "40001", token);
                    return "never";
                },
                default));
        Assert.Equal("CONCURRENT_CHANGE", exception.Reason);
    }

    [Theory]
    [InlineData("53100", ErrorKind.ResourceExhausted)]
    [InlineData("57P01", ErrorKind.Unavailable)]
    [InlineData("57P03", ErrorKind.Unavailable)]
    [InlineData("53300", ErrorKind.Unavailable)]
    [InlineData("08006", ErrorKind.Unavailable)]
    [InlineData("25006", ErrorKind.FailedPrecondition)]
    public async Task A_state_of_the_database_becomes_an_error_a_caller_can_act_on_without_its_details(string state, ErrorKind kind)
    {
        var exception = await Some.FailsAsync(
            kind, () => _db.RunAsync<string>(
                async (connection, token) =>
                {
                    await RaiseAsync(connection, state, token);
                    return "never";
                },
                default));
        Assert.DoesNotContain("secret detail", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_defect_of_ours_is_not_dressed_up_as_the_callers_error() =>
        await Assert.ThrowsAsync<PostgresException>(() => _db.RunAsync<string>(
            async (connection, token) =>
            {
                await RaiseAsync(connection, "42601", token);
                return "never";
            },
            default));

    [Fact]
    public async Task Cancellation_reaches_the_statement()
    {
        using var cancel = new CancellationTokenSource();
        var sleep = _db.RunAsync(
            async (connection, token) =>
            {
                await cancel.CancelAsync();
                return await Sql.Command(connection, "SELECT pg_sleep(600)").ExecuteAsync(token);
            },
            cancel.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sleep);
    }

    [Fact]
    public async Task Replicas_share_one_secret()
    {
        var secrets = database.Get<SecretStore>();
        var keys = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => secrets.GetOrCreateAsync("page-token", 32, default))));
        Assert.All(keys, key => Assert.Equal(keys[0], key));
        Assert.Equal(32, keys[0].Length);
        Assert.NotEqual(keys[0], await secrets.GetOrCreateAsync("other", 32, default));
    }

    [Fact]
    public async Task Old_request_ids_are_forgotten_and_fresh_ones_kept()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        var store = database.Get<AnnotationStore>();
        var request = Some.Request();
        await store.WriteAsync(dataset, [Some.Annotation(0, 0, 0)], UnknownLabelers.Reject, request, default);
        Assert.Equal(0, await database.Get<RequestIdStore>().PruneAsync(TimeSpan.FromHours(1), default));
        Assert.Equal(1, await database.Get<RequestIdStore>().PruneAsync(TimeSpan.FromSeconds(-1), default));
        Assert.Equal(
            new AnnotationWriteResult(0, 0, 1),
            await store.WriteAsync(dataset, [Some.Annotation(0, 0, 0)], UnknownLabelers.Reject, request, default));
    }

    private static Task<int> RaiseAsync(NpgsqlConnection connection, string state, CancellationToken cancel) => Sql.Command(
        connection, $"DO $$ BEGIN RAISE EXCEPTION 'secret detail' USING ERRCODE = '{state}'; END $$").ExecuteAsync(cancel);
}
