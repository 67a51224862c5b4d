using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Acquisition;

/// <summary>
/// What an answer is expected to tell of an item's class: the mutual information of class and answer,
/// I = H(Σ_k q_k Θ(·|k)) − Σ_k q_k H(Θ(·|k)), in nats (Lindley, On a measure of the information provided by an experiment, 1956; MacKay,
/// Information-based objective functions, 1992). It equals the expected fall of the entropy of the item's distribution. From 0 (spammers,
/// or nothing left to learn) to ln K; a labeler who is always wrong in the same way is worth as much as one who is always right.
/// </summary>
public sealed class InformationGain
{
    // Classes less likely than this add nothing that could be seen, and with many classes nearly all are.
    private const double Negligible = 1e-9;
    private readonly double[] _matrix;
    private readonly double[] _entropies;

    /// <summary>Prepares for one labeler.</summary>
    /// <param name="matrix">Θ(y | k), row-major [k, y], rows summing to one.</param>
    /// <param name="classCount">Number of classes K.</param>
    public InformationGain(ReadOnlySpan<double> matrix, int classCount)
    {
        ClassDistributions.CheckLength(matrix.Length, classCount, classCount, nameof(matrix));
        ClassCount = classCount;
        _matrix = matrix.ToArray();
        _entropies = new double[classCount];
        for (var k = 0; k < classCount; k++)
        {
            _entropies[k] = Entropy(_matrix.AsSpan(k * classCount, classCount));
        }
    }

    /// <summary>Number of classes K.</summary>
    public int ClassCount { get; }

    /// <summary>Θ(y | k), row-major [k, y].</summary>
    public ReadOnlySpan<double> Matrix => _matrix;

    /// <summary>I, in nats, of an item with this distribution.</summary>
    /// <param name="distribution">Class distribution q [K].</param>
    /// <param name="answers">Receives the distribution of the answer [K].</param>
    public double Of(ReadOnlySpan<double> distribution, Span<double> answers)
    {
        answers.Clear();
        var given = 0.0;
        for (var k = 0; k < ClassCount; k++)
        {
            var q = distribution[k];
            if (q < Negligible)
            {
                continue;
            }

            given += q * _entropies[k];
            var row = _matrix.AsSpan(k * ClassCount, ClassCount);
            for (var y = 0; y < row.Length; y++)
            {
                answers[y] += q * row[y];
            }
        }

        return Math.Max(Entropy(answers) - given, 0);
    }

    /// <summary>The item's distribution after an answer: q(k) Θ(y|k) / Σ.</summary>
    /// <param name="distribution">Class distribution q [K].</param>
    /// <param name="answer">y.</param>
    /// <param name="posterior">Receives it [K].</param>
    /// <returns>Probability of the answer.</returns>
    public double Update(ReadOnlySpan<double> distribution, int answer, Span<double> posterior)
    {
        var sum = 0.0;
        for (var k = 0; k < ClassCount; k++)
        {
            posterior[k] = distribution[k] * _matrix[(k * ClassCount) + answer];
            sum += posterior[k];
        }

        for (var k = 0; k < ClassCount; k++)
        {
            posterior[k] = sum > 0 ? posterior[k] / sum : distribution[k];
        }

        return sum;
    }

    private static double Entropy(ReadOnlySpan<double> distribution)
    {
        var sum = 0.0;
        foreach (var p in distribution)
        {
            sum -= p > 0 ? p * Math.Log(p) : 0;
        }

        return sum;
    }
}
