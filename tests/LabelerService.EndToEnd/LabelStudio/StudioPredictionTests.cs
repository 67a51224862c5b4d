using System.Text.Json;
using System.Text.Json.Nodes;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Items;
using LabelerService.EndToEnd.Training;

namespace LabelerService.EndToEnd.LabelStudio;

/// <summary>What the trained model says shows in Label Studio, and its button trains the next one.</summary>
[Collection(SharedService.Name)]
public sealed class StudioPredictionTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task Stored_items_are_predicted_by_their_ids_as_the_API_does_and_the_button_trains_the_next_version()
    {
        var crowd = await SimulatedDataset.CreateAsync(_service);
        var run = await TrainAndPredictTests.WatchToEndAsync(
            _service, await TrainAndPredictTests.StartAsync(_service, crowd.Dataset, "wdn", ("epochs", "5"), ("hidden", "8")));
        Assert.True(run.State == TrainingRun.Types.State.Succeeded, run.ToString());
        using var studio = Studio(crowd.Dataset);
        Assert.Equal(run.ModelVersion, (await studio.AcceptedAsync("/setup", WithClasses("setup", "schema"))).GetProperty("model_version").GetString());
        Assert.Equal([run.ModelVersion], (await studio.GetAsync("/versions")).Answer.GetProperty("versions").EnumerateArray().Select(name => name.GetString()));

        var body = WithClasses("predict", "label_config");
        (body["tasks"]![0]!["data"]!["item_id"], body["tasks"]![1]!["data"]!["item_id"]) = ("test0", "nowhere");
        var answer = await studio.AcceptedAsync("/predict", body);
        Assert.Equal(run.ModelVersion, answer.GetProperty("model_version").GetString());
        var results = answer.GetProperty("results");
        Assert.Equal(2, results.GetArrayLength());
        var expected = (await _service.Predictions.PredictAsync(new PredictRequest
        {
            Dataset = crowd.Dataset,
            Model = new ModelSelector { Model = run.ModelVersion },
            ItemId = "test0",
        })).Prediction;
        Check(results[0], "scene", "image", expected, ["no", "yes"]);
        Assert.Equal(run.ModelVersion, results[0].GetProperty("model_version").GetString());

        // A task that is no item yet must not cost the others their predictions.
        Assert.Empty(results[1].GetProperty("result").EnumerateArray());
        Assert.Contains("nowhere", body.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("no such item", results[1].GetProperty("error").GetString(), StringComparison.Ordinal);

        var started = await studio.AcceptedAsync("/webhook", WithClasses("start-training", null));
        Assert.Equal("ok", started.GetProperty("status").GetString());
        var next = new TrainingRun { Name = started.GetProperty("job").GetString() };
        var again = await studio.AcceptedAsync("/webhook", WithClasses("start-training", null));
        if (again.GetProperty("status").GetString() == "running")
        {
            Assert.Equal(next.Name, again.GetProperty("job").GetString());
        }

        var second = await TrainAndPredictTests.WatchToEndAsync(_service, next);
        Assert.True(second.State == TrainingRun.Types.State.Succeeded, second.ToString());
        Assert.Equal(("wdn", "5"), (second.Algorithm, second.Settings["epochs"]));
        Assert.EndsWith("/models/wdn/versions/2", second.ModelVersion, StringComparison.Ordinal);

        // What Label Studio was told before is still there to be asked for by name.
        body["model_version"] = run.ModelVersion;
        Assert.Equal(run.ModelVersion, (await studio.AcceptedAsync("/predict", body)).GetProperty("model_version").GetString());
    }

    [Fact]
    public async Task Texts_are_predicted_by_what_they_say_stored_or_not()
    {
        string[][] words = [["ship", "tide", "harbour"], ["oven", "flour", "butter"], ["court", "judge", "verdict"]];
        var random = new Random(2);
        int[] classes = [.. Enumerable.Range(0, KindModel.Train + KindModel.Test).Select(_ => random.Next(3))];
        string[] texts = [.. classes.Select(k => string.Join(' ', Enumerable.Range(0, 6).Select(_ => random.NextDouble() < 0.5 ? words[k][random.Next(3)] : "the")))];
        var model = await KindModel.TrainAsync(
            _service, KindDatasets.Text(), classes, (from, to) => new ItemBatch { Texts = { texts[from..to] } }, ("epochs", "20"), ("hidden", "8"));
        using var studio = Studio(model.Dataset);
        var body = StudioClient.Body("predict-text");
        var expected = (await _service.Predictions.PredictAsync(new PredictRequest
        {
            Dataset = model.Dataset,
            Model = model.Model,
            Text = body["tasks"]![0]!["data"]!["text"]!.GetValue<string>(),
        })).Prediction;
        var answer = await studio.AcceptedAsync("/predict", body);
        Check(answer.GetProperty("results")[0], "sentiment", "text", expected, ["a", "b", "c"]);

        // Without a text the stored item of that id answers.
        var stored = StudioClient.Body("predict-text");
        (stored["tasks"]![0]!["data"]) = new JsonObject { ["item_id"] = KindModel.TestItem(0) };
        var byId = (await _service.Predictions.PredictAsync(new PredictRequest { Dataset = model.Dataset, Model = model.Model, ItemId = KindModel.TestItem(0) })).Prediction;
        Check((await studio.AcceptedAsync("/predict", stored)).GetProperty("results")[0], "sentiment", "text", byId, ["a", "b", "c"]);
    }

    private StudioClient Studio(string dataset) => new($"{_service.HttpAddress}/labelstudio/{dataset["datasets/".Length..]}");

    // The recorded bodies ask for a, b, c; the simulated dataset has other classes.
    private static JsonNode WithClasses(string name, string? field)
    {
        const string config = "<View><Image name=\"image\" value=\"$image\"/><Choices name=\"scene\" toName=\"image\"><Choice value=\"no\"/><Choice value=\"yes\"/></Choices></View>";
        var body = StudioClient.Body(name);
        if (field is null)
        {
            body["project"]!["label_config"] = config;
        }
        else
        {
            body[field] = config;
        }

        return body;
    }

    private static void Check(JsonElement result, string from, string to, Prediction expected, string[] classes)
    {
        var region = result.GetProperty("result").EnumerateArray().Single();
        Assert.Equal((from, to, "choices"), (region.GetProperty("from_name").GetString(), region.GetProperty("to_name").GetString(), region.GetProperty("type").GetString()));
        Assert.Equal([expected.PredictedClass], region.GetProperty("value").GetProperty("choices").EnumerateArray().Select(choice => choice.GetString()));
        Assert.Equal(expected.Probabilities[expected.PredictedClassIndex], result.GetProperty("score").GetSingle(), 1e-5f);
        Assert.Equal(result.GetProperty("score").GetSingle(), region.GetProperty("score").GetSingle());
        var distribution = result.GetProperty("probabilities");
        Assert.Equal(classes, distribution.EnumerateObject().Select(property => property.Name));
        Assert.Equal(expected.Probabilities, distribution.EnumerateObject().Select(property => property.Value.GetSingle()), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Equal(expected.Entropy, result.GetProperty("entropy").GetSingle(), 1e-4f);
    }
}
