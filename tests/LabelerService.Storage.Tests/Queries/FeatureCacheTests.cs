using LabelerService.Core.Datasets;
using LabelerService.Core.Training;
using LabelerService.Storage.Items;
using LabelerService.Storage.Queries;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.Storage.Tests.Queries;

/// <summary>Snapshots whose features are mapped from files: the same snapshots, and never features of another time.</summary>
public sealed class FeatureCacheTests(PostgresFixture database) : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("labeler-cache-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_mapped_snapshot_is_the_one_in_memory_and_the_file_serves_again()
    {
        var dataset = await Some.DatasetAsync(database, items: 9, labelers: 2);
        var inMemory = await database.Get<SnapshotReader>().ReadAsync(dataset.Id, default);
        await using var storage = Mapping();
        var reader = storage.GetRequiredService<SnapshotReader>();

        using var first = await reader.ReadAsync(dataset.Id, default);
        var file = Assert.Single(_folder.GetFiles());
        using var second = await reader.ReadAsync(dataset.Id, default);

        Assert.Equal(file.FullName, Assert.IsType<FeatureFile>(first.Features).Path);
        Assert.Equal(file.FullName, Assert.IsType<FeatureFile>(second.Features).Path);
        Assert.Equal(file.Name, Assert.Single(_folder.GetFiles()).Name);
        foreach (var snapshot in (TrainingSnapshot[])[first, second])
        {
            Assert.Equal(inMemory.SnapshotId, snapshot.SnapshotId);
            Assert.Equal(inMemory.Features.Load(), snapshot.Features.Load());
            Assert.Equal(inMemory.ItemIds, snapshot.ItemIds);
        }
    }

    [Fact]
    public async Task Any_change_of_features_makes_another_file_and_a_change_of_anything_else_too_or_the_same_content()
    {
        var dataset = await Some.DatasetAsync(database, items: 5, labelers: 1);
        await using var storage = Mapping();
        var items = database.Get<ItemStore>();
        foreach (var change in (Func<Task>[])[
            () => items.UpsertAsync(dataset, [Some.Item("i3", features: [9, 9])], null, default),
            () => items.UpsertAsync(dataset, [Some.Item("i3", features: [1, 2])], null, default),
            () => items.UpsertAsync(dataset, [Some.Item("more", features: [5, 6])], null, default),
            () => items.UpsertAsync(dataset, [new ItemWrite("i0", Split.Test, default)], null, default),
            () => items.DeleteAsync(dataset, ["i1"], false, null, default),
        ])
        {
            await change();
            var expected = await database.Get<SnapshotReader>().ReadAsync(dataset.Id, default);
            using var mapped = await storage.GetRequiredService<SnapshotReader>().ReadAsync(dataset.Id, default);
            Assert.IsType<FeatureFile>(mapped.Features);
            Assert.Equal(expected.Features.Load(), mapped.Features.Load());
            Assert.Equal(expected.SnapshotId, mapped.SnapshotId);
        }
    }

    [Fact]
    public async Task A_damaged_file_is_written_anew()
    {
        var dataset = await Some.DatasetAsync(database, items: 4, labelers: 1);
        await using var storage = Mapping();
        var reader = storage.GetRequiredService<SnapshotReader>();
        float[] expected;
        string path;
        using (var snapshot = await reader.ReadAsync(dataset.Id, default))
        {
            expected = snapshot.Features.Load();
            path = Assert.IsType<FeatureFile>(snapshot.Features).Path;
        }

        var bytes = await File.ReadAllBytesAsync(path);
        bytes[5] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        using var again = await reader.ReadAsync(dataset.Id, default);
        Assert.Equal(expected, again.Features.Load());
    }

    [Fact]
    public async Task Files_beyond_the_capacity_go_and_the_newest_stays()
    {
        var dataset = await Some.DatasetAsync(database, items: 4, labelers: 1);
        await using var storage = Mapping(capacity: 1);
        var reader = storage.GetRequiredService<SnapshotReader>();
        for (var round = 0; round < 3; round++)
        {
            await database.Get<ItemStore>().UpsertAsync(dataset, [Some.Item($"n{round}")], null, default);
            using var snapshot = await reader.ReadAsync(dataset.Id, default);
            Assert.Equal(Assert.IsType<FeatureFile>(snapshot.Features).Path, Assert.Single(_folder.GetFiles()).FullName);
        }
    }

    [Fact]
    public async Task Small_features_stay_in_memory()
    {
        var dataset = await Some.DatasetAsync(database, items: 4, labelers: 1);
        await using var storage = Mapping(threshold: 1 << 20);
        var snapshot = await storage.GetRequiredService<SnapshotReader>().ReadAsync(dataset.Id, default);
        Assert.IsType<FeatureArray>(snapshot.Features);
        Assert.Empty(_folder.GetFiles());
    }

    private ServiceProvider Mapping(long threshold = 0, long capacity = long.MaxValue) => PostgresFixture.Storage(
        database.ConnectionString,
        options => options.FeatureCache = new FeatureCacheOptions(_folder.FullName) { Threshold = threshold, Capacity = capacity });
}
