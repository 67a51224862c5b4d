using System.Text.Json;
using Google.Protobuf;
using LabelerService.Contracts.V1;
using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using LabelerService.Server.Cards;
using ModelHead = LabelerService.Core.Models.ModelHead;

namespace LabelerService.Server.Tests.Cards;

public sealed class ModelCardTests
{
    [Fact]
    public void The_JSON_reads_back_as_the_card_and_says_its_schema()
    {
        var card = SomeCards.Card(displayName: "Scenes", description: "Sorts photographs");
        var json = ModelCardJson.Write(card);
        Assert.Equal(card, JsonParser.Default.Parse<ModelCard>(json));
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        Assert.Equal("labeler.service/model-card/v1", root.GetProperty("schema").GetString());
        Assert.Equal("datasets/scenes/models/wdn/versions/3", root.GetProperty("version").GetString());
        Assert.Equal("datasets/scenes/models/wdn/versions/1", root.GetProperty("training").GetProperty("championVersion").GetString());
        Assert.Equal(["blue", "champion"], root.GetProperty("aliases").EnumerateArray().Select(alias => alias.GetString()));

        // Zeros and empty texts are there: who reads it needs no schema to know what is missing.
        Assert.Equal("", root.GetProperty("training").GetProperty("parentVersion").GetString());
    }

    [Fact]
    public void Heads_come_heaviest_first_and_the_many_in_between_are_counted()
    {
        ModelHead[] heads = [.. Enumerable.Range(0, 40).Select(i => new ModelHead($"labeler-{i}", 30, (i + 1) / 820.0, 0.5))];
        var card = SomeCards.Card(SomeCards.Manifest(heads: heads));
        Assert.Equal(heads.Select(head => head.LabelerId).Reverse(), card.Heads.Select(head => head.LabelerId));
        var text = ModelCardMarkdown.Write(card);
        Assert.Contains("25 more between", text, StringComparison.Ordinal);
        Assert.Contains("| labeler-39 |", text, StringComparison.Ordinal);
        Assert.Contains("| labeler-30 |", text, StringComparison.Ordinal);
        Assert.DoesNotContain("| labeler-29 |", text, StringComparison.Ordinal);
        Assert.Contains("| labeler-4 |", text, StringComparison.Ordinal);
        Assert.DoesNotContain("| labeler-5 |", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_is_described_by_names_and_shapes()
    {
        var graph = SomeCards.Card(SomeCards.Manifest() with { Distilled = true }).Graph;
        Assert.Equal(("features", "float32", "-1,4"), Text(graph.Inputs.Single()));
        Assert.Equal(
            [
                ("probabilities", "float32", "-1,3"), ("labeler_probabilities", "float32", "-1,3,3"), ("labeler_weights", "float32", "-1,3"),
                ("distilled_probabilities", "float32", "-1,3"),
            ],
            graph.Outputs.Select(Text));
        Assert.Equal((new string('b', 64), 1234L), (graph.Sha256, graph.Size));

        static (string, string, string) Text(CardTensor tensor) => (tensor.Name, tensor.DataType, string.Join(',', tensor.Shape));
    }

    [Fact]
    public void The_input_and_the_limits_are_those_of_the_items()
    {
        Check(new ItemEncoding { Kind = ItemEncodingKind.Text, FeatureLength = 4 }, "WORDS_OF_TRAINING", "text featurizer");
        Check(ItemEncoding.OfSequences(stepLength: 1, maxSteps: 3), "STEPS_LIMITED", "then 3 steps of 1 values");
        Check(
            new ItemEncoding { Kind = ItemEncodingKind.Extracted, FeatureLength = 4, Backbone = "datasets/scenes/backbones/eyes" },
            "EXTRACTED_FEATURES", "what datasets/scenes/backbones/eyes makes");

        static void Check(ItemEncoding encoding, string limit, string input)
        {
            var card = SomeCards.Card(SomeCards.Manifest() with { Encoding = encoding });
            Assert.Equal(["LABELER_ACCURACY_IS_AGREEMENT", limit], card.Limits.Select(found => found.Code));
            Assert.Contains(input, card.Graph.Inputs.Single().Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_model_of_plenty_of_data_has_only_the_limits_that_all_have() =>
        Assert.Equal(["LABELER_ACCURACY_IS_AGREEMENT", "FEATURES_ONLY"], Limits(SomeCards.Manifest()));

    [Fact]
    public void Every_lack_is_a_limit()
    {
        var manifest = SomeCards.Manifest();
        Assert.Contains("NO_GOLD", Limits(With(data => data with { GoldItemCount = 0 })));
        Assert.Contains("NO_TEST_ITEMS", Limits(With(data => data with { TestItemCount = 0 })));
        Assert.Contains("NO_VALIDATION_ITEMS", Limits(With(data => data with { ValidationItemCount = 0 })));
        Assert.Contains("FEW_ITEMS", Limits(With(data => data with { AnnotatedItemCount = 199 })));
        Assert.Contains("FEW_ANNOTATIONS_PER_ITEM", Limits(With(data => data with { AnnotationsPerItem = new CountSpread(1, 1, 9) })));
        Assert.Contains("FEW_ANNOTATIONS_PER_LABELER", Limits(With(data => data with { AnnotationsPerLabeler = new CountSpread(1, 19.5, 900) })));
        Assert.Contains("NO_DATA_SUMMARY", Limits(manifest with { Data = null }));
        Assert.Contains("CALIBRATION_UNKNOWN", Limits(manifest with { Metrics = [] }));
        Assert.Contains("BADLY_CALIBRATED", Limits(manifest with { Metrics = [new ModelMetric("test", "ece", 0.2, 400)] }));
        Assert.Contains("SMALL_TEST", Limits(manifest with { Metrics = [new ModelMetric("test", "accuracy", 0.9, 12)] }));
        Assert.Contains("NO_LABELERS", Limits(manifest with { Heads = [new ModelHead(null, 500, 1, 0.7)] }));
        Assert.Contains("MOSTLY_SHARED_HEAD", Limits(manifest with { Heads = [new ModelHead("anna", 5, 0.1, 0.7), new ModelHead(null, 500, 0.9, 0.7)] }));

        var without = With(data => data with { ClassAnnotationCounts = [0, 3, 497] });
        var card = SomeCards.Card(without);
        Assert.Contains("coast", card.Limits.Single(limit => limit.Code == "CLASS_WITHOUT_ANNOTATIONS").Text, StringComparison.Ordinal);
        Assert.Contains("forest", card.Limits.Single(limit => limit.Code == "RARE_CLASS").Text, StringComparison.Ordinal);

        ModelManifest With(Func<ModelDataSummary, ModelDataSummary> change) => manifest with { Data = change(manifest.Data!) };
    }

    [Fact]
    public void A_version_of_an_algorithm_that_is_not_known_any_more_has_a_card()
    {
        var card = SomeCards.Card(SomeCards.Manifest() with { Algorithm = "bygone", Data = null });
        Assert.Equal("", card.Training.Summary);
        Assert.Contains("bygone", ModelCardMarkdown.Write(card), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Limits(ModelManifest manifest) => SomeCards.Card(manifest).Limits.Select(limit => limit.Code);
}
