using System.Text;
using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using LabelerService.Core.Tensors;
using LabelerService.Core.Text;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;

namespace LabelerService.Trainer.Tests.Running;

/// <summary>Runs on texts and on sequences of different lengths, from the database to the published version.</summary>
public sealed class EncodedRunTests : IAsyncLifetime
{
    private const int Items = 48;
    private static readonly string[] Short = ["epochs=60", "hidden=8", "dropout=0", "learning_rate=0.02", "patience=0", "bootstrap_resamples=0", "calibration=none"];
    private Queue _queue = null!;

    public async Task InitializeAsync() => _queue = await Queue.CreateAsync(items: 20);

    public Task DisposeAsync() => _queue.DisposeAsync().AsTask();

    [Fact]
    public async Task A_run_on_texts_publishes_what_it_learnt_to_read_from_training_texts_alone()
    {
        var dataset = await TextsAsync("texts");
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        var version = await TrainAsync(dataset, "run", "dn", Short);

        var encoding = Assert.IsType<ItemEncoding>(version.Manifest.Encoding);
        Assert.Equal((ItemEncodingKind.Text, version.EncoderSha256), (encoding.Kind, encoding.ArtefactSha256));
        Assert.Equal(version.Manifest.FeatureLength, encoding.FeatureLength);
        var bytes = await ReadAsync(version.EncoderSha256);
        string[] training = [.. Enumerable.Range(0, Items).Where(i => SplitOf(i) == Split.Train).Select(TextOf)];
        Assert.Equal(TextEncoder.Fit(training, new TextFeaturizerOptions()).ToBytes(), bytes);

        // What it was trained on is known by what is stored, and the words were enough to tell the classes.
        var table = OutOfFoldTable.Read(await ReadAsync(version.OutOfFoldSha256));
        Assert.Equal(training.Select(text => OutOfFoldTable.HashOf(new RawItem(default, text))), table.FeatureHashes);
        Assert.Equal(1, Assert.Single(version.Manifest.Metrics, metric => metric is { Split: "test", Name: "accuracy" }).Value);
    }

    [Fact]
    public async Task A_run_on_texts_that_was_given_back_ends_with_the_bits_of_an_undisturbed_one_whatever_texts_came_since()
    {
        var dataset = await TextsAsync("resumed");
        ModelVersionRecord calm = null!;
        var (epochs, interrupted) = (900, "");
        await Queue.InterruptAsync(async attempt =>
        {
            epochs *= attempt;
            interrupted = $"disturbed-{epochs}";
            string[] settings = [.. Short[1..], $"epochs={epochs}"];
            await using var first = await RunningTrainer.StartAsync(_queue);
            calm = await TrainAsync(dataset, $"calm-{epochs}", "dn", settings);
            await _queue.AddAsync(dataset, interrupted, "dn", settings);
            await _queue.UntilAsync(dataset, interrupted, run => run.LastCheckpointTime is not null);
            await first.StopAsync();
            return await _queue.Runs.GetAsync(dataset, interrupted, default);
        });

        await WriteAsync(dataset, new ItemWrite("later", Split.Train, default, Content: Text("quite another film, with other words")));
        await using var second = await RunningTrainer.StartAsync(_queue);
        var run = await EndAsync(dataset, interrupted);
        Assert.Equal((RunState.Succeeded, null, 1), (run.State, run.Error, run.ResumedCount));
        var disturbed = await VersionAsync(dataset, run);
        Assert.Equal(calm.EncoderSha256, disturbed.EncoderSha256);
        Assert.Equal(calm.ArtefactSha256, disturbed.ArtefactSha256);

        // A run that starts from these weights reads as they do; one that starts from nothing learns the new words.
        var warm = await TrainAsync(dataset, "warm", "dn", [.. Short[1..], "epochs=5"], new WarmStart("dn", calm.Version));
        Assert.Equal((calm.EncoderSha256, calm.Version), (warm.EncoderSha256, warm.Manifest.Parent!.Version));
        var cold = await TrainAsync(dataset, "cold", "dn", [.. Short[1..], "epochs=5"]);
        Assert.NotEqual(calm.EncoderSha256, cold.EncoderSha256);
    }

    [Fact]
    public async Task A_frozen_backbone_of_texts_reads_those_of_another_dataset_by_the_words_that_it_learnt_from()
    {
        var dataset = await TextsAsync("films");
        var other = await DatasetAsync(
            "books", ItemKind.Text, [],
            i => new ItemWrite($"item-{i}", SplitOf(i), default, GoldClass: i % 2, Content: Text($"{(i % 2 == 0 ? "a wonderful" : "a dull")} book of {i} pages")));
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        var source = await TrainAsync(dataset, "run", "dn", Short);
        var name = $"datasets/films/models/dn/versions/{source.Version}";
        string[] settings = ["epochs=20", .. Short[1..], $"pretrained={name}"];
        var frozen = await TrainAsync(other, "frozen", "wdn", [.. settings, "fine_tune=off"]);

        Assert.Equal(new ModelTransfer(name, source.WeightsSha256!, Frozen: true), frozen.Manifest.Transfer);
        Assert.Equal((source.EncoderSha256, source.EncoderSha256), (frozen.EncoderSha256, frozen.Manifest.Encoding!.ArtefactSha256));
        Assert.Equal((ItemEncodingKind.Text, source.Manifest.FeatureLength), (frozen.Manifest.Encoding.Kind, frozen.Manifest.FeatureLength));
        var (theirs, same) = (TensorArchive.Read(await ReadAsync(source.WeightsSha256)), TensorArchive.Read(await ReadAsync(frozen.WeightsSha256)));
        var layers = theirs.Arrays.Keys.Where(key => key.StartsWith("hidden", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(layers);
        Assert.All(layers, layer => Assert.Equal((float[])theirs.Arrays[layer], (float[])same.Arrays[layer]));

        // Words that both have in common are enough to tell the classes; without the words of its own dataset, none would be known.
        Assert.Equal(1, Assert.Single(frozen.Manifest.Metrics, metric => metric is { Split: "test", Name: "accuracy" }).Value);

        // Items of another kind are refused by name.
        await _queue.AddAsync("vectors", "dn", $"pretrained={name}");
        Assert.Contains("it takes items as Text", (await _queue.UntilEndedAsync("vectors")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_on_sequences_pads_them_to_the_longest_and_one_that_is_too_long_fails_it_by_name()
    {
        var dataset = await SequencesAsync("sequences");
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        var version = await TrainAsync(dataset, "run", "dn", "epochs=2", "capacity=s", "bootstrap_resamples=0", "calibration=none");

        Assert.Equal(ItemEncoding.OfSequences(2, 7) with { Shape = [] }, version.Manifest.Encoding! with { Shape = [] });
        Assert.Null(version.EncoderSha256);
        Assert.Equal("lstm", version.Manifest.Settings["backbone"]);
        Assert.Equal("lstm", (await _queue.Runs.GetAsync(dataset, "run", default)).EffectiveSettings["backbone"]);
        var table = OutOfFoldTable.Read(await ReadAsync(version.OutOfFoldSha256));
        Assert.Equal(OutOfFoldTable.HashOf(SequenceOf(0)), table.FeatureHashes[0]);

        await _queue.AddAsync(dataset, "short", "dn", "max_steps=5");
        var failed = await EndAsync(dataset, "short");
        Assert.Equal(RunState.Failed, failed.State);
        Assert.Contains("Item 'item-5' has 6 steps, and max_steps is 5.", failed.Error, StringComparison.Ordinal);
    }

    private static Split SplitOf(int item) => item % 5 == 4 ? Split.Test : Split.Train;

    private static string TextOf(int item) =>
        (item % 2 == 0 ? "a wonderful and moving film" : "a dull story, badly told") + $", says viewer {item}";

    // One to seven steps of two values.
    private static float[] SequenceOf(int item) =>
        [.. Enumerable.Range(0, 2 * (1 + (item % 7))).Select(value => MathF.Sin(value + item) + (item % 2))];

    private static ItemContent Text(string text) => new(ContentType.Text, Encoding.UTF8.GetBytes(text));

    private Task<DatasetRecord> TextsAsync(string id) =>
        DatasetAsync(id, ItemKind.Text, [], i => new ItemWrite($"item-{i}", SplitOf(i), default, GoldClass: i % 2, Content: Text(TextOf(i))));

    private Task<DatasetRecord> SequencesAsync(string id) => DatasetAsync(
        id, ItemKind.Sequence, [2], i => new ItemWrite($"item-{i}", SplitOf(i), FeaturePacking.Pack(SequenceOf(i)), GoldClass: i % 2));

    private async Task<DatasetRecord> DatasetAsync(string id, ItemKind kind, int[] shape, Func<int, ItemWrite> item)
    {
        var dataset = await _queue.Get<DatasetStore>().CreateAsync(
            new DatasetWrite(id, new DatasetSchema(["good", "bad"], LabelKind.Binary, kind, shape)), null, default);
        await WriteAsync(dataset, [.. Enumerable.Range(0, Items).Select(item)]);

        // Three labelers, of whom the last is wrong about every fifth item.
        AnnotationWrite[] labels =
        [
            .. Enumerable.Range(0, 3 * Items).Where(n => SplitOf(n / 3) == Split.Train).Select(n => new AnnotationWrite(
                $"item-{n / 3}", $"labeler-{n % 3}", n % 3 == 2 && n / 3 % 5 == 0 ? 1 - (n / 3 % 2) : n / 3 % 2)),
        ];
        await _queue.Get<AnnotationStore>().WriteAsync(dataset, labels, UnknownLabelers.Register, null, default);
        return dataset;
    }

    private Task WriteAsync(DatasetRecord dataset, params ItemWrite[] items) => _queue.Get<ItemStore>().UpsertAsync(dataset, items, null, default);

    private Task<ModelVersionRecord> TrainAsync(DatasetRecord dataset, string run, string algorithm, params string[] settings) =>
        TrainAsync(dataset, run, algorithm, settings, null);

    private async Task<ModelVersionRecord> TrainAsync(DatasetRecord dataset, string run, string algorithm, string[] settings, WarmStart? start)
    {
        var write = new RunWrite(run, algorithm, algorithm, 1, settings.Select(s => s.Split('=')).ToDictionary(s => s[0], s => s[1]))
        {
            WarmStart = start,
        };
        await _queue.Runs.CreateAsync(dataset, write, null, default);
        var ended = await EndAsync(dataset, run);
        Assert.Equal((RunState.Succeeded, null), (ended.State, ended.Error));
        return await VersionAsync(dataset, ended);
    }

    private Task<ModelVersionRecord> VersionAsync(DatasetRecord dataset, RunRecord run) =>
        _queue.Get<ModelStore>().GetVersionAsync(dataset, run.ModelId, run.ModelVersion!.Value, default);

    private Task<RunRecord> EndAsync(DatasetRecord dataset, string run) =>
        _queue.UntilAsync(dataset, run, state => state.State is RunState.Succeeded or RunState.Failed or RunState.Cancelled);

    private Task<byte[]> ReadAsync(string? sha256) => _queue.Get<ArtefactStore>().ReadAsync(sha256!, default);
}
