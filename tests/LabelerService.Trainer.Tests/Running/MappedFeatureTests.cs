using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning;
using LabelerService.Storage;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Queries;
using LabelerService.TestKit;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.Trainer.Tests.Running;

/// <summary>Training on features that are mapped from a file gives the bits that training in memory gives.</summary>
public sealed class MappedFeatureTests(PostgresFixture database) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    // More than one piece of 64 MiB, so that pieces are put together.
    private const int Items = 70_000;
    private const int Side = 16;
    private const int Annotated = 600;
    private readonly string _directory = ScratchDirectory.Create("labeler-mapped-");
    private TrainingSnapshot _loaded = null!;
    private TrainingSnapshot _mapped = null!;

    public async Task InitializeAsync()
    {
        var dataset = await database.Get<DatasetStore>().CreateAsync(
            new DatasetWrite("mapped", new DatasetSchema(["no", "yes"], LabelKind.Binary, ItemKind.Image, [Side, Side, 1])), null, default);
        var random = new Random(4);
        for (var start = 0; start < Items; start += 10_000)
        {
            var batch = new ItemWrite[10_000];
            for (var i = 0; i < batch.Length; i++)
            {
                var pixels = new byte[Side * Side];
                random.NextBytes(pixels);
                pixels[0] = (byte)(i % 2 == 0 ? 20 : 230);
                batch[i] = new ItemWrite($"i{start + i}", Split.Train, pixels, FeatureEncoding.UInt8);
            }

            await database.Get<ItemStore>().UpsertAsync(dataset, batch, null, default);
        }

        await database.Get<AnnotationStore>().WriteAsync(
            dataset,
            [
                .. Enumerable.Range(0, Annotated).SelectMany(i => Enumerable.Range(0, 3).Select(labeler =>
                    new AnnotationWrite($"i{i * (Items / Annotated)}", $"l{labeler}", random.Next(10) == 0 ? 0 : i * (Items / Annotated) % 2))),
            ],
            UnknownLabelers.Register, null, default);
        _loaded = await database.Get<SnapshotReader>().ReadAsync("mapped", default);
        await using var storage = PostgresFixture.Storage(database.ConnectionString, options =>
        {
            options.FeatureCache = new FeatureCacheOptions(_directory) { Threshold = 1 << 20 };
        });
        _mapped = await storage.GetRequiredService<SnapshotReader>().ReadAsync("mapped", default);
    }

    public Task DisposeAsync()
    {
        _mapped.Dispose();
        _loaded.Dispose();
        Directory.Delete(_directory, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public void The_same_model_comes_out_of_memory_and_of_a_file()
    {
        Assert.IsNotType<FeatureFile>(_loaded.Features);
        Assert.IsType<FeatureFile>(_mapped.Features);
        Assert.Equal(_loaded.SnapshotId, _mapped.SnapshotId);
        foreach (var (algorithm, transform) in ((string, string)[])[("wdn", "log1p"), ("bn", "standardize")])
        {
            var known = AlgorithmCatalogue.Find(algorithm)!.Settings.Select(setting => setting.Key).ToHashSet();
            var wanted = new Dictionary<string, string> { ["feature_transform"] = transform, ["epochs"] = "3", ["hidden"] = "8" };
            var settings = AlgorithmCatalogue.Validate(algorithm, wanted.Where(setting => known.Contains(setting.Key)).ToDictionary());
            var trainer = new ModelTrainer(TimeProvider.System, "test");
            var fromMemory = trainer.Train(_loaded, settings, 1, null, default);
            var fromFile = trainer.Train(_mapped, settings, 1, null, default);
            Assert.True(fromMemory.Onnx.AsSpan().SequenceEqual(fromFile.Onnx), $"{algorithm} with {transform}");

            // Nothing but the cached file is left behind.
            Assert.Single(Directory.GetFiles(_directory));
        }
    }
}
