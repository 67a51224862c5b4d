using System.Text;
using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Queries;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.Storage.Tests.Queries;

/// <summary>Snapshots of texts and sequences: in memory and in files, under ids that mean the same data.</summary>
public sealed class SnapshotContentsTests(PostgresFixture database) : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("labeler-contents-");
    private readonly ItemStore _items = database.Get<ItemStore>();
    private readonly SnapshotReader _reader = database.Get<SnapshotReader>();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Texts_read_back_as_they_were_and_again_whatever_came_since()
    {
        var dataset = await DatasetAsync("contents-texts", ItemKind.Text);
        await _items.UpsertAsync(
            dataset, [Text("a", "Grüße 🧪"), new ItemWrite("bare", Split.Train, default), Text("b", "two", Split.Test)], null, default);
        await AnnotateAsync(dataset, ("a", 1), ("bare", 0), ("b", 0));
        var (before, pin) = await _reader.ReadAndPinAsync(dataset.Id, default);

        Assert.Equal(["a", "b"], before.ItemIds);
        Assert.Equal(0, before.FeatureLength);
        Assert.Equal(["Grüße 🧪", "two"], Texts(before));
        Assert.Equal([0, 1], before.Annotations.Items.ToArray());

        await _items.UpsertAsync(dataset, [Text("c", "three"), new ItemWrite("b", Split.Train, default)], null, default);
        Assert.NotEqual(before.SnapshotId, (await _reader.ReadAsync(dataset.Id, default)).SnapshotId);
        var again = await _reader.ReadPinnedAsync(dataset.Id, pin, default);
        Assert.Equal(before.SnapshotId, again.SnapshotId);
        Assert.Equal(Texts(before), Texts(again));
        Assert.Equal(before.Splits, again.Splits);

        await _items.UpsertAsync(dataset, [Text("b", "tvo")], null, default);
        var changed = await Assert.ThrowsAsync<ServiceException>(() => _reader.ReadPinnedAsync(dataset.Id, pin, default));
        Assert.Equal("SNAPSHOT_CHANGED", changed.Reason);
    }

    [Fact]
    public async Task The_same_texts_have_the_same_id_in_any_dataset_and_any_change_another()
    {
        var (one, other) = (await DatasetAsync("contents-one", ItemKind.Text), await DatasetAsync("contents-other", ItemKind.Text));
        foreach (var dataset in (DatasetRecord[])[one, other])
        {
            await _items.UpsertAsync(dataset, [Text("a", "one"), Text("b", "two")], null, default);
        }

        HashSet<string> ids = [await IdAsync(one)];
        Assert.Contains(await IdAsync(other), ids);
        foreach (var change in (ItemWrite[])[Text("a", "onetwo"), Text("b", "t"), Text("b", "two", Split.Test), Text("c", "")])
        {
            if (change.Content!.Value.Bytes.IsEmpty)
            {
                await _items.DeleteAsync(one, ["a"], false, null, default);
            }
            else
            {
                await _items.UpsertAsync(one, [change], null, default);
            }

            Assert.True(ids.Add(await IdAsync(one)));
        }
    }

    [Fact]
    public async Task Sequences_in_memory_and_in_a_file_are_the_same_snapshot_and_the_file_serves_again()
    {
        var dataset = await DatasetAsync("contents-sequences", ItemKind.Sequence, 2);
        await _items.UpsertAsync(
            dataset,
            [
                Sequence("a", 1, 2, 3, 4, 5, 6), new ItemWrite("bare", Split.Train, default), Sequence("b", 7, 8),
                new ItemWrite("half", Split.Test, (byte[])[0x00, 0x3C, 0x00, 0xC0], FeatureEncoding.Float16),
            ], null, default);
        var (inMemory, pin) = await _reader.ReadAndPinAsync(dataset.Id, default);
        Assert.Equal([3, 1, 1], Steps(inMemory));
        Assert.Equal([1f, 2f, 3f, 4f, 5f, 6f], inMemory.Contents![0].Values.ToArray());
        Assert.Equal([1f, -2f], inMemory.Contents![2].Values.ToArray());

        await using var storage = PostgresFixture.Storage(database.ConnectionString, options => options.FeatureCache = new FeatureCacheOptions(_folder.FullName) { Threshold = 1 });
        var mapping = storage.GetRequiredService<SnapshotReader>();
        using var first = await mapping.ReadAsync(dataset.Id, default);
        var file = Assert.Single(_folder.GetFiles());
        using var second = await mapping.ReadAsync(dataset.Id, default);
        await _items.UpsertAsync(dataset, [Sequence("later", 9, 9)], null, default);
        using var pinned = await mapping.ReadPinnedAsync(dataset.Id, pin, default);
        Assert.Contains(_folder.GetFiles(), found => found.Name == file.Name);
        foreach (var snapshot in (TrainingSnapshot[])[first, second, pinned])
        {
            Assert.Equal(inMemory.SnapshotId, snapshot.SnapshotId);
            Assert.Equal(Steps(inMemory), Steps(snapshot));
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(inMemory.Contents![i].Values.ToArray(), snapshot.Contents![i].Values.ToArray());
            }
        }
    }

    [Fact]
    public void Texts_that_are_more_than_memory_takes_are_refused_with_what_to_do()
    {
        SnapshotItems.CheckTexts(SnapshotItems.MaximumTextBytes, SnapshotItems.MaximumTextBytes);
        var error = Assert.Throws<ServiceException>(() => SnapshotItems.CheckTexts(12, 11));
        Assert.Equal("SNAPSHOT_TOO_LARGE", error.Reason);
        Assert.Contains("12 bytes together, and a training run holds at most 11", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_in_memory_and_in_a_file_are_the_same_and_rows_beyond_the_cache_are_refused()
    {
        const int Count = 700, Length = 3;
        using var inMemory = database.Get<FeatureRows>().Make("rows", Count, Length, "Take fewer.", Fill, default);
        using var storage = PostgresFixture.Storage(database.ConnectionString, options => options.FeatureCache = new FeatureCacheOptions(_folder.FullName)
        {
            Threshold = 1,
            Capacity = Count * Length * sizeof(float),
        });
        var rows = storage.GetRequiredService<FeatureRows>();
        using var mapped = Assert.IsType<FeatureFile>(rows.Make("rows", Count, Length, "Take fewer.", Fill, default));
        Assert.Equal(inMemory.Load(), mapped.Load());
        Assert.Equal(Enumerable.Range(0, Count * Length).Select(value => (float)value), mapped.Load());

        // It is there already: nobody is asked.
        using var again = rows.Make("rows", Count, Length, "Take fewer.", (_, _) => throw new InvalidOperationException(), default);
        Assert.Equal(inMemory.Load(), again.Load());

        var error = Assert.Throws<ServiceException>(() => rows.Make("more", Count + 1, Length, "Take fewer.", Fill, default));
        Assert.Equal("SNAPSHOT_TOO_LARGE", error.Reason);
        Assert.EndsWith("Take fewer.", error.Message, StringComparison.Ordinal);

        static void Fill(int first, Span<float> rows)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                rows[i] = (first * Length) + i;
            }
        }
    }

    private static string[] Texts(TrainingSnapshot snapshot) => [.. Enumerable.Range(0, snapshot.Contents!.Count).Select(i => snapshot.Contents[i].Text!)];

    private static int[] Steps(TrainingSnapshot snapshot)
    {
        var sequences = Assert.IsType<RawSequences>(snapshot.Contents);
        return [.. Enumerable.Range(0, sequences.Count).Select(sequences.StepsOf)];
    }

    private async Task<string> IdAsync(DatasetRecord dataset) => (await _reader.ReadAsync(dataset.Id, default)).SnapshotId;

    private Task<DatasetRecord> DatasetAsync(string id, ItemKind kind, params int[] shape) => database.Get<DatasetStore>().CreateAsync(
        new DatasetWrite(id, new DatasetSchema(["0", "1"], LabelKind.Binary, kind, shape)), null, default);

    private Task AnnotateAsync(DatasetRecord dataset, params (string Item, int Class)[] labels) => database.Get<AnnotationStore>().WriteAsync(
        dataset, [.. labels.Select(label => new AnnotationWrite(label.Item, "l", label.Class))], UnknownLabelers.Register, null, default);

    private static ItemWrite Sequence(string id, params float[] values) => new(id, Split.Train, FeaturePacking.Pack(values));

    private static ItemWrite Text(string id, string text, Split split = Split.Train) =>
        new(id, split, default, Content: new ItemContent(ContentType.Text, Encoding.UTF8.GetBytes(text)));
}
