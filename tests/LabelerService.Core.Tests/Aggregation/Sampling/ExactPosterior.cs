using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.Sampling;

namespace LabelerService.Core.Tests.Aggregation.Sampling;

/// <summary>
/// The posterior of the sampler's model by brute force: all assignments of classes to items, all kinds of all labelers, and everything that is
/// continuous integrated out in closed form (Dirichlet-multinomial and Beta-binomial). For three labelers and a handful of items.
/// </summary>
internal sealed class ExactPosterior
{
    private readonly AggregationInput _input;
    private readonly SkillPopulation _skills;
    private readonly ErrorPopulation _errors;
    private double _evidence;

    public ExactPosterior(AggregationInput input, LabelerConfusions common)
    {
        _input = input;
        var (table, classes) = (input.Table, input.Table.ClassCount);
        _skills = new SkillPopulation([.. Enumerable.Range(0, classes).Select(k => common.Probability(-1, k, k))]);
        _errors = new ErrorPopulation(common.Matrix(-1), classes);
        Items = new double[table.ItemCount, classes];
        Accuracies = new double[table.LabelerCount];
        Cells = new double[table.LabelerCount, classes, classes];
        ClassPrior = new double[classes];
        var assignment = new int[table.ItemCount];
        Enumerate(0, assignment);
        Divide();
    }

    /// <summary>P(t_n = k).</summary>
    public double[,] Items { get; }

    /// <summary>E[Σ_k π_k Θ_r(k|k)].</summary>
    public double[] Accuracies { get; }

    /// <summary>E[Θ_r(y|k)], [r, k, y].</summary>
    public double[,,] Cells { get; }

    /// <summary>E[π_k].</summary>
    public double[] ClassPrior { get; }

    private void Enumerate(int item, int[] assignment)
    {
        if (item == assignment.Length)
        {
            Add(assignment);
            return;
        }

        for (var k = 0; k < _input.Table.ClassCount; k++)
        {
            if (!_input.IsGold(item, out var known) || known == k)
            {
                assignment[item] = k;
                Enumerate(item + 1, assignment);
            }
        }
    }

    private void Add(int[] assignment)
    {
        var (table, classes, labelers) = (_input.Table, _input.Table.ClassCount, _input.Table.LabelerCount);
        var counts = new int[labelers, classes, classes];
        for (var i = 0; i < table.Count; i++)
        {
            counts[table.Labelers[i], assignment[table.Items[i]], table.Classes[i]]++;
        }

        var ofClass = new int[classes];
        var weight = 1.0;
        for (var n = 0; n < assignment.Length; n++)
        {
            if (Model(n, assignment[n]) is { } given)
            {
                weight *= given;
            }

            ofClass[assignment[n]]++;
        }

        // Items with a model's distribution do not draw their class from π, but π learns from them, as in the sampler: a cut, not a joint
        // model. So the weight of an assignment has π for the other items only; tables here have a model for all items or for none.
        if (_input.ModelProbabilities.IsEmpty)
        {
            weight *= Rising(1, ofClass) / Rising(classes, [ofClass.Sum()]);
        }

        var (skillWeight, accuracies) = Skills(counts);
        var (errorWeight, errors) = Errors(counts);
        weight *= skillWeight * errorWeight;
        _evidence += weight;
        for (var k = 0; k < classes; k++)
        {
            var share = (1.0 + ofClass[k]) / (classes + ofClass.Sum());
            ClassPrior[k] += weight * share;
            for (var n = 0; n < assignment.Length; n++)
            {
                Items[n, k] += assignment[n] == k ? weight : 0;
            }

            for (var r = 0; r < labelers; r++)
            {
                Accuracies[r] += weight * share * accuracies[r, k];
                for (var y = 0; y < classes; y++)
                {
                    Cells[r, k, y] += weight * (y == k ? accuracies[r, k] : (1 - accuracies[r, k]) * errors[r, k, y]);
                }
            }
        }
    }

    private double? Model(int item, int k) => _input.ModelProbabilities.IsEmpty
        ? null
        : _input.ModelProbabilities.Span[(item * _input.Table.ClassCount) + k];

    // Σ over kinds of all labelers, weights of kinds integrated out; and the posterior means of a_rk.
    private (double Weight, double[,] Means) Skills(int[,,] counts)
    {
        var (labelers, classes) = (counts.GetLength(0), counts.GetLength(1));
        var marginals = new double[labelers][];
        var means = new double[labelers][][];
        for (var r = 0; r < labelers; r++)
        {
            marginals[r] = new double[SkillPopulation.Kinds];
            means[r] = new double[SkillPopulation.Kinds][];
            for (var kind = 0; kind < SkillPopulation.Kinds; kind++)
            {
                means[r][kind] = new double[classes];
                marginals[r][kind] = 1;
                for (var k = 0; k < classes; k++)
                {
                    int right = counts[r, k, k], wrong = Enumerable.Range(0, classes).Sum(y => counts[r, k, y]) - right;
                    var (s, m) = (SkillPopulation.Concentration(kind), _skills.Mean(kind, k));
                    marginals[r][kind] *= Rising(s * m, [right]) * Rising(s * (1 - m), [wrong]) / Rising(s, [right + wrong]);
                    means[r][kind][k] = ((s * m) + right) / (s + right + wrong);
                }
            }
        }

        return Sum(marginals, means, _skills.Prior.ToArray(), (mean, r) => mean[r], classes);
    }

    private (double Weight, double[,,] Means) Errors(int[,,] counts)
    {
        var (labelers, classes) = (counts.GetLength(0), counts.GetLength(1));
        var marginals = new double[labelers][];
        var means = new double[labelers][][];
        for (var r = 0; r < labelers; r++)
        {
            marginals[r] = new double[ErrorPopulation.Kinds];
            means[r] = new double[ErrorPopulation.Kinds][];
            for (var kind = 0; kind < ErrorPopulation.Kinds; kind++)
            {
                means[r][kind] = new double[classes * classes];
                marginals[r][kind] = 1;
                for (var k = 0; k < classes; k++)
                {
                    var c = ErrorPopulation.Concentration(kind);
                    var wrong = Enumerable.Range(0, classes).Where(y => y != k).Sum(y => counts[r, k, y]);
                    marginals[r][kind] /= Rising(c, [wrong]);
                    for (var y = 0; y < classes; y++)
                    {
                        var expected = c * _errors.Errors[(k * classes) + y];
                        marginals[r][kind] *= y == k ? 1 : Rising(expected, [counts[r, k, y]]);
                        means[r][kind][(k * classes) + y] = y == k ? 0 : (expected + counts[r, k, y]) / (c + wrong);
                    }
                }
            }
        }

        var prior = Enumerable.Repeat(ErrorPopulation.Prior, ErrorPopulation.Kinds).ToArray();
        var (weight, flat) = Sum(marginals, means, prior, (mean, cell) => mean[cell], classes * classes);
        var cube = new double[labelers, classes, classes];
        for (var r = 0; r < labelers; r++)
        {
            for (var cell = 0; cell < classes * classes; cell++)
            {
                cube[r, cell / classes, cell % classes] = flat[r, cell];
            }
        }

        return (weight, cube);
    }

    // Exactly three labelers: kinds x, y, z have probability a_x (a_y + [x = y]) (a_z + [x = z] + [y = z]) / (A (A + 1) (A + 2)).
    private static (double Weight, double[,] Means) Sum(
        double[][] marginals, double[][][] means, double[] prior, Func<double[], int, double> read, int length)
    {
        var kinds = prior.Length;
        var total = prior.Sum();
        var byKind = new double[3, kinds];
        var sum = 0.0;
        for (var x = 0; x < kinds; x++)
        {
            for (var y = 0; y < kinds; y++)
            {
                var two = prior[x] * marginals[0][x] * (prior[y] + (x == y ? 1 : 0)) * marginals[1][y];
                for (var z = 0; z < kinds; z++)
                {
                    var weight = two * (prior[z] + (x == z ? 1 : 0) + (y == z ? 1 : 0)) * marginals[2][z] / (total * (total + 1) * (total + 2));
                    sum += weight;
                    byKind[0, x] += weight;
                    byKind[1, y] += weight;
                    byKind[2, z] += weight;
                }
            }
        }

        var result = new double[3, length];
        for (var r = 0; r < 3; r++)
        {
            for (var kind = 0; kind < kinds; kind++)
            {
                for (var i = 0; i < length; i++)
                {
                    result[r, i] += byKind[r, kind] / sum * read(means[r][kind], i);
                }
            }
        }

        return (sum, result);
    }

    // Π of x (x + 1) … (x + n − 1) over the counts n.
    private static double Rising(double x, int[] counts)
    {
        var product = 1.0;
        foreach (var count in counts)
        {
            for (var i = 0; i < count; i++)
            {
                product *= x + i;
            }
        }

        return product;
    }

    private void Divide()
    {
        Scale(Items);
        Scale(Cells);
        for (var r = 0; r < Accuracies.Length; r++)
        {
            Accuracies[r] /= _evidence;
        }

        for (var k = 0; k < ClassPrior.Length; k++)
        {
            ClassPrior[k] /= _evidence;
        }
    }

    private void Scale(Array array)
    {
        var span = System.Runtime.InteropServices.MemoryMarshal.CreateSpan(
            ref System.Runtime.CompilerServices.Unsafe.As<byte, double>(
                ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(array)),
            array.Length);
        foreach (ref var value in span)
        {
            value /= _evidence;
        }
    }
}
