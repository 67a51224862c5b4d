using LabelerService.Core.Aggregation;
using LabelerService.Core.Drift;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Labelers;

/// <summary>
/// Ways of answering that a labeler's annotations are compared with. Each gives a probability to any sequence of answers y_1 … y_n to items
/// whose class has the distribution q_1 … q_n by the others:
/// <list type="bullet">
/// <item>Given matrix Θ: Π_i Σ_k q_i(k) Θ(y_i|k). Ordinary labelers of several skills (<see cref="CommonErrors"/>), adversaries with even errors.</item>
/// <item>Free matrix around Θ: the rows have Dirichlet priors with mean Θ and <see cref="Freedom"/> pseudo-answers, and each answer is
/// predicted from those before it (Dawid's prequential form, JRSS A 147, 1984), with soft counts: specialists, those who swap classes.</item>
/// <item>Guessing: answers are independent of the class, from an unknown distribution with a Dirichlet prior (Pólya's urn).</item>
/// <item>Constant: the same with a prior that one class has nearly all.</item>
/// </list>
/// All are probability distributions over the same sequences, so their ratios are Bayes factors. Immutable.
/// </summary>
internal sealed class AnswerModels
{
    // Pseudo-answers of each row of a free matrix.
    private const double Freedom = 4;

    // An ordinary labeler of any matrix has at least this skill, 0 = guessing: else whoever guesses long enough would be one.
    private const double LeastInformed = 0.15;

    // Pseudo-answers of a guesser, each class.
    private const double GuessPrior = 2;

    // Pseudo-answers of a constant labeler: its class, and all others together.
    private const double ConstantPrior = 19;
    private const double ConstantRest = 1;

    // Beyond this a matrix of one's own is more than any labeler fills.
    private const int MostFreeClasses = 200;

    // Skills of ordinary labelers, 0 = guessing. A lesser least one hides spammers, a greater one takes specialists of few classes for spammers
    // (docs/designs/labelers.md).
    private static readonly double[] Skills = [0.4, 0.55, 0.7, 0.85, 0.97];

    // Probability of being right, as a multiple of chance.
    private static readonly double[] AdversaryChances = [0.1, 0.4];

    private readonly List<Model> _models = [];

    public AnswerModels(LabelerConfusions confusions)
    {
        ClassCount = confusions.ClassCount;
        foreach (var skill in Skills)
        {
            AddMatrix(null, CommonErrors.OfSkill(confusions, skill));
        }

        _models.Add(new Model(Form.Given, LabelerFlagKind.Spammer, CommonErrors.Even(ClassCount, 1.0 / ClassCount)));
        _models.Add(new Model(Form.Guess, LabelerFlagKind.Spammer, []));
        _models.Add(new Model(Form.Constant, LabelerFlagKind.Constant, []));
        foreach (var chance in AdversaryChances)
        {
            AddMatrix(LabelerFlagKind.Adversary, CommonErrors.Even(ClassCount, chance / ClassCount));
        }
    }

    private enum Form
    {
        Given,
        Free,
        Guess,
        Constant,
    }

    /// <summary>Number of models J.</summary>
    public int Count => _models.Count;

    /// <summary>Number of classes K.</summary>
    public int ClassCount { get; }

    /// <summary>What a model is a model of; null: an ordinary labeler.</summary>
    public LabelerFlagKind? KindOf(int model) => _models[model].Kind;

    /// <summary>Θ(y | k) of a model, label-major [y, k]; null where there is none.</summary>
    public double[]? MatrixOf(int model) => _models[model].Matrix is { Length: > 0 } matrix ? matrix : null;

    /// <summary>Makes a thread's own memory.</summary>
    public Scratch NewScratch() => new(ClassCount);

    /// <summary>ln probability of the answers under each model [J].</summary>
    /// <param name="others">What the others say of the items, row-major [n, K].</param>
    /// <param name="answers">The answers [n].</param>
    /// <param name="result">Receives the logs.</param>
    /// <param name="scratch">Memory.</param>
    public void LogProbabilities(ReadOnlySpan<double> others, ReadOnlySpan<int> answers, Span<double> result, Scratch scratch)
    {
        for (var j = 0; j < result.Length; j++)
        {
            var model = _models[j];
            result[j] = model.Form switch
            {
                Form.Given => Given(model.Matrix, others, answers),
                Form.Free => Free(model.Matrix, others, answers, scratch) + (model.Kind is null ? LogInformed(model.Matrix, scratch) : 0),
                Form.Guess => Guess(answers, scratch),
                _ => Constant(answers, scratch),
            };
        }
    }

    /// <summary>Adds to a matrix what a model, having seen a labeler's answers, expects of its next ones.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weight">By what it is multiplied.</param>
    /// <param name="others">What the others say of the items, row-major [n, K].</param>
    /// <param name="answers">The answers [n].</param>
    /// <param name="matrix">Receives weight · Θ(y | k), row-major [k, y].</param>
    /// <param name="scratch">Memory.</param>
    public void AddExpected(
        int model, double weight, ReadOnlySpan<double> others, ReadOnlySpan<int> answers, Span<double> matrix, Scratch scratch)
    {
        var (form, _, mean) = _models[model];
        switch (form)
        {
            case Form.Free:
                Free(mean, others, answers, scratch);
                break;
            case Form.Guess:
                Guess(answers, scratch);
                break;
            case Form.Constant:
                Constant(answers, scratch);
                break;
        }

        var total = answers.Length + (form == Form.Guess ? GuessPrior * ClassCount : ConstantPrior + ConstantRest);
        for (var k = 0; k < ClassCount; k++)
        {
            for (var y = 0; y < ClassCount; y++)
            {
                var cell = (y * ClassCount) + k;
                matrix[(k * ClassCount) + y] += weight * form switch
                {
                    Form.Given => mean[cell],
                    Form.Free => ((Freedom * mean[cell]) + scratch.Counts[cell]) / (Freedom + scratch.Totals[k]),
                    Form.Guess => (scratch.Totals[y] + GuessPrior) / total,
                    _ => (scratch.Totals[y] + ((ConstantPrior + ConstantRest) * Favours(scratch, y))) / total,
                };
            }
        }
    }

    /// <summary>Draws answers from a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="others">What the others say of the items, row-major [n, K].</param>
    /// <param name="answers">Receives the answers [n].</param>
    /// <param name="random">The generator.</param>
    /// <param name="scratch">Memory.</param>
    public void Draw(int model, ReadOnlySpan<double> others, Span<int> answers, Random random, Scratch scratch)
    {
        var (form, _, matrix) = _models[model];
        var weights = scratch.Weights;
        scratch.Clear();
        var favourite = form == Form.Constant ? random.Next(ClassCount) : -1;
        for (var i = 0; i < answers.Length; i++)
        {
            if (form is Form.Guess or Form.Constant)
            {
                for (var y = 0; y < ClassCount; y++)
                {
                    weights[y] = scratch.Totals[y] + (form == Form.Guess ? GuessPrior : UrnPrior(y == favourite));
                }

                answers[i] = Pick(weights, random);
                scratch.Totals[answers[i]]++;
                continue;
            }

            var row = others.Slice(i * ClassCount, ClassCount);
            var k = Pick(row, random);
            for (var y = 0; y < ClassCount; y++)
            {
                var cell = (y * ClassCount) + k;
                weights[y] = form == Form.Free ? (Freedom * matrix[cell]) + scratch.Counts[cell] : matrix[cell];
            }

            answers[i] = Pick(weights, random);
            if (form == Form.Free)
            {
                Learn(matrix, row, answers[i], scratch);
            }
        }
    }

    private void AddMatrix(LabelerFlagKind? kind, double[] matrix)
    {
        _models.Add(new Model(Form.Given, kind, matrix));
        if (ClassCount <= MostFreeClasses)
        {
            _models.Add(new Model(Form.Free, kind, matrix));
        }
    }

    private static double Given(double[] matrix, ReadOnlySpan<double> others, ReadOnlySpan<int> answers)
    {
        var classes = others.Length / Math.Max(1, answers.Length);
        var product = new LogProduct();
        for (var i = 0; i < answers.Length; i++)
        {
            var row = others.Slice(i * classes, classes);
            var column = matrix.AsSpan(answers[i] * classes, row.Length);
            var p = 0.0;
            for (var k = 0; k < row.Length; k++)
            {
                p += row[k] * column[k];
            }

            product.Multiply(p);
        }

        return product.Log();
    }

    private static double Free(double[] matrix, ReadOnlySpan<double> others, ReadOnlySpan<int> answers, Scratch scratch)
    {
        var classes = scratch.Totals.Length;
        scratch.Clear();
        var product = new LogProduct();
        for (var i = 0; i < answers.Length; i++)
        {
            product.Multiply(Learn(matrix, others.Slice(i * classes, classes), answers[i], scratch));
        }

        return product.Log();
    }

    // After Free: ln P(skill ≥ LeastInformed | answers) − ln P(skill ≥ LeastInformed), which cuts the prior off below. Rows are Dirichlet, so the
    // mean of the diagonal has known moments; it is taken to be normal.
    private static double LogInformed(double[] matrix, Scratch scratch) => LogTail(matrix, scratch, 1) - LogTail(matrix, scratch, 0);

    private static double LogTail(double[] matrix, Scratch scratch, double weight)
    {
        var classes = scratch.Totals.Length;
        double mean = 0, variance = 0;
        for (var k = 0; k < classes; k++)
        {
            var cell = k * (classes + 1);
            var total = Freedom + (weight * scratch.Totals[k]);
            var p = ((Freedom * matrix[cell]) + (weight * scratch.Counts[cell])) / total;
            mean += p / classes;
            variance += p * (1 - p) / (total + 1) / classes / classes;
        }

        var least = (1 + ((classes - 1) * LeastInformed)) / classes;
        return Math.Log(Math.Max(1e-15, NormalTail.Upper((least - mean) / Math.Sqrt(variance + 1e-12))));
    }

    // Predicts an answer from the soft counts so far, then counts it. Returns its probability.
    private static double Learn(double[] matrix, ReadOnlySpan<double> row, int answer, Scratch scratch)
    {
        var classes = row.Length;
        var column = matrix.AsSpan(answer * classes, classes);
        var counts = scratch.Counts.AsSpan(answer * classes, classes);
        var weights = scratch.Weights.AsSpan(0, classes);
        var totals = scratch.Totals.AsSpan(0, classes);
        var p = 0.0;
        for (var k = 0; k < row.Length; k++)
        {
            weights[k] = row[k] * ((Freedom * column[k]) + counts[k]) / (Freedom + totals[k]);
            p += weights[k];
        }

        var inverse = p > 0 ? 1 / p : 0;
        for (var k = 0; k < weights.Length; k++)
        {
            var share = weights[k] * inverse;
            counts[k] += share;
            totals[k] += share;
        }

        return p;
    }

    private static double Guess(ReadOnlySpan<int> answers, Scratch scratch)
    {
        scratch.Clear();
        var product = new LogProduct();
        var total = GuessPrior * scratch.Totals.Length;
        foreach (var answer in answers)
        {
            product.Multiply((GuessPrior + scratch.Totals[answer]++) / total++);
        }

        return product.Log();
    }

    // The mixture over which class it is.
    private static double Constant(ReadOnlySpan<int> answers, Scratch scratch)
    {
        var classes = scratch.Totals.Length;
        scratch.Clear();
        foreach (var answer in answers)
        {
            scratch.Totals[answer]++;
        }

        var total = classes == 1 ? ConstantPrior : ConstantPrior + ConstantRest;
        var every = -Math.Log(classes) - Rising(total, answers.Length);
        var few = ConstantRest / Math.Max(1, classes - 1);
        var rest = 0.0;
        for (var y = 0; y < classes; y++)
        {
            rest += Rising(few, (int)scratch.Totals[y]);
        }

        var logs = scratch.Weights;
        for (var favourite = 0; favourite < classes; favourite++)
        {
            var named = (int)scratch.Totals[favourite];
            logs[favourite] = every + rest - Rising(few, named) + Rising(ConstantPrior, named);
        }

        return ClassDistributions.SoftMax(logs);
    }

    private double UrnPrior(bool favourite) => favourite ? ConstantPrior : ConstantRest / Math.Max(1, ClassCount - 1);

    // After Constant: Weights are the probabilities of each class being the favourite.
    private double Favours(Scratch scratch, int y) =>
        ((scratch.Weights[y] * ConstantPrior) + ((1 - scratch.Weights[y]) * ConstantRest / Math.Max(1, ClassCount - 1)))
        / (ConstantPrior + ConstantRest);

    // ln a (a + 1) … (a + n − 1).
    private static double Rising(double a, int n)
    {
        if (n > 64)
        {
            return GammaFunction.Log(a + n) - GammaFunction.Log(a);
        }

        var product = new LogProduct();
        for (var i = 0; i < n; i++)
        {
            product.Multiply(a + i);
        }

        return product.Log();
    }

    private static int Pick(ReadOnlySpan<double> weights, Random random)
    {
        var total = 0.0;
        foreach (var weight in weights)
        {
            total += weight;
        }

        var left = random.NextDouble() * total;
        for (var k = 0; k < weights.Length - 1; k++)
        {
            left -= weights[k];
            if (left < 0)
            {
                return k;
            }
        }

        return weights.Length - 1;
    }

    private readonly record struct Model(Form Form, LabelerFlagKind? Kind, double[] Matrix);

    /// <summary>A thread's own memory.</summary>
    public sealed class Scratch(int classes)
    {
        internal double[] Counts { get; } = new double[classes <= MostFreeClasses ? classes * classes : 0];

        internal double[] Totals { get; } = new double[classes];

        internal double[] Weights { get; } = new double[classes];

        internal void Clear()
        {
            Array.Clear(Counts);
            Array.Clear(Totals);
        }
    }
}
