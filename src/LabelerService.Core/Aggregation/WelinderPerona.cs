using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation;

/// <summary>Settings of <see cref="WelinderPerona"/>.</summary>
public sealed record WelinderPeronaOptions
{
    /// <summary>Pseudo-annotations that are right (α − 1 of the Beta prior of a skill).</summary>
    public double PriorRight { get; init; } = 4;

    /// <summary>Pseudo-annotations that are wrong (β − 1). Fewer than the right ones: labelers are taken to be honest.</summary>
    public double PriorWrong { get; init; } = 1;

    /// <summary>
    /// Whether a labeler has one skill for each class instead of one for all. Null: for two classes, as in the paper (the rates of
    /// true positives and true negatives), but not for more.
    /// </summary>
    public bool? SkillPerClass { get; init; }

    /// <summary>Whether the class distribution is estimated; otherwise it is uniform.</summary>
    public bool EstimateClassPrior { get; init; } = true;

    /// <summary>Pseudo-items of each class when the class distribution is estimated.</summary>
    public double ClassSmoothing { get; init; } = 1;

    /// <summary>Most iterations.</summary>
    public int MaxIterations { get; init; } = 200;

    /// <summary>Stops when the mean over items of Σ_k |change of the posterior| falls below this.</summary>
    public double Tolerance { get; init; } = 1e-5;
}

/// <summary>
/// EM over the true class of items and the skill of labelers, with a prior on the skill (Welinder and Perona, Online crowdsourcing:
/// rating annotators and obtaining cost-effective labels, CVPR workshops 2010): the label-only rival of Who Said What.
/// <para>
/// Labeler r names the item's class k with probability a_r (two classes: a_r[k]) and every other class with probability
/// (1 − a_r)/(K − 1). Skills have Beta priors, M-step a_r = (right + α − 1)/(answers + α + β − 2). We keep the batch form (all
/// annotations at once), not the paper's online collection of labels, and start from vote shares, because the annotations are there
/// already. It differs from <see cref="ConfusionEm"/> in one respect that matters: a labeler has few numbers, with a fixed prior, so
/// it does well where labelers answered little and badly where they confuse particular classes.
/// </para>
/// </summary>
public static class WelinderPerona
{
    /// <summary>Runs EM to convergence. The objective (log-posterior) never falls.</summary>
    /// <param name="table">The annotations. Items without annotations end at the class distribution.</param>
    /// <param name="options">Settings; the defaults if null.</param>
    /// <param name="cancellationToken">Checked once an iteration.</param>
    public static AggregationResult Fit(
        AnnotationTable table, WelinderPeronaOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new WelinderPeronaOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.PriorRight);
        ArgumentOutOfRangeException.ThrowIfNegative(options.PriorWrong);
        var em = new EmOptions(
            options.MaxIterations, options.Tolerance, options.EstimateClassPrior, options.ClassSmoothing);
        var perClass = options.SkillPerClass ?? table.ClassCount == 2;
        return EmLoop.Run(
            table, itemPrior: default, em, posteriors => perClass ? PerClass(table, posteriors, options) : OneSkill(table, posteriors, options),
            cancellationToken);
    }

    private static LabelerConfusions OneSkill(AnnotationTable table, ReadOnlySpan<double> posteriors, WelinderPeronaOptions options)
    {
        var classes = table.ClassCount;
        var skills = new double[table.LabelerCount];
        double logPrior = 0, rightOfAll = options.PriorRight, total = options.PriorRight + options.PriorWrong;
        for (var r = 0; r < skills.Length; r++)
        {
            var right = 0.0;
            var positions = table.PositionsOfLabeler(r);
            foreach (var i in positions)
            {
                right += posteriors[(table.Items[i] * classes) + table.Classes[i]];
            }

            rightOfAll += right;
            total += positions.Length;
            skills[r] = Skill(right, positions.Length, options);
            logPrior += LogPrior(skills[r], options);
        }

        var errors = new double[classes * classes];
        for (var cell = 0; cell < errors.Length; cell++)
        {
            errors[cell] = cell % (classes + 1) == 0 ? 0 : 1.0 / (classes - 1);
        }

        return LabelerConfusions.OneCoin(classes, skills, errors, total > 0 ? rightOfAll / total : 0.5, logPrior);
    }

    private static LabelerConfusions PerClass(AnnotationTable table, ReadOnlySpan<double> posteriors, WelinderPeronaOptions options)
    {
        var classes = table.ClassCount;
        var cells = classes * classes;
        var full = new double[checked(table.LabelerCount * cells)];
        var matrix = new double[cells];
        double[] right = new double[classes], answers = new double[classes], allRight = new double[classes], all = new double[classes];
        var logPrior = 0.0;
        for (var r = 0; r < table.LabelerCount; r++)
        {
            Array.Clear(right);
            Array.Clear(answers);
            foreach (var i in table.PositionsOfLabeler(r))
            {
                var label = table.Classes[i];
                right[label] += posteriors[(table.Items[i] * classes) + label];
                for (var k = 0; k < classes; k++)
                {
                    answers[k] += posteriors[(table.Items[i] * classes) + k];
                }
            }

            for (var k = 0; k < classes; k++)
            {
                allRight[k] += right[k];
                all[k] += answers[k];
                var skill = Skill(right[k], answers[k], options);
                SetRow(matrix, classes, k, skill);
                logPrior += LogPrior(skill, options);
            }

            LabelerConfusions.LogsByLabel(matrix, classes, full.AsSpan(r * cells, cells));
        }

        for (var k = 0; k < classes; k++)
        {
            SetRow(matrix, classes, k, Skill(allRight[k], all[k], options));
        }

        var common = new double[cells];
        LabelerConfusions.LogsByLabel(matrix, classes, common);
        return LabelerConfusions.Full(table.LabelerCount, classes, common, full, logPrior);
    }

    private static void SetRow(double[] matrix, int classes, int k, double skill)
    {
        for (var y = 0; y < classes; y++)
        {
            matrix[(k * classes) + y] = y == k ? (classes == 1 ? 1 : skill) : (1 - skill) / (classes - 1);
        }
    }

    private static double Skill(double right, double answers, WelinderPeronaOptions options)
    {
        var weight = answers + options.PriorRight + options.PriorWrong;
        return weight > 0 ? (right + options.PriorRight) / weight : 0.5;
    }

    private static double LogPrior(double skill, WelinderPeronaOptions options) =>
        (options.PriorRight * ClassDistributions.Log(skill)) + (options.PriorWrong * ClassDistributions.Log(1 - skill));
}
