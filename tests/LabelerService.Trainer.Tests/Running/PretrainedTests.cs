using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using LabelerService.Core.Tensors;
using LabelerService.Extraction;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Queries;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Crowds.Onnx;

namespace LabelerService.Trainer.Tests.Running;

public sealed class PretrainedTests : IAsyncLifetime
{
    private const int Features = 5;
    private static readonly Dictionary<string, string> Short = new() { ["epochs"] = "3", ["bootstrap_resamples"] = "0" };
    private Queue _queue = null!;

    public async Task InitializeAsync() => _queue = await Queue.CreateAsync();

    public Task DisposeAsync() => _queue.DisposeAsync().AsTask();

    [Fact]
    public async Task A_model_is_trained_on_what_an_extractor_makes_of_items_once()
    {
        var backbone = await UploadAsync("projection", seed: 1);
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        await AddAsync(_queue.Dataset, "first", "dn", ("pretrained", "projection"));
        await AddAsync(_queue.Dataset, "second", "dn", ("pretrained", backbone.Name));
        var first = await VersionAsync(_queue.Dataset, "first");
        var second = await VersionAsync(_queue.Dataset, "second");

        var encoding = first.Manifest.Encoding!;
        Assert.Equal((ItemEncodingKind.Extracted, Features, backbone.ArtefactSha256), (encoding.Kind, encoding.FeatureLength, encoding.ArtefactSha256));
        Assert.Equal((backbone.Name, backbone.ArtefactSha256), (encoding.Backbone, first.EncoderSha256));
        Assert.Equal((Features, "mlp"), (first.Manifest.FeatureLength, first.Manifest.Settings["backbone"]));

        // The names are recorded as they were given; what was learnt is the same.
        Assert.Equal(first.WeightsSha256, second.WeightsSha256);

        // Every item's features are kept, and they are the extractor's.
        using var raw = await _queue.Get<SnapshotReader>().ReadAsync(_queue.Dataset.Id, default);
        using var extractor = OnnxExtractor.Load(
            await _queue.Get<ArtefactStore>().ReadAsync(backbone.ArtefactSha256, default), _queue.Dataset.Schema, new ExtractorOptions { Backbone = backbone.Name });
        var store = _queue.Get<ExtractionStore>();
        var extraction = await store.OpenAsync(_queue.Dataset.Key, extractor.Fingerprint(), Features, default);
        var (kept, made, row) = (new float[raw.ItemIds.Length * Features], new float[Features], new float[raw.FeatureLength]);
        var hashes = new Guid[raw.ItemIds.Length];
        for (var i = 0; i < hashes.Length; i++)
        {
            raw.Features.CopyRow(i, row);
            hashes[i] = ExtractionStore.HashOf(row, out _);
        }

        Assert.All(await store.ReadAsync(extraction, raw.ItemKeys, hashes, kept, default), Assert.True);
        for (var i = 0; i < hashes.Length; i++)
        {
            raw.Features.CopyRow(i, row);
            extractor.Encode([new RawItem(row)], made, default);
            Assert.Equal(made, kept.AsSpan(i * Features, Features).ToArray(), (one, other) => Math.Abs(one - other) < 1e-5);
        }
    }

    [Fact]
    public async Task Training_starts_from_a_version_of_the_same_extractor_and_not_of_another_under_its_name()
    {
        await UploadAsync("projection", seed: 1);
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        await AddAsync(_queue.Dataset, "first", "dn", ("pretrained", "projection"));
        var start = new WarmStart("dn", (await VersionAsync(_queue.Dataset, "first")).Version);
        var settings = new Dictionary<string, string>(Short) { ["pretrained"] = "projection" };
        await _queue.Runs.CreateAsync(_queue.Dataset, new RunWrite("warm", "dn", "dn", 1, settings) { WarmStart = start }, null, default);
        await VersionAsync(_queue.Dataset, "warm");

        await _queue.Get<BackboneStore>().DeleteAsync(_queue.Dataset, "projection", default);
        await UploadAsync("projection", seed: 2);
        await _queue.Runs.CreateAsync(_queue.Dataset, new RunWrite("stale", "dn", "dn", 1, settings) { WarmStart = start }, null, default);
        var failed = await _queue.UntilAsync(_queue.Dataset, "stale", run => run.State is RunState.Succeeded or RunState.Failed);
        Assert.Contains("no longer the extractor", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_kept_is_used_and_not_computed_again()
    {
        var backbone = await UploadAsync("projection", seed: 2);
        using var raw = await _queue.Get<SnapshotReader>().ReadAsync(_queue.Dataset.Id, default);
        using var extractor = OnnxExtractor.Load(
            await _queue.Get<ArtefactStore>().ReadAsync(backbone.ArtefactSha256, default), _queue.Dataset.Schema, new ExtractorOptions { Backbone = backbone.Name });
        var store = _queue.Get<ExtractionStore>();
        var extraction = await store.OpenAsync(_queue.Dataset.Key, extractor.Fingerprint(), Features, default);

        // Features that the extractor would never make: where they turn up, they were read.
        var row = new float[raw.FeatureLength];
        var hashes = new Guid[raw.ItemIds.Length];
        for (var i = 0; i < hashes.Length; i++)
        {
            raw.Features.CopyRow(i, row);
            hashes[i] = ExtractionStore.HashOf(row, out _);
        }

        await store.WriteAsync(extraction, raw.ItemKeys, hashes, new float[hashes.Length * Features], default);
        await using var trainer = RunningTrainer.Idle(_queue);
        var again = await _queue.Get<SnapshotReader>().ReadAsync(_queue.Dataset.Id, default);
        using var encoded = (await trainer.Get<Trainer.Running.ExtractedRows>().MakeAsync(again, extractor, default)).Snapshot;

        Assert.Equal(new float[hashes.Length * Features], encoded.Features.Load());
        Assert.Equal(raw.SnapshotId, encoded.SnapshotId);
        Assert.Equal(OutOfFoldTable.HashOf(row), encoded.ContentHashes[^1]);
    }

    [Fact]
    public async Task A_frozen_backbone_comes_from_another_dataset_bit_by_bit()
    {
        var other = await SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 60, Seed = 9 }).LoadAsync(_queue.Storage, "other");
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        await AddAsync(_queue.Dataset, "source", "dn");
        var source = await VersionAsync(_queue.Dataset, "source");
        var name = $"datasets/{_queue.Dataset.Id}/models/dn/versions/{source.Version}";
        await AddAsync(other, "frozen", "wdn", ("pretrained", name), ("fine_tune", "off"));
        await AddAsync(other, "tuned", "wdn", ("pretrained", name));
        await AddAsync(other, "shape", "wdn", ("pretrained", name), ("hidden", "16"));
        var (frozen, tuned) = (await VersionAsync(other, "frozen"), await VersionAsync(other, "tuned"));

        Assert.Equal(new ModelTransfer(name, source.WeightsSha256!, Frozen: true), frozen.Manifest.Transfer);
        Assert.Equal(new ModelTransfer(name, source.WeightsSha256!, Frozen: false), tuned.Manifest.Transfer);
        var (theirs, same, moved) = (await WeightsAsync(source), await WeightsAsync(frozen), await WeightsAsync(tuned));
        var layers = theirs.Arrays.Keys.Where(key => key.StartsWith("hidden", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(layers);
        Assert.All(layers, layer => Assert.Equal((float[])theirs.Arrays[layer], (float[])same.Arrays[layer]));
        Assert.Contains(layers, layer => !((float[])theirs.Arrays[layer]).AsSpan().SequenceEqual((float[])moved.Arrays[layer]));

        var failed = await _queue.UntilAsync(other, "shape", run => run.State == RunState.Failed);
        Assert.Contains("set hidden=128", failed.Error, StringComparison.Ordinal);
    }

    private async Task<BackboneRecord> UploadAsync(string id, int seed)
    {
        var schema = _queue.Dataset.Schema;
        return await _queue.Get<BackboneStore>().CreateAsync(
            _queue.Dataset,
            new BackboneWrite(id, "", OnnxFile.Projection(schema.FeatureLength, Features, seed), new BackboneManifest
            {
                Source = BackboneSource.Extractor,
                ItemKind = schema.ItemKind,
                ItemShape = schema.ItemShape,
                FeatureLength = Features,
                Extractor = new ExtractorInput(),
            }),
            null, default);
    }

    private Task<RunRecord> AddAsync(DatasetRecord dataset, string id, string algorithm, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(Short);
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        return _queue.Runs.CreateAsync(dataset, new RunWrite(id, algorithm, algorithm, 1, all), null, default);
    }

    private async Task<ModelVersionRecord> VersionAsync(DatasetRecord dataset, string runId)
    {
        var run = await _queue.UntilAsync(dataset, runId, run => run.State is RunState.Succeeded or RunState.Failed);
        Assert.Equal((RunState.Succeeded, null), (run.State, run.Error));
        return await _queue.Get<ModelStore>().GetVersionAsync(dataset, run.ModelId, run.ModelVersion!.Value, default);
    }

    private async Task<TensorArchive> WeightsAsync(ModelVersionRecord version) =>
        TensorArchive.Read(await _queue.Get<ArtefactStore>().ReadAsync(version.WeightsSha256!, default));
}
