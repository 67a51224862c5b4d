using System.Runtime.InteropServices;
using LabelerService.Contracts.V1;
using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using LabelerService.EndToEnd.Insight;
using LabelerService.Extraction;
using LabelerService.Server.Inference;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Crowds.Onnx;
using Npgsql;

namespace LabelerService.EndToEnd.Predictions;

/// <summary>What an extractor made of stored items for training is not made again to predict them.</summary>
public sealed class KeptFeatureTests(VotingModels fixture) : IClassFixture<VotingModels>
{
    private const int Features = 4;
    private const int Classes = 3;

    [Fact]
    public async Task Stored_items_are_predicted_by_the_features_that_are_kept_and_the_extractor_is_asked_for_the_rest_alone()
    {
        var (_, dataset) = await fixture.CrowdAsync(items: 40);
        await fixture.Get<BackboneStore>().CreateAsync(
            dataset,
            new BackboneWrite("projection", "", OnnxFile.Projection(dataset.Schema.FeatureLength, Features), new BackboneManifest
            {
                Source = BackboneSource.Extractor,
                ItemKind = dataset.Schema.ItemKind,
                ItemShape = dataset.Schema.ItemShape,
                FeatureLength = Features,
                Extractor = new ExtractorInput(),
            }),
            null, default);
        await fixture.TrainAsync(dataset, "dn", "projection");
        using var model = await fixture.Server.Get<PredictionEngine>().PinAsync(dataset.Id, "dn", 1, null, "model", default);
        Assert.IsType<OnnxExtractor>(model.Encoder);

        // Of every three items, the features of two are made what no extractor would make of them, so that whoever reads these is found out, and
        // those of one are gone. One of the two then changes, so that its features are of what it was.
        float[] strange = [30, -20, 10, 5];
        var keys = await fixture.KeysAsync(dataset);
        await ExecuteAsync("UPDATE extracted_features SET features = $2 WHERE dataset_id = $1 AND item_key % 3 <> 1", MemoryMarshal.AsBytes<float>(strange).ToArray());
        await ExecuteAsync("DELETE FROM extracted_features WHERE dataset_id = $1 AND item_key % 3 = 1");
        var stored = fixture.Get<ItemStore>();
        var changed = Enumerable.Range(0, dataset.Schema.FeatureLength).Select(d => d - 2.5f).ToArray();
        await stored.UpsertAsync(
            dataset,
            [.. Enumerable.Range(0, keys.Length).Where(i => keys[i] % 3 == 2).Select(i => new ItemWrite($"item-{i}", Core.Datasets.Split.Test, FeaturePacking.Pack(changed)))],
            null, default);
        string[] ids = [.. Enumerable.Range(0, keys.Length).Select(i => $"item-{i}")];
        var items = await stored.GetFeaturesAsync(dataset, ids, default);
        var engine = fixture.Server.Get<PredictionEngine>();
        var raw = await engine.PredictAsync(model, items.Select(item => item.Raw).ToArray(), PredictionOptions.Default, default);
        var read = await engine.PredictAsync(model, strange, 1, PredictionOptions.Default, default);
        float[][] expected = [.. items.Select((item, i) => item.Key % 3 == 0 ? read.Probabilities : raw.Probabilities[(Classes * i)..(Classes * (i + 1))])];
        Assert.Contains(Enumerable.Range(0, ids.Length), i => items[i].Key % 3 == 0 && Math.Abs(raw.Probabilities[Classes * i] - read.Probabilities[0]) > 0.01);

        // All at once, those alone that are kept, and as a job.
        await PredictAsync(ids, expected);
        int[] kept = [.. Enumerable.Range(0, ids.Length).Where(i => items[i].Key % 3 == 0)];
        await PredictAsync([.. kept.Select(i => ids[i])], [.. kept.Select(i => expected[i])]);
        var jobs = new PredictionJobService.PredictionJobServiceClient(fixture.Server.Call(null));
        var job = await jobs.CreatePredictionJobAsync(new CreatePredictionJobRequest
        {
            Parent = $"datasets/{dataset.Id}",
            PredictionJob = new PredictionJob { Model = new ModelSelector { Model = model.Name } },
        });
        job = await JobWaiting.WaitAsync(jobs, job.Name, state => state.State is PredictionJob.Types.State.Succeeded or PredictionJob.Types.State.Failed);
        Assert.Equal((PredictionJob.Types.State.Succeeded, ids.Length), (job.State, (int)job.PredictedCount));
        var listed = await jobs.ListPredictionsAsync(new ListPredictionsRequest { Name = job.Name, PageSize = 1000 });
        Assert.Equal(ids, listed.Predictions.Select(row => row.ItemId));
        Assert.All(listed.Predictions.Zip(expected), pair => Close(pair.Second, [.. pair.First.Prediction.Probabilities.Select(value => (float)value)]));

        async Task PredictAsync(string[] asked, float[][] answers)
        {
            var predictions = new PredictionService.PredictionServiceClient(fixture.Server.Call(null));
            var answer = await predictions.BatchPredictAsync(new BatchPredictRequest
            {
                Dataset = $"datasets/{dataset.Id}",
                Model = new ModelSelector { Model = model.Name },
                Items = new ItemIds { ItemIds_ = { asked } },
            });
            var rows = MemoryMarshal.Cast<byte, float>(answer.Predictions.Probabilities.Data.Span).ToArray();
            Assert.Equal(Classes * asked.Length, rows.Length);
            Assert.All(answers.Zip(rows.Chunk(Classes)), pair => Close(pair.First, pair.Second));
        }

        async Task ExecuteAsync(string statement, byte[]? value = null)
        {
            await using var command = fixture.Get<NpgsqlDataSource>().CreateCommand(statement);
            command.Parameters.Add(new NpgsqlParameter { Value = dataset.Key });
            if (value is not null)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            }

            Assert.InRange(await command.ExecuteNonQueryAsync(), 10, 30);
        }
    }

    private static void Close(float[] expected, float[] actual) =>
        Assert.Equal(expected, actual, (one, other) => Math.Abs(one - other) < 1e-5);
}
