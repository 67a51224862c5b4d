using LabelerService.Core.Aggregation.Votes;
using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation.Skills;

/// <summary>
/// One run of MACE from one start. s_r is the probability that labeler r does not know, t_r that r knows, ξ_r what r says without knowing; under
/// variational Bayes they are exp E[ln ·] and sum to less than one.
/// </summary>
/// <remarks>
/// An annotation y of labeler r has probability s ξ(y) + t where y is the item's class and s ξ(y) where not. So with the ratio
/// ρ = (s ξ(y) + t)/(s ξ(y)) the posterior of class k is ∝ π_k times the product of ρ over the annotations that name k, and the annotation was
/// known with probability p(y|n) t/(s ξ(y) + t). Both are tables [R, K].
/// </remarks>
internal sealed class MaceRun
{
    // Probabilities below this count as this, so that logs are finite.
    private const double Smallest = 1e-300;

    // One logarithm for many factors; the next one, at most 2, does not overflow.
    private const double LargestProduct = 1e300;

    private readonly MaceData _data;
    private readonly MaceOptions _options;
    private readonly int _classes;
    private readonly double[] _spamming;
    private readonly double[] _knowing;
    private readonly double[] _strategies;
    private readonly double[] _logRatios;
    private readonly double[] _shares;
    private readonly double[] _logPrior;

    internal MaceRun(MaceData data, MaceOptions options, int restart)
    {
        (_data, _options, _classes) = (data, options, data.Classes);
        var labelers = data.Table.LabelerCount;
        _spamming = new double[labelers];
        _knowing = new double[labelers];
        _strategies = new double[checked(labelers * _classes)];
        _logRatios = new double[_strategies.Length];
        _shares = new double[_strategies.Length];
        _logPrior = new double[_classes];
        _logPrior.AsSpan().Fill(-Math.Log(_classes));
        Competence = new double[labelers];
        for (var r = 0; r < labelers; r++)
        {
            var state = MaceStarts.Mix(data.Fingerprints[r] + MaceStarts.Mix(options.Seed + (ulong)restart));
            var (spam, know) = (Weight(ref state), Weight(ref state));
            (_spamming[r], _knowing[r]) = (spam / (spam + know), know / (spam + know));
            Competence[r] = _knowing[r];
            var strategy = _strategies.AsSpan(r * _classes, _classes);
            var sum = 0.0;
            foreach (ref var weight in strategy)
            {
                weight = Weight(ref state);
                sum += weight;
            }

            foreach (ref var weight in strategy)
            {
                weight /= sum;
            }
        }
    }

    /// <summary>s_r [R].</summary>
    internal ReadOnlySpan<double> Spamming => _spamming;

    /// <summary>t_r [R].</summary>
    internal ReadOnlySpan<double> Knowing => _knowing;

    /// <summary>ξ_r, row-major [R, K].</summary>
    internal ReadOnlySpan<double> Strategies => _strategies;

    /// <summary>Mean of each labeler's competence θ = 1 − P(spam) [R] under its Beta posterior.</summary>
    internal double[] Competence { get; }

    /// <summary>Σ_n ln Σ_k π_k Π_r p(y_nr | k), in nats, at the last E-step.</summary>
    internal double LogLikelihood { get; private set; }

    internal int Iterations { get; private set; }

    internal bool Converged { get; private set; }

    /// <summary>Iterates to convergence or to the last iteration; ends with an E-step.</summary>
    /// <param name="posteriors">Class distributions of the items, row-major [N, K]: workspace, and the result.</param>
    /// <param name="most">Iterations at most.</param>
    /// <param name="blocks">Threads.</param>
    /// <param name="done">Told the change of the log-likelihood after each iteration.</param>
    internal void Fit(double[] posteriors, int most, Blocks blocks, Action<double> done)
    {
        Expect(posteriors, blocks);
        while (!Converged && Iterations < most)
        {
            Iterations++;
            Maximise(posteriors, blocks);
            var before = LogLikelihood;
            Expect(posteriors, blocks);
            var change = Math.Abs(LogLikelihood - before) / Math.Max(1, Math.Abs(LogLikelihood));
            Converged = change < _options.Tolerance;
            done(change);
        }
    }

    /// <summary>E-step of the items.</summary>
    internal void Expect(double[] posteriors, Blocks blocks) =>
        LogLikelihood = Tabulate(blocks) + blocks.Sum(_data.Table.ItemCount, WeightedVotes.BlockSize, (first, last) =>
        {
            var cells = _data.ParameterCells;
            var labels = _data.Table.Classes;
            var (sum, product) = (0.0, 1.0);
            for (var n = first; n < last; n++)
            {
                var (start, end) = _data.Table.RangeOfItem(n);
                var row = posteriors.AsSpan(n * _classes, _classes);
                _logPrior.CopyTo(row);
                for (var i = start; i < end; i++)
                {
                    row[labels[i]] += _logRatios[cells[i]];
                }

                sum += Normalise(n, row, ref product);
                if (product > LargestProduct)
                {
                    sum += Math.Log(product);
                    product = 1;
                }
            }

            return sum + Math.Log(product);
        });

    // Logs to the item's distribution; returns the log of their sum, of which a factor may be put into the product.
    private double Normalise(int item, Span<double> row, ref double product)
    {
        if (_data.Input.IsGold(item, out var known))
        {
            var log = row[known];
            row.Clear();
            row[known] = 1;
            return log;
        }

        if (row.Length != 2)
        {
            return ClassDistributions.SoftMax(row);
        }

        var smaller = row[0] < row[1] ? 0 : 1;
        var larger = row[1 - smaller];
        var odds = Math.Exp(row[smaller] - larger);
        var inverse = 1 / (1 + odds);
        row[1 - smaller] = inverse;
        row[smaller] = odds * inverse;
        product *= 1 + odds;
        return larger;
    }

    // Variational M-step of the labelers (section 3.3), and the distribution of the classes.
    private void Maximise(double[] posteriors, Blocks blocks)
    {
        blocks.Run(_data.Table.LabelerCount, LabelerOrder.BlockSize, (first, last) =>
        {
            var known = new double[_classes];
            for (var r = first; r < last; r++)
            {
                for (var y = 0; y < _classes; y++)
                {
                    var sum = 0.0;
                    foreach (var cell in _data.PosteriorCells((r * _classes) + y))
                    {
                        sum += posteriors[cell];
                    }

                    known[y] = sum * _shares[(r * _classes) + y];
                }

                Update(r, known);
            }
        });
        var prior = ConfusionEm.ClassPrior(_data.Table, posteriors, _options.ClassSmoothing);
        for (var k = 0; k < _classes; k++)
        {
            _logPrior[k] = Math.Log(prior[k]);
        }
    }

    private void Update(int labeler, double[] known)
    {
        double knowing = 0, all = 0;
        for (var y = 0; y < _classes; y++)
        {
            knowing += known[y];
            all += _data.Named((labeler * _classes) + y);
        }

        var spamming = Math.Max(0, all - knowing);
        var prior = _options.PriorKnowing + _options.PriorSpamming;
        var norm = Digamma.Of(all + prior);
        _knowing[labeler] = Math.Exp(Digamma.Of(knowing + _options.PriorKnowing) - norm);
        _spamming[labeler] = Math.Exp(Digamma.Of(spamming + _options.PriorSpamming) - norm);
        Competence[labeler] = (knowing + _options.PriorKnowing) / (all + prior);
        norm = Digamma.Of(spamming + (_classes * _options.PriorStrategy));
        for (var y = 0; y < _classes; y++)
        {
            var cell = (labeler * _classes) + y;
            _strategies[cell] = Math.Exp(Digamma.Of(Math.Max(0, _data.Named(cell) - known[y]) + _options.PriorStrategy) - norm);
        }
    }

    // The tables; returns Σ ln s ξ(y) over all annotations.
    private double Tabulate(Blocks blocks) =>
        blocks.Sum(_data.Table.LabelerCount, WeightedVotes.BlockSize, (first, last) =>
        {
            var sum = 0.0;
            for (var cell = first * _classes; cell < last * _classes; cell++)
            {
                var labeler = cell / _classes;
                var guessed = Math.Max(_spamming[labeler] * _strategies[cell], Smallest);
                var log = Math.Log(guessed);
                sum += _data.Named(cell) * log;
                _logRatios[cell] = Math.Log(guessed + _knowing[labeler]) - log;
                _shares[cell] = _knowing[labeler] / (guessed + _knowing[labeler]);
            }

            return sum;
        });

    private double Weight(ref ulong state) => 1 + (MaceStarts.Next(ref state) * (1 + _options.Noise));
}
