using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Tests.Data;
using LabelerService.Learning.Tests.Onnx;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Tests.Backbones;

/// <summary>What each algorithm makes of sequences and images.</summary>
public sealed class ItemKindTests
{
    private static readonly TrainingSnapshot Few = ToyItems.Sequences(48);

    public static TheoryData<string, string> OfSequences()
    {
        var data = new TheoryData<string, string>();
        foreach (var algorithm in AlgorithmCatalogue.Models.Where(algorithm => algorithm.Id is not ("auto" or "consensus")))
        {
            data.Add(algorithm.Id, "backbone=auto");
        }

        foreach (var settings in (string[])
            [
                "classifier=discriminant", "classifier=random_features random_units=12", "classifier=logistic distil=on",
                "classifier=logistic feature_transform=standardize", "classifier=net backbone=gru feature_transform=standardize",
            ])
        {
            data.Add("consensus", settings);
        }

        data.Add("wdn", "backbone=gru feature_transform=standardize");
        data.Add("bn", "feature_transform=log1p");
        return data;
    }

    /// <summary>Publishing asks for a serving graph within 1e-5 of the net.</summary>
    [Theory]
    [MemberData(nameof(OfSequences))]
    public void Every_algorithm_trains_on_sequences_and_is_served(string algorithm, string settings)
    {
        var known = AlgorithmCatalogue.Find(algorithm)!.Settings.Select(setting => setting.Key).ToHashSet(StringComparer.Ordinal);
        string[] small = ["epochs=2", "capacity=s", "rounds=2", "repeats=1", "folds=2", "averaging_epochs=1", "weight_resamples=0"];
        var model = Few.Train(algorithm, 1, [.. small.Where(setting => known.Contains(setting.Split('=')[0])), .. settings.Split(' ')]);

        Assert.InRange(model.Manifest.ParityMaxDifference, 0, 1e-5);
        Assert.All(
            Served.Run(model.Onnx, ServingGraph.Probabilities, Few.Features.Load(), Few.FeatureLength).Chunk(2), row => Assert.Equal(1, row.Sum(), 1e-5));
    }

    [Fact]
    public void The_automatic_choice_compares_summaries_of_sequences_with_nets_that_read_them()
    {
        var model = ToyItems.Sequences(40).Train("auto", 1, "folds=2");

        Assert.Contains(model.Manifest.Selection!.Candidates, candidate => candidate.Name.Contains("discriminant", StringComparison.Ordinal));
        Assert.Contains(model.Manifest.Selection!.Candidates, candidate => candidate.Name.StartsWith("wdn", StringComparison.Ordinal));
        Assert.InRange(model.Manifest.ParityMaxDifference, 0, 1e-5);
    }

    [Theory]
    [InlineData("lstm")]
    [InlineData("gru")]
    public void Temporal_order_is_learnt_from_labelers(string backbone)
    {
        var model = ToyItems.Sequences(400).Train(
            "dn", 1, $"backbone={backbone}", "capacity=s", "epochs=25", "learning_rate=0.01", "dropout=0", "batch_size=32", "held_out_share=0");

        Assert.InRange(model.Metric("test", "accuracy"), 0.95, 1);
    }

    [Fact]
    public void Shapes_are_learnt_from_labelers_wherever_they_are_in_an_image()
    {
        var model = ToyItems.Images(400).Train(
            "dn", 1, "capacity=s", "epochs=15", "learning_rate=0.003", "dropout=0", "batch_size=32", "held_out_share=0");

        Assert.Equal("cnn", model.Manifest.Settings["backbone"]);
        Assert.InRange(model.Metric("test", "accuracy"), 0.95, 1);
    }

    /// <summary>More room for steps changes neither what is learnt nor what is said.</summary>
    [Theory]
    [InlineData("none")]
    [InlineData("standardize")]
    public void Padding_changes_no_prediction(string transform)
    {
        string[] settings = ["capacity=s", "epochs=3", $"feature_transform={transform}"];
        var (near, far) = (ToyItems.Sequences(48), ToyItems.Sequences(48, maxSteps: 25));
        var (short1, long1) = (near.Train("wdn", 1, settings), far.Train("wdn", 1, settings));

        Assert.Equal(
            Served.Run(short1.Onnx, ServingGraph.Probabilities, near.Features.Load(), near.FeatureLength),
            Served.Run(long1.Onnx, ServingGraph.Probabilities, far.Features.Load(), far.FeatureLength));
    }

    [Theory]
    [InlineData("bn", "backbone=mlp", "use lstm or gru")]
    [InlineData("wdn", "backbone=cnn", "the items are none")]
    public void A_backbone_that_cannot_read_sequences_is_refused_before_training(string algorithm, string setting, string word)
    {
        var error = Assert.Throws<ServiceException>(() => Few.Train(algorithm, 1, setting));

        Assert.Equal("INVALID_SETTINGS", error.Reason);
        Assert.Equal("settings[backbone]", error.Violations.Single().Field);
        Assert.Contains(word, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lstm", true)]
    [InlineData("gru", true)]
    [InlineData("cnn", false)]
    public void The_same_run_gives_the_same_file(string backbone, bool sequences)
    {
        var data = sequences ? Few : ToyItems.Images(48);
        string[] settings = [$"backbone={backbone}", "capacity=s", "epochs=2", "averaging_epochs=1", "weight_resamples=0"];

        Assert.Equal(data.Train("wdn", 7, settings).Onnx, data.Train("wdn", 7, settings).Onnx);
        Assert.NotEqual(data.Train("wdn", 7, settings).Onnx, data.Train("wdn", 8, settings).Onnx);
    }

    /// <summary>What an item keeps in memory between forward and backward pass decides how many are worked on at once.</summary>
    [Fact]
    public void Activations_of_convolutions_and_of_all_steps_count_when_work_is_cut_into_pieces()
    {
        using var digits = BackboneCase.Of(ItemEncoding.OfValues(784, [28, 28, 1]), "backbone=cnn capacity=s");
        using var steps = BackboneCase.Of(ItemEncoding.OfSequences(3, 4096), "backbone=lstm capacity=l");

        // Sums and rectified sums of both convolutions, and what pooling leaves of them.
        var maps = (2 * 16 * 24 * 24) + (16 * 12 * 12) + (2 * 25 * 8 * 8) + (25 * 4 * 4);
        Assert.InRange(digits.Backbone.ValuesPerItem, maps, 2 * maps);
        // Four sums, four gates, cell, its tanh and output of each of 256 cells.
        Assert.InRange(steps.Backbone.ValuesPerItem, 4096L * 11 * 256, 4096L * 22 * 256);
        Assert.Equal(1, WorkingMemory.Rows(steps.Backbone.ValuesPerItem));
    }

    [Fact]
    public void A_version_says_how_much_memory_an_item_takes_so_that_the_server_can_bound_it()
    {
        var model = ToyItems.Images(24).Train("dn", 1, "capacity=s", "epochs=1");
        using var net = BackboneCase.Of(ItemEncoding.OfValues(12 * 13, [12, 13, 1]), "backbone=cnn capacity=s");

        Assert.Equal(net.Backbone.ValuesPerItem, model.Manifest.ValuesPerItem);
    }

    [Fact]
    public void A_capacity_is_a_quarter_and_four_times_the_hidden_width()
    {
        foreach (var (capacity, width) in (ReadOnlySpan<(string, int)>)[("s", 32), ("m", 128), ("l", 512)])
        {
            using var net = BackboneCase.Of(ItemEncoding.OfValues(5), $"hidden=200,128 capacity={capacity}");
            Assert.Equal(width, net.Backbone.Width);
            Assert.Equal([width * 200 / 128, 5], net.Layout.Entries[0].Shape);
        }
    }
}
