using LabelerService.TestKit.Crowds.Sequences;

namespace LabelerService.Benchmarks.Pretrain;

/// <summary>Sequences as points without any net: what pretrained ones are compared with.</summary>
internal static class RawFeatures
{
    /// <summary>All steps, zeros after the last [N, T · d]. How many there are is left out: beside values of about one it would decide every distance.</summary>
    public static float[] Steps(SequenceSet set)
    {
        var length = set.Rows.Length / set.Count;
        return [.. Enumerable.Range(0, set.Count).SelectMany(n => set.Rows.Skip((n * length) + 1).Take(length - 1))];
    }

    /// <summary>The mean step [N, d].</summary>
    public static float[] MeanStep(SequenceSet set)
    {
        var length = set.Rows.Length / set.Count;
        var means = new float[set.Count * set.StepLength];
        for (var n = 0; n < set.Count; n++)
        {
            var row = set.Rows.AsSpan(n * length, length);
            var values = row.Slice(1, (int)row[0] * set.StepLength);
            for (var i = 0; i < values.Length; i++)
            {
                means[(n * set.StepLength) + (i % set.StepLength)] += values[i] / row[0];
            }
        }

        return means;
    }
}
