using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Items;

/// <summary>
/// What is known of an item, taken apart: a prior and one factor for each annotation, ln p(k|n) = ln prior(k|n) + Σ_r ln Θ_r(y_nr|k) up to a
/// constant. A consensus with confusions is such a product, so its prior, a model's included, is what is left when the factors are divided
/// out. Votes and weights are no such product: there confusions are estimated from the consensus, and the prior is the model's distribution
/// or, without one, the class distribution. Immutable.
/// </summary>
internal sealed class ItemEvidence
{
    // Below ClassDistributions.Smallest: dividing a tiny likelihood out of a tiny posterior must give the right thing back.
    private const double SmallestPosterior = 1e-300;

    private readonly AggregationInput _input;
    private readonly Consensus _consensus;
    private readonly double[] _priorLogs;
    private readonly bool _isProduct;

    public ItemEvidence(AggregationInput input, Consensus consensus)
    {
        input.Check();
        ClassDistributions.CheckLength(consensus.Posteriors.Length, input.Table.ItemCount, input.Table.ClassCount, nameof(consensus));
        _input = input;
        _consensus = consensus;
        _isProduct = consensus.Confusions is not null;
        Confusions = consensus.Confusions ?? LabelerConfusions.Estimate(input.Table, consensus.Posteriors);
        _priorLogs = Array.ConvertAll(consensus.ClassPrior, ClassDistributions.Log);
    }

    /// <summary>Number of classes K.</summary>
    public int ClassCount => _input.Table.ClassCount;

    /// <summary>Distribution of the classes [K].</summary>
    public ReadOnlySpan<double> ClassPrior => _consensus.ClassPrior;

    /// <summary>How labelers answer.</summary>
    public LabelerConfusions Confusions { get; }

    /// <summary>A model's distribution of an item [K]; empty where it says nothing.</summary>
    public static ReadOnlySpan<float> ModelRow(ReadOnlyMemory<float> probabilities, int item, int classes)
    {
        if (probabilities.IsEmpty)
        {
            return default;
        }

        var row = probabilities.Span.Slice(item * classes, classes);
        var sum = 0f;
        foreach (var p in row)
        {
            sum += p;
        }

        return sum > 0 ? row : default;
    }

    /// <summary>ln prior(k|n) of an item without its annotations, up to a constant, finite.</summary>
    /// <param name="item">The item.</param>
    /// <param name="logs">Receives the logarithms [K].</param>
    public void PriorLogs(int item, Span<double> logs)
    {
        if (IsProduct(item))
        {
            // Negated twice instead of a subtraction: likelihoods can only be added.
            logs.Clear();
            Confusions.AddLogLikelihood(_input.Table, item, logs);
            var row = Row(item);
            for (var k = 0; k < logs.Length; k++)
            {
                logs[k] = Math.Log(Math.Max(row[k], SmallestPosterior)) - logs[k];
            }

            return;
        }

        var model = ModelRow(_input.ModelProbabilities, item, ClassCount);
        for (var k = 0; k < logs.Length; k++)
        {
            logs[k] = model.IsEmpty ? _priorLogs[k] : ClassDistributions.Log(model[k]);
        }
    }

    /// <summary>ln p(k|n) given all annotations of an item, up to a constant, finite; of a known item that of its class is far above all.</summary>
    /// <param name="item">The item.</param>
    /// <param name="logs">Receives the logarithms [K].</param>
    public void Logs(int item, Span<double> logs)
    {
        if (_input.IsGold(item, out _) || IsProduct(item))
        {
            var row = Row(item);
            for (var k = 0; k < logs.Length; k++)
            {
                logs[k] = Math.Log(Math.Max(row[k], SmallestPosterior));
            }

            return;
        }

        PriorLogs(item, logs);
        Confusions.AddLogLikelihood(_input.Table, item, logs);
    }

    /// <summary>p(k|n) given all annotations of the item but one, whose own factor is divided out.</summary>
    /// <param name="position">Position of the annotation in the table.</param>
    /// <param name="logs">What <see cref="Logs"/> gave for its item [K].</param>
    /// <param name="distribution">Receives the distribution [K].</param>
    public void Without(int position, ReadOnlySpan<double> logs, Span<double> distribution)
    {
        var table = _input.Table;
        if (_input.IsGold(table.Items[position], out var known))
        {
            distribution.Clear();
            distribution[known] = 1;
            return;
        }

        distribution.Clear();
        Confusions.AddLogLikelihood(table.Labelers[position], table.Classes[position], distribution);
        for (var k = 0; k < distribution.Length; k++)
        {
            distribution[k] = logs[k] - distribution[k];
        }

        ClassDistributions.SoftMax(distribution);
    }

    // A posterior that is one class and nothing else has lost its factors: to hard assignment, or to underflow.
    private bool IsProduct(int item) => _isProduct && Row(item).IndexOf(1.0) < 0;

    private ReadOnlySpan<double> Row(int item) => _consensus.Posteriors.AsSpan(item * ClassCount, ClassCount);
}
