using LabelerService.Core.Models;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Models;

/// <summary>Publishes versions as trainers do, one after the other.</summary>
internal sealed class PublishedVersions(PostgresFixture database)
{
    private static int _runs;
    private readonly RunStore _runStore = database.Get<RunStore>();

    public async Task<ModelVersionRecord> PublishAsync(DatasetRecord dataset, byte[] onnx, ModelManifest? manifest = null, string model = "model") =>
        await _runStore.PublishAsync(await ClaimAsync(dataset, model), onnx, manifest ?? Some.Manifest(), default);

    public async Task<ModelVersionRecord> PublishAsync(DatasetRecord dataset, ModelFiles files) =>
        await _runStore.PublishAsync(await ClaimAsync(dataset), files, Some.Manifest(), default);

    public async Task<RunLease> ClaimAsync(DatasetRecord dataset, string model = "model")
    {
        // Tests of a class run one after the other, so the queue holds no other run.
        var id = $"run-{Interlocked.Increment(ref _runs)}";
        await _runStore.CreateAsync(dataset, Some.Run(id, model: model), null, default);
        var lease = await _runStore.TryClaimAsync("t", TimeSpan.FromMinutes(5), default);
        Assert.Equal(id, lease!.Run.RunId);
        return lease;
    }

    /// <summary>A dataset with a model of so many versions, each with bytes of its own.</summary>
    public async Task<DatasetRecord> DatasetAsync(int versions)
    {
        var dataset = await Some.DatasetAsync(database);
        for (var i = 1; i <= versions; i++)
        {
            await PublishAsync(dataset, Bytes(dataset, i));
        }

        return dataset;
    }

    /// <summary>Bytes that no other version has.</summary>
    public static byte[] Bytes(DatasetRecord dataset, int version) => [.. BitConverter.GetBytes(dataset.Key), .. BitConverter.GetBytes(version)];

    /// <summary>The number that a query gives.</summary>
    public async Task<int> CountAsync(string query)
    {
        await using var command = database.Get<NpgsqlDataSource>().CreateCommand(query);
        return (int)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Changes what no call of the stores changes.</summary>
    public static async Task ExecuteAsync(NpgsqlConnection connection, string statement, params object[] values)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        command.Parameters.AddRange(values.Select(value => new NpgsqlParameter { Value = value }).ToArray());
        await command.ExecuteNonQueryAsync();
    }
}
