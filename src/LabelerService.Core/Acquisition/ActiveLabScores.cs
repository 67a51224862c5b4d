using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Acquisition;

/// <summary>
/// The score of ActiveLab (Goh and Mueller, ActiveLab: active learning with re-labeling by multiple annotators, 2023, section 3): how good
/// the consensus of an item would be if one more average labeler answered at random,
/// s = (Q (Σ_r w_r + w_M) + w̄ / K) / (Σ_r w_r + w_M + w̄), over the labelers of the item; the lowest is to be labelled next. Q is the
/// probability of the consensus class; of items without annotations it is the model's top probability, with weight w_M alone. Weights are
/// CROWDLAB's (Goh, Tkachenko and Mueller 2022): w_r = 1 − err_r / E₀, with err_r the disagreement with the other labelers and E₀ the error
/// of always naming the commonest class; w_M likewise, from the model's disagreement with the consensus, times √(annotations an item).
/// </summary>
internal sealed class ActiveLabScores
{
    private const double Smallest = 1e-6;
    private readonly AnnotationTable _table;
    private readonly double[] _weights;
    private readonly double _modelWeight;
    private readonly double _meanWeight;

    /// <summary>Rates labelers and model. Linear in annotations.</summary>
    /// <param name="data">The annotations and a model's distributions; without these the model has no weight.</param>
    /// <param name="consensus">Class of each item [N].</param>
    public ActiveLabScores(AggregationInput data, ReadOnlySpan<int> consensus)
    {
        _table = data.Table;
        var counts = new int[_table.ClassCount];
        double[] agreeing = new double[_table.LabelerCount], others = new double[_table.LabelerCount];
        var votes = new int[_table.ClassCount];
        int annotated = 0, modelItems = 0, modelWrong = 0;
        for (var n = 0; n < _table.ItemCount; n++)
        {
            var (start, end) = _table.RangeOfItem(n);
            if (start == end)
            {
                continue;
            }

            annotated++;
            counts[consensus[n]]++;
            Array.Clear(votes);
            for (var i = start; i < end; i++)
            {
                votes[_table.Classes[i]]++;
            }

            for (var i = start; i < end; i++)
            {
                agreeing[_table.Labelers[i]] += votes[_table.Classes[i]] - 1;
                others[_table.Labelers[i]] += end - start - 1;
            }

            if (Items.ItemEvidence.ModelRow(data.ModelProbabilities, n, _table.ClassCount) is { IsEmpty: false } row)
            {
                modelItems++;
                modelWrong += TopOf(row) == consensus[n] ? 0 : 1;
            }
        }

        var baseline = Math.Max(1 - (annotated == 0 ? 0 : (double)counts.Max() / annotated), Smallest);
        var (error, pairs) = (others.Sum() - agreeing.Sum(), others.Sum());
        var usual = Weight(pairs > 0 ? error / pairs : 0, baseline);
        _weights = new double[_table.LabelerCount];
        var (sum, active) = (0.0, 0);
        for (var r = 0; r < _weights.Length; r++)
        {
            // Who shares no item with anybody is taken to be like all.
            _weights[r] = others[r] > 0 ? Weight(1 - (agreeing[r] / others[r]), baseline) : usual;
            sum += _table.CountOfLabeler(r) > 0 ? _weights[r] : 0;
            active += _table.CountOfLabeler(r) > 0 ? 1 : 0;
        }

        _meanWeight = active > 0 ? sum / active : usual;
        _modelWeight = modelItems == 0 ? 0 : Weight((double)modelWrong / modelItems, baseline) * Math.Sqrt((double)_table.Count / Math.Max(annotated, 1));
        HasModel = !data.ModelProbabilities.IsEmpty;
        if (HasModel && modelItems == 0)
        {
            // Nothing to measure it by: as good as a labeler.
            _modelWeight = _meanWeight;
        }
    }

    /// <summary>Whether a model takes part.</summary>
    public bool HasModel { get; }

    /// <summary>s of an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="quality">Q: probability of its likeliest class.</param>
    /// <param name="pending">Answers asked for and not there yet.</param>
    public double Of(int item, double quality, int pending = 0)
    {
        var weight = _modelWeight + (pending * _meanWeight);
        var (start, end) = _table.RangeOfItem(item);
        for (var i = start; i < end; i++)
        {
            weight += _weights[_table.Labelers[i]];
        }

        return ((quality * weight) + (_meanWeight / _table.ClassCount)) / (weight + _meanWeight);
    }

    private static double Weight(double error, double baseline) => Math.Max(1 - (error / baseline), Smallest);

    private static int TopOf(ReadOnlySpan<float> row)
    {
        var top = 0;
        for (var k = 1; k < row.Length; k++)
        {
            top = row[k] > row[top] ? k : top;
        }

        return top;
    }
}
