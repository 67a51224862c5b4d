using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation.Confusions;

/// <summary>
/// Labelers of ordered classes: the rating layer of the hierarchical rater model (Patz, Junker, Johnson and Mariano, The hierarchical rater
/// model for rated test items, Journal of Educational and Behavioral Statistics 27, 2002), Θ_r(y | k) ∝ exp(−(y − k − φ_r)² / 2ψ_r²).
/// A labeler has two numbers, a bias φ (mild or severe) and a spread ψ, so errors are the rarer the farther they are off, and few
/// annotations tell much. In place of the paper's latent trait, classes have a free distribution, as in Dawid and Skene.
/// <para>
/// With d = y − k, ln Θ(y|k) = a·d − b·d² − ln Z_k(a, b), where a = φ/ψ² and b = 1/2ψ²: an exponential family, whose M-step is a concave
/// problem of two variables for each labeler (Newton's method). A labeler's pseudo-annotations, <see cref="ConfusionOptions.Shrinkage"/>
/// for each class, are distributed as the common labeler's. b = 0 is one who answers whatever the class;
/// below 0, beyond the paper, is an adversary, so that two classes have all the confusions they can have.
/// </para>
/// </summary>
internal sealed class OrdinalStep : MatrixStep
{
    private readonly ConfusionOptions _options;
    private readonly OrdinalParameters[] _parameters;
    private OrdinalParameters _common = OrdinalParameters.Start;

    /// <summary>Lays the annotations out.</summary>
    /// <param name="table">The annotations; classes in their order.</param>
    /// <param name="options">Shrinkage and the prior of the common labeler.</param>
    public OrdinalStep(AnnotationTable table, ConfusionOptions options)
        : base(table, options)
    {
        _options = options;
        _parameters = new OrdinalParameters[table.LabelerCount];
        Array.Fill(_parameters, OrdinalParameters.Start);
    }

    /// <inheritdoc/>
    public override bool NeedsCommon => true;

    /// <summary>a and b of a labeler.</summary>
    internal OrdinalParameters Parameters(int labeler) => _parameters[labeler];

    /// <inheritdoc/>
    protected override void PrepareCommon(double[]? common)
    {
        FitCommon(common!);
        _common.Fill(common!, ClassCount, logs: false);
    }

    /// <inheritdoc/>
    protected override void CommonToLogs(double[] common)
    {
        FitCommon(common);
        _common.Fill(common, ClassCount, logs: true);
    }

    /// <inheritdoc/>
    protected override double ToLogs(int labeler, Span<double> counts, double[]? common, double[] scratch)
    {
        for (var cell = 0; cell < counts.Length; cell++)
        {
            counts[cell] += _options.Shrinkage * common![cell];
        }

        _parameters[labeler] = OrdinalParameters.Fit(counts, ClassCount, _parameters[labeler], scratch);
        _parameters[labeler].Fill(counts, ClassCount, logs: true);
        var logPrior = 0.0;
        for (var cell = 0; cell < counts.Length; cell++)
        {
            logPrior += _options.Shrinkage * common![cell] * counts[cell];
        }

        return logPrior;
    }

    private void FitCommon(double[] counts)
    {
        for (var y = 0; y < ClassCount; y++)
        {
            for (var k = 0; k < ClassCount; k++)
            {
                counts[(y * ClassCount) + k] += ConfusionEstimator.Prior(k, y, ClassCount, _options);
            }
        }

        _common = OrdinalParameters.Fit(counts, ClassCount, _common, new double[ClassCount]);
    }
}
