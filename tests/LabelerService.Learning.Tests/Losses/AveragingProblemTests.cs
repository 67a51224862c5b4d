using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Averaging;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Losses;

public sealed class AveragingProblemTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>
    /// The item's labelers are those of heads 0 (class 0) and 1 (class 1). Left are head 2 with 0.8 for class 0 and the shared head with
    /// 0.5, of equal weight: 0.65. The label of head 0 has e^(ln 3) = 3 times the weight of that of head 1.
    /// </summary>
    [Theory]
    [InlineData("mean", 0.5)]
    [InlineData("weighted", 0.75)]
    public void The_target_of_averaging_is_the_one_worked_out_by_hand(string target, double share)
    {
        var settings = Settings("wdn", $"averaging_target={target}");
        var network = new Network(settings, ItemEncoding.OfValues(1), heads: 4, classes: 2);
        using var frozen = new ParameterSet(network.Layout, trainable: false);
        // Last in the flat order: the constants of the labelers' deviations [3, 2].
        frozen.Values[^2] = MathF.Log(4);
        using var values = new HeadValues(network, frozen, ones(1, 1), [0], settings.Mixing);
        var items = new AveragingItems([0], [0, 2], [0, 1], [0, 2], [0, 1], [0, 1], [0.5f, 0.5f]);
        var form = new AveragingForm(AveragingShape.Fixed, heads: 4, width: 1, bottleneck: 1);
        using var logits = new ParameterSet(form.Layout, trainable: true);
        logits.Values[0] = MathF.Log(3);
        using var problem = new AveragingProblem(form, items, values, values.Representation, settings, [0], new SeededRandom(1), _ => null);

        var expected = -(share * Math.Log(0.65)) - ((1 - share) * Math.Log(0.35));
        Assert.Equal(expected, problem.MeanLoss(logits), 1e-5);
        Assert.Equal(expected, problem.Accumulate(0, logits), 1e-5);
    }

    [Theory]
    [InlineData("iwdn", "linear")]
    [InlineData("iwdn", "log_linear")]
    [InlineData("biwdn", "linear")]
    public void Weights_that_depend_on_the_item_have_the_gradient_of_finite_differences(string algorithm, string mixing)
    {
        const int Items = 5, Heads = 4, Classes = 3, Width = 3;
        using var generator = new Generator(7);
        var settings = Settings(algorithm, $"mixing={mixing}", "averaging_weight_decay=0", "entropy_penalty=0");
        var network = new Network(settings, ItemEncoding.OfValues(Width), Heads, Classes);
        using var frozen = new ParameterSet(network.Layout, trainable: false);
        frozen.Flat.copy_(randn(frozen.Flat.shape, generator: generator));
        using var values = new HeadValues(network, frozen, randn(Items, Width, generator: generator), [0, 1, 2, 3, 4], settings.Mixing);
        var items = new AveragingItems(
            [0, 1, 2, 3, 4], [0, 1, 2, 3, 5, 5], [0, 1, 2, 0, 2], [0, 1, 2, 3, 5, 6], [0, 1, 2, 0, 2, 3], [0, 1, 2, 1, 0, 2],
            [1, 0, 0, 0, 1, 0, 0, 0, 1, 0.5f, 0.5f, 0, 0, 0, 1]);
        var form = new AveragingForm(algorithm == "iwdn" ? AveragingShape.Item : AveragingShape.Bottleneck, Heads, Width, bottleneck: 2);
        using var parameters = new ParameterSet(form.Layout, trainable: true);
        using (no_grad())
        {
            parameters.Flat.copy_(randn(parameters.Flat.shape, generator: generator));
        }

        using var problem = new AveragingProblem(
            form, items, values, values.Representation, settings, [0, 1, 2, 3, 4], new SeededRandom(1), _ => null);
        problem.Accumulate(0, parameters);

        const float Step = 1e-2f;
        var gradient = parameters.Gradients.ToArray();
        Assert.Contains(gradient, slope => Math.Abs(slope) > 0.05);
        for (var i = 0; i < gradient.Length; i++)
        {
            var at = parameters.Values[i];
            parameters.Values[i] = at + Step;
            var above = problem.MeanLoss(parameters);
            parameters.Values[i] = at - Step;
            var below = problem.MeanLoss(parameters);
            parameters.Values[i] = at;
            Assert.Equal((above - below) / (2 * Step), gradient[i], 1e-3);
        }
    }

    private static TrainingSettings Settings(string algorithm, params ReadOnlySpan<string> settings)
    {
        var map = new Dictionary<string, string> { ["backbone"] = "linear" };
        foreach (var setting in settings)
        {
            var parts = setting.Split('=');
            map[parts[0]] = parts[1];
        }

        return AlgorithmCatalogue.Validate(algorithm, map);
    }
}
