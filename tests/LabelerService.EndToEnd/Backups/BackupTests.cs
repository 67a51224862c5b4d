using Google.Protobuf;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Predictions;
using LabelerService.Storage.Backups;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.EndToEnd.Backups;

/// <summary>Backups as users make them, and what the service says of the restored data.</summary>
public sealed class BackupTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_restored_model_predicts_the_same_bytes()
    {
        var models = new PublishedModels(database);
        var dataset = await models.CreateDatasetAsync();
        await models.PublishAsync(dataset, 1);
        var request = new BatchPredictRequest
        {
            Dataset = $"datasets/{dataset.Id}",
            Model = new ModelSelector { Model = $"datasets/{dataset.Id}/models/wdn" },
            Features = Requests.Floats(PublishedModels.Features(16), 16, PublishedModels.Length),
            Outputs = { PredictionOutput.LabelerWeights, PredictionOutput.LabelerProbabilities },
        };
        using var file = new MemoryStream();
        await database.Get<DatabaseBackup>().WriteAsync(file, "test", null, default);
        var restored = await PostgresFixture.CreateDatabaseAsync(migrated: false);
        await using (var storage = PostgresFixture.Storage(restored))
        {
            file.Position = 0;
            await storage.GetRequiredService<DatabaseRestore>().ReadAsync(file, "test", null, default);
        }

        Assert.Equal(await PredictAsync(database.ConnectionString, request), await PredictAsync(restored, request));
    }

    [Fact]
    public async Task A_running_service_is_backed_up_and_restored_into_another_directory()
    {
        await using var service = await RunningService.StartAsync("--trainers", "0");
        var dataset = await service.CreateDatasetAsync();
        await service.CreateItemsAsync(dataset, 20);
        await service.AnnotateAsync(dataset, [.. Enumerable.Range(0, 20).Select(i => Requests.Says($"l{i % 3}", $"i{i}", i % 2 == 0 ? "a" : "b"))]);
        await service.AnnotateAsync(dataset, Requests.Says("l0", "i0", "c"));
        var before = await service.ExportAnnotationsAsync(dataset);
        Assert.Equal(20, before.Count);
        var target = RunningService.NewDirectory();
        var file = Path.Combine(service.Directory, "labeler.backup");

        var (exitCode, output) = await ServerProgram.RunAsync("backup", file, "--data", service.Directory);
        Assert.True(exitCode == 0, output);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Contains(" rows in ", output, StringComparison.Ordinal);
        (exitCode, output) = await ServerProgram.RunAsync("backup", file, "--data", service.Directory);
        Assert.Equal((1, true), (exitCode, output.Contains("--overwrite", StringComparison.Ordinal)));
        (exitCode, output) = await ServerProgram.RunAsync("restore", file, "--check", "--data", "/nowhere");
        Assert.True(exitCode == 0, output);

        // The service owns its own directory; another one may be filled.
        (exitCode, output) = await ServerProgram.RunAsync("restore", file, "--data", service.Directory);
        Assert.Equal((1, true), (exitCode, output.Contains("in use by process", StringComparison.Ordinal)));
        (exitCode, output) = await ServerProgram.RunAsync("restore", file, "--data", target);
        Assert.True(exitCode == 0, output);
        (exitCode, output) = await ServerProgram.RunAsync("restore", file, "--data", target);
        Assert.Equal((1, true), (exitCode, output.Contains("not empty", StringComparison.Ordinal)));

        await using var restored = RunningService.Create(target, ownsDirectory: true, "--trainers", "0");
        await restored.StartAgainAsync();
        Assert.Equal(before, await restored.ExportAnnotationsAsync(dataset));

        // A cluster that nobody runs is started for the backup, and stopped again.
        await restored.StopAsync();
        (exitCode, output) = await ServerProgram.RunAsync("backup", file, "--overwrite", "--data", target);
        Assert.True(exitCode == 0, output);
        Assert.Empty(RunningService.Postmasters(target));
        (exitCode, output) = await ServerProgram.RunAsync("backup", file, "--overwrite", "--data", Path.Combine(target, "other"));
        Assert.Equal((1, true), (exitCode, output.Contains("holds no data of the service", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(Path.Combine(target, "other")));
    }

    private static async Task<byte[]> PredictAsync(string connectionString, BatchPredictRequest request)
    {
        await using var server = await PredictionServer.StartAsync(connectionString);
        return (await server.Predictions.BatchPredictAsync(request)).ToByteArray();
    }
}
