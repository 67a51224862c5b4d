using System.Text;
using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Text;
using LabelerService.Core.Training;
using LabelerService.Storage;
using LabelerService.Storage.Queries;
using LabelerService.TestKit.Postgres;
using LabelerService.Trainer.Running;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.Trainer.Tests.Running;

/// <summary>Rows of features that are made of a snapshot's items.</summary>
public sealed class SnapshotEncoderTests : IDisposable
{
    private static readonly TrainingSettings Settings = AlgorithmCatalogue.Validate("dn", new Dictionary<string, string>());
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("labeler-encoded-");
    private readonly ServiceProvider _inMemory = PostgresFixture.Storage("Host=nowhere");
    private readonly ServiceProvider _mapping;

    public SnapshotEncoderTests() => _mapping = PostgresFixture.Storage(
        "Host=nowhere", options => options.FeatureCache = new FeatureCacheOptions(_folder.FullName) { Threshold = 1 });

    public void Dispose()
    {
        _inMemory.Dispose();
        _mapping.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(ItemKind.Text)]
    [InlineData(ItemKind.Sequence)]
    public async Task Rows_in_a_file_are_those_in_memory_and_the_file_serves_the_same_items_again(ItemKind kind)
    {
        var inMemory = await Encoder(_inMemory).EncodeAsync(Snapshot(kind, 5), Settings, null, default);
        using var first = (await Encoder(_mapping).EncodeAsync(Snapshot(kind, 5), Settings, null, default)).Snapshot;
        using var second = (await Encoder(_mapping).EncodeAsync(Snapshot(kind, 5), Settings, null, default)).Snapshot;
        var file = Assert.Single(_folder.GetFiles());
        foreach (var snapshot in (TrainingSnapshot[])[first, second])
        {
            Assert.Equal(file.FullName, Assert.IsType<FeatureFile>(snapshot.Features).Path);
            Assert.Equal(inMemory.Snapshot.Features.Load(), snapshot.Features.Load());
            Assert.Equal(inMemory.Snapshot.ContentHashes, snapshot.ContentHashes);
            Assert.Equal(inMemory.Snapshot.Encoding with { Shape = [] }, snapshot.Encoding with { Shape = [] });
            Assert.Null(snapshot.Contents);
        }

        using var other = (await Encoder(_mapping).EncodeAsync(Snapshot(kind, 6), Settings, null, default)).Snapshot;
        Assert.Equal(2, _folder.GetFiles().Length);
    }

    [Fact]
    public async Task A_sequence_of_more_steps_than_the_setting_or_than_any_model_reads_is_named_before_training()
    {
        var setting = await FailsAsync(Snapshot(ItemKind.Sequence, 5), AlgorithmCatalogue.Validate("dn", new Dictionary<string, string> { ["max_steps"] = "3" }));
        Assert.Equal(("SEQUENCE_TOO_LONG", ErrorKind.FailedPrecondition), (setting.Reason, setting.Kind));
        Assert.Contains("Item 'item-3' has 4 steps, and max_steps is 3.", setting.Message, StringComparison.Ordinal);

        var steps = SequenceEncoder.MostSteps + 1;
        var any = await FailsAsync(Snapshot(ItemKind.Sequence, 1, new RawSequences(1, [steps], new float[steps])), Settings);
        Assert.Equal("SEQUENCE_TOO_LONG", any.Reason);
        Assert.Contains($"Item 'item-0' has {steps} steps", any.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_given_encoder_makes_the_rows_and_one_for_other_items_is_refused()
    {
        using var texts = TextEncoder.Fit(["words of another dataset"], new TextFeaturizerOptions());
        var transferred = await Encoder(_inMemory).EncodeAsync(Snapshot(ItemKind.Text, 4), Settings, texts, default);
        Assert.Equal(texts.Encoding, transferred.Snapshot.Encoding);
        Assert.Equal(texts.ToBytes(), transferred.Encoder);

        using var longer = new SequenceEncoder(ItemEncoding.OfSequences(1, 9));
        var padded = await Encoder(_inMemory).EncodeAsync(Snapshot(ItemKind.Sequence, 4), Settings, longer, default);
        Assert.Equal(9, padded.Snapshot.Encoding.MaxSteps);

        using var doubling = new Doubling();
        var extracted = await Encoder(_inMemory).EncodeAsync(Snapshot(ItemKind.Vector, 4), Settings, doubling, default);
        Assert.Equal([0f, 2f, 2f, 4f, 4f, 6f, 6f, 8f], extracted.Snapshot.Features.Load());
        Assert.Equal(Enumerable.Range(0, 4).Select(i => OutOfFoldTable.HashOf([(float)i, i + 1])), extracted.Snapshot.ContentHashes);

        Assert.Equal("ENCODER_MISMATCH", (await FailsAsync(Snapshot(ItemKind.Vector, 4), Settings, texts)).Reason);
        Assert.Equal("ENCODER_MISMATCH", (await FailsAsync(Snapshot(ItemKind.Text, 4), Settings, longer)).Reason);
        Assert.Equal("ENCODER_MISMATCH", (await FailsAsync(Snapshot(ItemKind.Sequence, 4), Settings, doubling)).Reason);
    }

    [Fact]
    public async Task Vectors_stay_as_they_are()
    {
        var snapshot = Snapshot(ItemKind.Vector, 3);
        var encoded = await Encoder(_inMemory).EncodeAsync(snapshot, Settings, null, default);
        Assert.Same(snapshot, encoded.Snapshot);
        Assert.Null(encoded.Encoder);
    }

    private static SnapshotEncoder Encoder(ServiceProvider storage) => new(storage.GetRequiredService<FeatureRows>());

    private async Task<ServiceException> FailsAsync(TrainingSnapshot snapshot, TrainingSettings settings, IItemEncoder? given = null) =>
        await Assert.ThrowsAsync<ServiceException>(() => Encoder(_inMemory).EncodeAsync(snapshot, settings, given, default));

    private static TrainingSnapshot Snapshot(ItemKind kind, int count, RawItems? contents = null)
    {
        if (kind == ItemKind.Text)
        {
            var texts = new RawTexts();
            for (var i = 0; i < count; i++)
            {
                texts.Add(Encoding.UTF8.GetBytes($"text number {i} of them"));
            }

            contents = texts;
        }
        else if (kind == ItemKind.Sequence)
        {
            // 1, 2, 3, … steps.
            int[] ends = [.. Enumerable.Range(1, count).Select(n => n * (n + 1) / 2)];
            contents ??= new RawSequences(1, ends, [.. Enumerable.Range(0, ends[^1]).Select(value => value + 0.5f)]);
        }

        return new TrainingSnapshot
        {
            Dataset = "made",
            SnapshotId = new string('0', 64),
            Schema = new DatasetSchema(["a", "b"], LabelKind.Binary, kind, kind switch { ItemKind.Text => [], ItemKind.Sequence => [1], _ => [2] }),
            ItemIds = [.. Enumerable.Range(0, count).Select(i => $"item-{i}")],
            Contents = contents,
            Features = kind == ItemKind.Vector ? Enumerable.Range(0, count).SelectMany(i => (float[])[i, i + 1]).ToArray() : [],
            Splits = [.. Enumerable.Repeat(Split.Train, count)],
            Gold = [.. Enumerable.Repeat(-1, count)],
            LabelerIds = [],
            Annotations = new AnnotationTable(count, 0, 2, [], [], []),
        };
    }

    private sealed class Doubling : IItemEncoder
    {
        public ItemEncoding Encoding { get; } = new() { Kind = ItemEncodingKind.Extracted, FeatureLength = 2, Backbone = "datasets/made/backbones/double" };

        public string? Problem(RawItem item) => null;

        public void Encode(ReadOnlySpan<RawItem> items, Span<float> rows, CancellationToken cancellationToken)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                rows[i] = 2 * items[i / 2].Values.Span[i % 2];
            }
        }

        public void Dispose()
        {
        }
    }
}
