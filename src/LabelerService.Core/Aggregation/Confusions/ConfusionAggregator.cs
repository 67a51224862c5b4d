using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation.Confusions;

/// <summary>EM over classes and confusions (<see cref="ConfusionEm"/>) as an aggregator; the descriptors say with which settings.</summary>
/// <param name="loop">Iterations, tolerance, class distribution, soft or hard.</param>
/// <param name="labelers">What is assumed of labelers.</param>
/// <param name="usesModel">Whether a model's predictions are the items' priors.</param>
internal sealed class ConfusionAggregator(ConfusionFitOptions loop, Func<AnnotationTable, LabelerStep> labelers, bool usesModel) : IAggregator
{
    // As crowd-kit's Dawid–Skene.
    private const int ClassicIterations = 100;

    private static readonly ConfusionOptions Alone = ConfusionEmOptions.DawidSkene.Confusions;

    private static readonly ConfusionFitOptions Classic =
        ConfusionFitOptions.Of(ConfusionEmOptions.DawidSkene with { MaxIterations = ClassicIterations });

    private static readonly ConfusionFitOptions Pooled = ConfusionFitOptions.Of(new ConfusionEmOptions());

    public static AggregatorDescriptor DawidSkene { get; } = new(
        "ds", "Dawid–Skene", "A confusion matrix for each labeler, estimated alone: good where labelers answered much.",
        "Dawid and Skene, Maximum likelihood estimation of observer error-rates using the EM algorithm, Applied Statistics 28 (1979).",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false,
        () => new ConfusionAggregator(Classic, table => LabelerStep.Create(table, Alone), usesModel: false))
    {
        StartsFromPrevious = true,
    };

    public static AggregatorDescriptor OneCoin { get; } = new(
        "one_coin", "One-coin Dawid–Skene", "One probability of being right for each labeler: for few annotations a labeler, or many classes.",
        "Zhang, Chen, Zhou and Jordan, Spectral methods meet EM, JMLR 17 (2016), the one-coin model.",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false,
        () => new ConfusionAggregator(
            Classic, table => LabelerStep.Create(table, Alone with { Form = ConfusionForm.OneCoin, UniformErrors = true }), usesModel: false))
    {
        StartsFromPrevious = true,
    };

    public static AggregatorDescriptor FastDawidSkene { get; } = new(
        "fast_ds", "Fast Dawid–Skene", "Dawid–Skene whose last iterations give each item wholly to its likeliest class: ends after few iterations.",
        "Sinha, Rao and Balasubramanian, Fast Dawid–Skene: a fast vote aggregation scheme for sentiment classification, WISDOM 2018 (hybrid).",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false,
        () => new ConfusionAggregator(
            Classic with { Plan = AssignmentPlan.SoftThenHard }, table => LabelerStep.Create(table, Alone), usesModel: false));

    public static AggregatorDescriptor OrdinalDawidSkene { get; } = new(
        "ordinal_ds", "Ordinal Dawid–Skene",
        "A bias and a spread on the scale of ordered classes for each labeler: errors are rarer the farther they are off.",
        "Patz, Junker, Johnson and Mariano, The hierarchical rater model for rated test items, J. Educational and Behavioral Statistics 27 (2002), "
        + "the rating layer; classes free as in Dawid and Skene (1979).",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: true,
        () => new ConfusionAggregator(Pooled, table => LabelerStep.CreateOrdinal(table, new ConfusionOptions { Shrinkage = 1 }), usesModel: false))
    {
        StartsFromPrevious = true,
    };

    public static AggregatorDescriptor Hierarchical { get; } = new(
        "hierarchical", "Hierarchical confusions",
        "A confusion matrix for each labeler, shrunk to what all labelers have in common and to the labeler's own skill: the default.",
        "Dawid and Skene (1979) under a Dirichlet prior learnt from all labelers, as in Kim and Ghahramani, Bayesian classifier combination, AISTATS 2012.",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false,
        () => new ConfusionAggregator(Pooled, table => LabelerStep.Create(table, new ConfusionOptions()), usesModel: false))
    {
        StartsFromPrevious = true,
    };

    public static AggregatorDescriptor Model { get; } = new(
        "model", "Hierarchical confusions with a model", "As hierarchical, with a model's out-of-fold prediction as prior of each item.",
        "Raykar et al., Learning from crowds, JMLR 11 (2010), the E-step; hierarchical confusions.",
        UsesModel: true, NeedsModel: true, UsesGold: true, NeedsOrdinal: false,
        () => new ConfusionAggregator(Pooled, table => LabelerStep.Create(table, new ConfusionOptions()), usesModel: true))
    {
        StartsFromPrevious = true,
    };

    public Consensus Aggregate(AggregationInput input, AggregationControl control)
    {
        input.Check();
        var knowledge = ItemKnowledge.Of(input, usesModel);
        var options = control.MaxIterations is { } most ? loop with { MaxIterations = most } : loop;
        var step = labelers(input.Table);
        var result = ConfusionFit.Run(input.Table, step, knowledge, input.Previous, options, control);
        return new Consensus
        {
            ClassCount = result.ClassCount,
            Posteriors = result.Posteriors,
            ClassPrior = result.ClassPrior,
            Confusions = result.Confusions,
            LabelerSkills = result.Confusions.Skills(result.ClassPrior),
            Iterations = result.Iterations,
            Converged = result.Converged,
            Warnings = step is CoinStep { IsFallback: true }
                ? [new AggregationWarning(
                    "TOO_MANY_CELLS",
                    $"{input.Table.LabelerCount} labelers of {input.Table.ClassCount} classes have too large confusion matrices: each labeler "
                    + "has one probability of being right instead.")]
                : [],
        };
    }
}
