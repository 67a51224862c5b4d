using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Runs;

/// <summary>What the Helm chart has KEDA ask the database, to know how many trainers are wanted.</summary>
public sealed class ScalerQueryTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task The_chart_counts_runs_that_wait_and_runs_under_way_and_none_that_ended()
    {
        var runs = database.Get<RunStore>();
        var dataset = await Some.DatasetAsync(database);
        Assert.Equal(0, await CountAsync());
        foreach (var id in (string[])["a", "b", "c"])
        {
            await runs.CreateAsync(dataset, Some.Run(id), null, default);
        }

        var lease = await runs.TryClaimAsync("t", TimeSpan.FromMinutes(5), default);
        Assert.Equal(3, await CountAsync());
        await runs.FailAsync(lease!, "no", default);
        Assert.Equal(2, await CountAsync());
    }

    private async Task<long> CountAsync()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand(ChartQuery());
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static string ChartQuery()
    {
        const string Key = "query: ";
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "LabelerService.sln")))
        {
            folder = folder.Parent!;
        }

        var values = File.ReadLines(Path.Combine(folder.FullName, "deploy", "helm", "labeler", "values.yaml"));
        return values.Select(line => line.Trim()).First(line => line.StartsWith(Key + "SELECT", StringComparison.Ordinal))[Key.Length..];
    }
}
