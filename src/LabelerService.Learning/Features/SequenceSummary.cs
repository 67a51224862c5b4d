using LabelerService.Core.Training;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Features;

/// <summary>
/// What is left of a sequence for classifiers that read vectors: of each of the d values of a step the mean, the standard deviation, the
/// first, the last and the mean size of its change from step to step, over the steps that there are, and ln(1 + T'); 5d + 1 values, 4d + 1
/// where no sequence has two steps. Order within a sequence is lost: a recurrent backbone reads that.
/// </summary>
internal static class SequenceSummary
{
    /// <summary>Whether an algorithm looks at summaries: a consensus net whose classifier is not the net of the settings.</summary>
    public static bool Suits(TrainingSettings settings) =>
        settings is { Algorithm: "consensus", Classifier: not ConsensusClassifier.Net };

    /// <summary>Length of a summary.</summary>
    public static int Length(SequenceRows layout) => ((layout.MaxSteps > 1 ? 5 : 4) * layout.StepLength) + 1;

    /// <summary>Summaries [N, 5d + 1].</summary>
    /// <param name="layout">How rows are made up.</param>
    /// <param name="rows">Rows of sequences [N, D]; only their numbers of steps are read.</param>
    /// <param name="steps">Values of all steps [N, T, d].</param>
    public static Tensor Of(SequenceRows layout, Tensor rows, Tensor steps)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (lengths, mask) = (SequenceRows.Lengths(rows), layout.Mask(rows));
        var masked = steps.mul(mask);
        var count = lengths.AtLeast(1);
        var mean = masked.sum(1).div(count);
        var deviation = masked.sub(mean.unsqueeze(1)).mul(mask).Squared().sum(1).div(count).sqrt();
        var parts = new List<Tensor> { mean, deviation, masked.select(1, 0), masked.mul(layout.LastMask(rows)).sum(1) };
        if (layout.MaxSteps > 1)
        {
            var changes = masked.narrow(1, 1, layout.MaxSteps - 1).sub(masked.narrow(1, 0, layout.MaxSteps - 1)).abs();
            parts.Add(changes.mul(mask.narrow(1, 1, layout.MaxSteps - 1)).sum(1).div(lengths.Plus(-1).AtLeast(1)));
        }

        parts.Add(lengths.Plus(1).log());
        return cat(parts, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Adds the same computation to a serving graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="layout">How rows are made up.</param>
    /// <param name="lengths">Numbers of steps [N, 1].</param>
    /// <param name="steps">Values of all steps [N, T, d].</param>
    public static string AppendTo(GraphBuilder graph, SequenceRows layout, string lengths, string steps)
    {
        var mask = layout.AppendMask(graph, lengths);
        var masked = graph.Node("Mul", "summary.masked", [steps, mask]);
        var one = graph.Constant("summary.one", [1f], 1);
        var axis = graph.Integers("summary.axis", 1);
        var count = graph.Node("Max", "summary.count", [lengths, one]);
        var mean = graph.Node("Div", "summary.mean", [Sum("summary.sum", masked), count]);
        var centred = graph.Node("Sub", "summary.centred", [masked, graph.Node("Unsqueeze", "summary.mean.steps", [mean, axis])]);
        var own = graph.Node("Mul", "summary.centred.masked", [centred, mask]);
        var squares = Sum("summary.squares.sum", graph.Node("Mul", "summary.squares", [own, own]));
        var deviation = graph.Node("Sqrt", "summary.deviation", [graph.Node("Div", "summary.variance", [squares, count])]);
        var first = Sum("summary.first", Steps("summary.first.step", masked, 0, 1));
        var last = Sum("summary.last", graph.Node("Mul", "summary.last.step", [masked, layout.AppendLastMask(graph, lengths)]));
        var parts = new List<string> { mean, deviation, first, last };
        if (layout.MaxSteps > 1)
        {
            var difference = graph.Node(
                "Sub", "summary.difference",
                [Steps("summary.later", masked, 1, layout.MaxSteps), Steps("summary.earlier", masked, 0, layout.MaxSteps - 1)]);
            var changes = graph.Node(
                "Mul", "summary.changes",
                [graph.Node("Abs", "summary.difference.size", [difference]), Steps("summary.later.mask", mask, 1, layout.MaxSteps)]);
            var pairs = graph.Node("Max", "summary.pairs", [graph.Node("Sub", "summary.pairs.all", [lengths, one]), one]);
            parts.Add(graph.Node("Div", "summary.change", [Sum("summary.changes.sum", changes), pairs]));
        }

        parts.Add(graph.Node("Log", "summary.length", [graph.Node("Add", "summary.length.plus", [lengths, one])]));
        return graph.Node("Concat", "summary", [.. parts], ("axis", 1));

        string Sum(string name, string value) => graph.Node("ReduceSum", name, [value, axis], ("keepdims", 0));

        string Steps(string name, string value, long start, long end) => graph.Columns(name, value, start, end);
    }
}
