using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Server.Inference.Evaluation;

/// <summary>The confusions through which models are measured on annotations.</summary>
internal static class LabelerConfusionFit
{
    // With good priors EM settles in far fewer; a bound for data on which it creeps.
    private static readonly ConfusionEmOptions Options = new() { MaxIterations = 50, Tolerance = 1e-4 };

    /// <summary>Cross-fits them with predictions as prior, the folds the same every time.</summary>
    public static CrossFittedConfusions Of(AnnotationTable annotations, double[] predictions, CancellationToken cancel) =>
        CrossFittedConfusions.Fit(annotations, predictions, MetricList.Seed, options: Options, cancellationToken: cancel);
}
