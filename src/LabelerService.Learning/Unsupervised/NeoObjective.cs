using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Unsupervised;

/// <summary>
/// Nonparametric entropy (Viola, Schraudolph, Sejnowski: Empirical Entropy Manipulation for Real-World Problems. NIPS 1995; Schraudolph:
/// Gradient-Based Manipulation of Nonparametric Entropy Estimates. IEEE Transactions on Neural Networks 15, 2004). The density of an output is
/// estimated from the other items' by Gaussian kernels, p̂(y_i) = 1/(N − 1) Σ_{j≠i} K_σ(y_i − y_j), the entropy as Ĥ = −1/N Σ_i ln p̂(y_i). To find clusters Ĥ is made
/// small at a given spread: the loss is Ĥ − ½ ln det Cov(y). The outputs are those of nodes, tanh(y/2) in (−1, 1).
/// </summary>
/// <remarks>
/// With the proximity factors π_ij = K_σ(y_i − y_j) / Σ_{k≠i} K_σ(y_i − y_k), ∂Ĥ/∂y_i = 1/(N σ²) Σ_j (π_ij + π_ji)(y_i − y_j) and −½ ∂ ln det Cov/∂y_i = −1/N Cov⁻¹(y_i − ȳ).
/// The kernel's width makes the outputs likeliest given each other: the fixed point σ² = 1/(m N) Σ_ij π_ij |y_i − y_j|² (Schraudolph 2004, section
/// on kernel shape). There ∂Ĥ/∂σ = 0, so the gradient is exact with the width following the outputs; below the floor the width is constant.
/// </remarks>
/// <param name="floor">Smallest width, in units of the outputs: without one, two equal outputs have infinite density.</param>
/// <param name="spread">Standard deviation of the net inputs of the nodes whose outputs are looked at.</param>
/// <param name="tolerance">Relative change of σ² that ends its iteration.</param>
internal sealed class NeoObjective(double floor, double spread = 2, double tolerance = 1e-4) : OutputObjective
{
    // Two outputs that say the same have no spread in one direction: this much of it is kept, so that loss and gradient stay finite.
    private const double Ridge = 1e-6;
    private const int MostIterations = 200;

    public override double Spread => spread;

    // Bounded: at a given variance of unbounded outputs, the smallest entropy is that of all items in one place and a few far away.
    public override Tensor Present(Tensor outputs) => ReadOut.Standardise(outputs, spread / 2).tanh();

    public override double Score(Tensor outputs)
    {
        var (loss, gradient) = Evaluate(outputs);
        gradient.Dispose();
        return -loss;
    }

    public override ObjectiveValue Evaluate(Tensor outputs)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var y = outputs.detach().to(ScalarType.Float64).contiguous();
        var distances = new PairDistances(y);
        var square = SquaredWidth(distances);
        var (n, m) = (distances.Count, distances.Dimensions);
        var (logarithms, pull, columns) = (0.0, zeros_like(y), zeros([n], ScalarType.Float64));
        foreach (var (start, block) in distances.Blocks())
        {
            using var inner = NewDisposeScope();
            var kernels = block.Times(-0.5 / square);
            var proximity = kernels.softmax(1);
            logarithms += kernels.logsumexp(1).sum().Value();
            // Σ_j π_ij y_j for the block's i, and Σ_i π_ij y_i for all j.
            pull.narrow(0, start, block.shape[0]).PlusInPlace(proximity.mm(y));
            pull.PlusInPlace(proximity.t().mm(y.narrow(0, start, block.shape[0])));
            columns.PlusInPlace(proximity.sum([0L]));
        }

        var entropy = -(logarithms / n) + Math.Log(n - 1) + (m / 2.0 * Math.Log(2 * Math.PI * square));
        var gradient = columns.Plus(1).unsqueeze(1).mul(y).sub(pull).Times(1 / (n * square));
        var away = y.sub(y.mean([0], keepdim: true));
        var covariance = away.t().mm(away).Times(1.0 / n).Plus(eye(m, dtype: ScalarType.Float64).Times(Ridge));
        gradient.PlusInPlace(away.mm(linalg.inv(covariance)), -1.0 / n);
        return new ObjectiveValue(entropy - (0.5 * linalg.slogdet(covariance).Item2.Value()), gradient.MoveToOuterDisposeScope());
    }

    /// <summary>σ of outputs [N, m]: the maximum-likelihood fixed point, or the floor.</summary>
    public double Width(Tensor outputs)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return Math.Sqrt(SquaredWidth(new PairDistances(outputs.detach().to(ScalarType.Float64).contiguous())));
    }

    private double SquaredWidth(PairDistances distances)
    {
        // From the width for a normal density (Silverman 1986, section 4.3.2): each step is one of EM, so likelihood only grows from there.
        var (n, m) = (distances.Count, distances.Dimensions);
        var square = Math.Max(floor * floor, Math.Pow(4.0 / ((m + 2) * n), 2.0 / (m + 4)));
        for (var iteration = 0; iteration < MostIterations; iteration++)
        {
            var sum = 0.0;
            foreach (var (_, block) in distances.Blocks())
            {
                using var inner = NewDisposeScope();
                // An item's distance from itself is infinite, its share of it nothing: 0, not NaN.
                var proximity = block.Times(-0.5 / square).softmax(1);
                sum += proximity.mul(block.FilledWhere(block.isinf(), 0)).sum().Value();
            }

            var next = Math.Max(floor * floor, sum / (m * (double)n));
            var done = Math.Abs(next - square) <= tolerance * square;
            square = next;
            if (done)
            {
                break;
            }
        }

        return square;
    }

    // |y_i − y_j|² with ∞ for i = j, block of rows by block of rows, so that memory does not grow with N².
    private sealed class PairDistances
    {
        private readonly Tensor _outputs;
        private readonly int _rows;
        private readonly Tensor? _all;
        private readonly long[] _numbers;

        public PairDistances(Tensor outputs)
        {
            _outputs = outputs;
            _numbers = [.. Enumerable.Range(0, Count).Select(i => (long)i)];
            _rows = WorkingMemory.Rows(2 * outputs.shape[0] * outputs.shape[1]);
            _all = _rows >= Count ? Block(0, Count) : null;
        }

        public int Count => (int)_outputs.shape[0];

        public int Dimensions => (int)_outputs.shape[1];

        public IEnumerable<(int Start, Tensor Block)> Blocks()
        {
            if (_all is not null)
            {
                yield return (0, _all);
                yield break;
            }

            for (var start = 0; start < Count; start += _rows)
            {
                using var block = Block(start, Math.Min(_rows, Count - start));
                yield return (start, block);
            }
        }

        private Tensor Block(int start, int count)
        {
            using var scope = NewDisposeScope();
            var squares = _outputs.narrow(0, start, count).unsqueeze(1).sub(_outputs.unsqueeze(0)).Squared().sum(-1);
            var own = tensor(_numbers.AsSpan(start, count).ToArray()).unsqueeze(1).eq(tensor(_numbers).unsqueeze(0));
            return squares.FilledWhere(own, double.PositiveInfinity).MoveToOuterDisposeScope();
        }
    }
}
