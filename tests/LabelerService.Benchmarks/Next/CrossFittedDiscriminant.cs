using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Calibration;

namespace LabelerService.Benchmarks.Next;

/// <summary>
/// Linear discriminant analysis with soft labels (Friedman, Regularized discriminant analysis, 1989) that grows with the annotations: every
/// item is predicted by the classifier of the folds that it is not in, whether it has annotations or not. Scatter matrices are sums over
/// items, so an item costs D² once, and a fit costs one factorisation a fold.
/// </summary>
internal sealed class CrossFittedDiscriminant
{
    private const int Folds = 5;
    private readonly int _length;
    private readonly int _classes;
    private readonly float[] _features;
    private readonly bool[] _annotated;
    private readonly double[][] _scatters;
    private readonly int[] _foldOf;

    public CrossFittedDiscriminant(float[] features, int items, int classes, int seed)
    {
        _length = features.Length / items;
        _classes = classes;
        _features = features;
        _annotated = new bool[items];
        _scatters = [.. Enumerable.Range(0, Folds).Select(_ => new double[_length * _length])];
        _foldOf = [.. Enumerable.Range(0, items).Select(item => item % Folds)];
        new Random(seed).Shuffle(_foldOf);
    }

    /// <summary>Fits to the items with annotations; predicts all items out of fold [N, K], and others [M, K] by all folds together.</summary>
    /// <param name="table">The annotations; items that had some keep some.</param>
    /// <param name="posteriors">Class distributions, row-major [N, K].</param>
    /// <param name="others">Features of other items, row-major [M, D].</param>
    public (float[] OutOfFold, float[] Others) Fit(AnnotationTable table, double[] posteriors, float[] others)
    {
        var counts = new double[Folds][];
        var sums = new double[Folds][];
        for (var f = 0; f < Folds; f++)
        {
            (counts[f], sums[f]) = (new double[_classes], new double[_classes * _length]);
        }

        for (var n = 0; n < _annotated.Length; n++)
        {
            if (table.RangeOfItem(n) is var (start, end) && start < end)
            {
                Include(n, posteriors.AsSpan(n * _classes, _classes), counts[_foldOf[n]], sums[_foldOf[n]]);
            }
        }

        var outOfFold = new float[_annotated.Length * _classes];
        for (var f = 0; f < Folds; f++)
        {
            var (weight, bias) = Train(counts, sums, f);
            for (var n = 0; n < _annotated.Length; n++)
            {
                if (_foldOf[n] == f)
                {
                    Predict(_features.AsSpan(n * _length, _length), weight, bias, outOfFold.AsSpan(n * _classes, _classes));
                }
            }
        }

        var (allWeight, allBias) = Train(counts, sums, -1);
        var predicted = new float[others.Length / _length * _classes];
        for (var m = 0; m < others.Length / _length; m++)
        {
            Predict(others.AsSpan(m * _length, _length), allWeight, allBias, predicted.AsSpan(m * _classes, _classes));
        }

        return (outOfFold, predicted);
    }

    /// <summary>Distributions as sure as the annotations bear out.</summary>
    public static float[] Calibrate(float[] outOfFold, AnnotationTable table, LabelerConfusions confusions)
    {
        var result = new float[outOfFold.Length];
        var temperature = TemperatureScaling.FitToAnnotations(outOfFold, table, confusions).Temperature;
        TemperatureScaling.Apply(outOfFold, table.ClassCount, temperature, result);
        return result;
    }

    private void Include(int item, ReadOnlySpan<double> posterior, double[] counts, double[] sums)
    {
        var x = _features.AsSpan(item * _length, _length);
        for (var k = 0; k < _classes; k++)
        {
            counts[k] += posterior[k];
            for (var d = 0; d < _length && posterior[k] > 1e-6; d++)
            {
                sums[(k * _length) + d] += posterior[k] * x[d];
            }
        }

        if (_annotated[item])
        {
            return;
        }

        _annotated[item] = true;
        var scatter = _scatters[_foldOf[item]];
        for (var i = 0; i < _length; i++)
        {
            for (var j = 0; j <= i && x[i] != 0; j++)
            {
                scatter[(i * _length) + j] += x[i] * x[j];
            }
        }
    }

    // The folds but one: S = Σ x xᵀ − Σ_k n_k μ_k μ_kᵀ, shrunk to a multiple of the identity by (1 + D) / (1 + D + n).
    private (double[] Weight, double[] Bias) Train(double[][] counts, double[][] sums, int without)
    {
        double[] count = new double[_classes], mean = new double[_classes * _length], scatter = new double[_length * _length];
        for (var f = 0; f < Folds; f++)
        {
            for (var i = 0; i < scatter.Length && f != without; i++)
            {
                scatter[i] += _scatters[f][i];
            }

            for (var i = 0; i < mean.Length && f != without; i++)
            {
                mean[i] += sums[f][i];
            }

            for (var k = 0; k < _classes && f != without; k++)
            {
                count[k] += counts[f][k];
            }
        }

        var total = count.Sum();
        var centre = new double[_length];
        for (var i = 0; i < mean.Length; i++)
        {
            centre[i % _length] += mean[i] / Math.Max(total, 1);
        }

        for (var k = 0; k < _classes; k++)
        {
            // One pseudo-item at the centre, for classes that hardly anybody has named.
            var row = mean.AsSpan(k * _length, _length);
            for (var d = 0; d < _length; d++)
            {
                row[d] = (row[d] + centre[d]) / (count[k] + 1);
            }

            for (var i = 0; i < _length; i++)
            {
                for (var j = 0; j <= i; j++)
                {
                    scatter[(i * _length) + j] -= count[k] * row[i] * row[j];
                }
            }
        }

        var shrinkage = (1.0 + _length) / (1 + _length + total);
        var trace = 0.0;
        for (var i = 0; i < _length; i++)
        {
            trace += Math.Max(scatter[(i * _length) + i], 0) / Math.Max(total, 1);
        }

        for (var i = 0; i < _length; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                scatter[(i * _length) + j] *= (1 - shrinkage) / Math.Max(total, 1);
            }

            scatter[(i * _length) + i] = Math.Max(scatter[(i * _length) + i], 0) + (shrinkage * trace / _length) + 1e-6;
        }

        return Discriminants(scatter, mean, count, total);
    }

    private (double[] Weight, double[] Bias) Discriminants(double[] scatter, double[] mean, double[] count, double total)
    {
        Cholesky(scatter);
        double[] weight = (double[])mean.Clone(), bias = new double[_classes];
        for (var k = 0; k < _classes; k++)
        {
            var row = weight.AsSpan(k * _length, _length);
            Solve(scatter, row);
            var square = 0.0;
            for (var d = 0; d < _length; d++)
            {
                square += row[d] * mean[(k * _length) + d];
            }

            bias[k] = Math.Log((count[k] + 1) / (total + _classes)) - (square / 2);
        }

        return (weight, bias);
    }

    private void Predict(ReadOnlySpan<float> x, double[] weight, double[] bias, Span<float> result)
    {
        Span<double> logits = stackalloc double[_classes];
        for (var k = 0; k < _classes; k++)
        {
            logits[k] = bias[k];
            for (var d = 0; d < _length; d++)
            {
                logits[k] += weight[(k * _length) + d] * x[d];
            }
        }

        ClassDistributions.SoftMax(logits);
        for (var k = 0; k < _classes; k++)
        {
            result[k] = (float)logits[k];
        }
    }

    // The lower triangle to its factor L, in place.
    private void Cholesky(double[] a)
    {
        for (var j = 0; j < _length; j++)
        {
            for (var i = j; i < _length; i++)
            {
                var sum = a[(i * _length) + j];
                for (var d = 0; d < j; d++)
                {
                    sum -= a[(i * _length) + d] * a[(j * _length) + d];
                }

                a[(i * _length) + j] = i == j ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / a[(j * _length) + j];
            }
        }
    }

    // L Lᵀ x = b, in place.
    private void Solve(double[] factor, Span<double> b)
    {
        for (var i = 0; i < _length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                b[i] -= factor[(i * _length) + j] * b[j];
            }

            b[i] /= factor[(i * _length) + i];
        }

        for (var i = _length - 1; i >= 0; i--)
        {
            for (var j = i + 1; j < _length; j++)
            {
                b[i] -= factor[(j * _length) + i] * b[j];
            }

            b[i] /= factor[(i * _length) + i];
        }
    }
}
