using System.Runtime.InteropServices;
using LabelerService.Core.Training;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Averaging;

/// <summary>
/// Second phase of the weighted doctor nets: backbone and heads are frozen, the averaging logits are learnt by the leave-own-out loss
/// (Who Said What, section 3). Where items × heads × classes is very large, a pass is over a random part of the items.
/// </summary>
/// <param name="form">The logits as a function of parameters.</param>
/// <param name="items">What is learnt from.</param>
/// <param name="values">What the heads say of it.</param>
/// <param name="standardised">Standardised representation of the items [n, h].</param>
/// <param name="settings">Batch size, target, mixing and penalties.</param>
/// <param name="order">Indexes of the items of a pass, repeated where an item counts more than once; put in order anew for each pass.</param>
/// <param name="random">Draws the order of items.</param>
/// <param name="validate">Scores values on validation data.</param>
internal sealed class AveragingProblem(
    AveragingForm form, AveragingItems items, HeadValues values, Tensor standardised, TrainingSettings settings, int[] order, SeededRandom random,
    Func<ParameterSet, ValidationScore?> validate) : IFitProblem
{
    // What the heads say in one pass: more would take longer than training the net does.
    private const long MostValues = 100_000_000;
    private const int FewestItems = 1000;
    private readonly int _classes = items.Targets.Length / Math.Max(items.Count, 1);
    private readonly float[] _target = new float[items.Targets.Length / Math.Max(items.Count, 1)];
    private LeaveOwnOutLoss<float>? _loss;

    public string Phase => "averaging";

    public int ItemCount => (int)Math.Min(order.Length, Math.Max(FewestItems, MostValues / ((long)HeadCount * _classes)));

    public int BatchCount => (ItemCount + settings.BatchSize - 1) / settings.BatchSize;

    private int HeadCount => checked((int)form.Layout.Entries[0].Length);

    public void Shuffle() => random.Shuffle(order);

    public double Accumulate(int batch, ParameterSet parameters)
    {
        var start = batch * settings.BatchSize;
        var chosen = order.AsSpan(start, Math.Min(settings.BatchSize, ItemCount - start));
        var scale = 1f / chosen.Length;
        var total = 0.0;
        for (var from = 0; from < chosen.Length; from += values.ItemsPerPiece)
        {
            total += AccumulatePiece(chosen.Slice(from, Math.Min(values.ItemsPerPiece, chosen.Length - from)).ToArray(), parameters, scale);
        }

        if (form.ByItem && settings.AveragingWeightDecay > 0)
        {
            form.AddDecay(parameters, (float)settings.AveragingWeightDecay);
        }

        return total;
    }

    public ValidationScore? Validate(ParameterSet parameters) => validate(parameters);

    public void Save(JournalState state)
    {
        state.Put<int>("order", order.AsSpan());
        random.Save(state, "order.generator");
    }

    public void Load(JournalState state)
    {
        state.Read<int>("order", order);
        random.Load(state, "order.generator");
    }

    /// <summary>Mean loss over all items, without gradient.</summary>
    public double MeanLoss(ParameterSet parameters)
    {
        using var noGrad = no_grad();
        var total = 0.0;
        foreach (var piece in order.Chunk(values.ItemsPerPiece))
        {
            using var scope = NewDisposeScope();
            var logits = Logits(piece, parameters);
            total += Sum(piece, logits, scale: 0, gradient: null);
        }

        return total / order.Length;
    }

    public void Dispose()
    {
        // Everything belongs to whoever made it.
    }

    private double AccumulatePiece(int[] piece, ParameterSet parameters, float scale)
    {
        using var scope = NewDisposeScope();
        // Logits that are parameters themselves need no libtorch: their gradient is added to where it is kept.
        var (logits, gradient) = form.ByItem ? (Logits(piece, parameters), null) : form.Direct(parameters);
        gradient ??= zeros_like(logits);
        var sum = Sum(piece, logits, scale, gradient);
        if (settings.EntropyPenalty > 0)
        {
            var strength = (float)settings.EntropyPenalty * (form.ByItem ? scale : scale * piece.Length);
            var at = Memory(logits);
            var slopes = Memory(gradient);
            for (var start = 0; start < at.Length; start += HeadCount)
            {
                Penalties.AddEntropyGradient<float>(at.Slice(start, HeadCount), strength, slopes.Slice(start, HeadCount));
            }
        }

        if (form.ByItem)
        {
            logits.backward([gradient]);
        }

        return sum;
    }

    private Tensor Logits(int[] piece, ParameterSet parameters)
    {
        if (!form.ByItem)
        {
            return form.Logits(parameters, standardised);
        }

        return form.Logits(parameters, standardised.index_select(0, tensor(piece.Select(i => (long)i).ToArray())));
    }

    private double Sum(int[] piece, Tensor logits, float scale, Tensor? gradient)
    {
        _loss ??= new LeaveOwnOutLoss<float>(HeadCount, _classes, settings.Mixing);
        var total = 0.0;
        var heads = HeadCount;
        if (!form.ByItem)
        {
            _loss.SetLogits(Memory(logits));
        }

        values.ForEach(piece, (i, said) =>
        {
            var row = form.ByItem ? i * heads : 0;
            var at = Memory(logits).Slice(row, heads);
            if (form.ByItem)
            {
                _loss.SetLogits(at);
            }

            total += _loss.Accumulate(
                items.OwnOf(piece[i]), said, Target(piece[i], at), scale, gradient is null ? default : Memory(gradient).Slice(row, heads));
        });
        return total;
    }

    private ReadOnlySpan<float> Target(int item, ReadOnlySpan<float> logits)
    {
        if (settings.AveragingTarget != AveragingTarget.Weighted)
        {
            return items.Targets.AsSpan(item * _classes, _classes);
        }

        // Softmax of the logits over the item's own labels; a target, so no gradient goes through it.
        var (start, end) = (items.LabelOffsets[item], items.LabelOffsets[item + 1]);
        var most = float.NegativeInfinity;
        for (var a = start; a < end; a++)
        {
            most = Math.Max(most, logits[items.LabelHeads[a]]);
        }

        Array.Clear(_target);
        var sum = 0f;
        for (var a = start; a < end; a++)
        {
            var weight = MathF.Exp(logits[items.LabelHeads[a]] - most);
            _target[items.LabelClasses[a]] += weight;
            sum += weight;
        }

        foreach (ref var share in _target.AsSpan())
        {
            share /= sum;
        }

        return _target;
    }

    private static Span<float> Memory(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
