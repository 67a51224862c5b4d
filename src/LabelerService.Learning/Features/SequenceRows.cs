using LabelerService.Core.Encodings;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Features;

/// <summary>Rows of sequences, [T', x_1, …, x_T', zeros], taken apart and put together; T steps of d values at most.</summary>
internal sealed record SequenceRows(int StepLength, int MaxSteps)
{
    /// <summary>How rows of an encoding are made up; null where they are no sequences.</summary>
    public static SequenceRows? Of(ItemEncoding encoding) =>
        encoding.Kind == ItemEncodingKind.Sequence ? new SequenceRows(encoding.StepLength, encoding.MaxSteps) : null;

    /// <summary>Numbers of steps [N, 1].</summary>
    public static Tensor Lengths(Tensor rows) => rows.narrow(1, 0, 1);

    /// <summary>Values of all steps [N, T, d], those of the padding among them.</summary>
    public Tensor Steps(Tensor rows) => rows.narrow(1, 1, (long)MaxSteps * StepLength).reshape(-1, MaxSteps, StepLength);

    /// <summary>1 for each step that there is, 0 for padding [N, T, 1].</summary>
    public Tensor Mask(Tensor rows) => Places(rows.dtype).lt(Lengths(rows)).to(rows.dtype).unsqueeze(2);

    /// <summary>1 for the last step that there is, 0 for all others [N, T, 1].</summary>
    public Tensor LastMask(Tensor rows) => Places(rows.dtype).eq(Lengths(rows).Plus(-1)).to(rows.dtype).unsqueeze(2);

    /// <summary>Rows of the same numbers of steps with other values; padding becomes zero.</summary>
    public Tensor Masked(Tensor rows, Tensor steps) =>
        cat([Lengths(rows), steps.mul(Mask(rows)).reshape(-1, (long)MaxSteps * StepLength)], 1);

    /// <summary>Adds <see cref="Lengths"/> to a serving graph.</summary>
    public static string AppendLengths(GraphBuilder graph, string rows) => graph.Columns("sequence.lengths", rows, 0, 1);

    /// <summary>Adds <see cref="Steps"/> to a serving graph.</summary>
    public string AppendSteps(GraphBuilder graph, string rows) => graph.Node(
        "Reshape", "sequence.steps",
        [graph.Columns("sequence.flat", rows, 1, 1 + (MaxSteps * StepLength)), graph.Integers("sequence.shape", -1, MaxSteps, StepLength)]);

    /// <summary>Adds <see cref="Mask"/> to a serving graph.</summary>
    public string AppendMask(GraphBuilder graph, string lengths) => AppendMask(graph, "sequence.mask", "Less", lengths);

    /// <summary>Adds <see cref="LastMask"/> to a serving graph.</summary>
    public string AppendLastMask(GraphBuilder graph, string lengths) => AppendMask(
        graph, "sequence.last", "Equal", graph.Node("Sub", "sequence.last.place", [lengths, graph.Constant("sequence.one", [1f], 1)]));

    /// <summary>Adds <see cref="Masked"/> to a serving graph.</summary>
    public string AppendMasked(GraphBuilder graph, string lengths, string mask, string steps)
    {
        var masked = graph.Node("Mul", "sequence.masked", [steps, mask]);
        var flat = graph.Node("Reshape", "sequence.masked.flat", [masked, graph.Integers("sequence.masked.shape", -1, MaxSteps * StepLength)]);
        return graph.Node("Concat", "sequence.rows", [lengths, flat], ("axis", 1));
    }

    private Tensor Places(ScalarType type) => tensor(Numbers()).to(type).unsqueeze(0);

    private float[] Numbers() => [.. Enumerable.Range(0, MaxSteps).Select(t => (float)t)];

    private string AppendMask(GraphBuilder graph, string name, string comparison, string with)
    {
        var places = graph.Constant(name + ".places", Numbers(), 1, MaxSteps);
        var mask = graph.ToFloat(name + ".flat", graph.Node(comparison, name + ".true", [places, with]));
        return graph.Node("Unsqueeze", name, [mask, graph.Integers(name + ".axis", 2)]);
    }
}
