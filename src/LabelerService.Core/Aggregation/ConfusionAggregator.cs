namespace LabelerService.Core.Aggregation;

/// <summary>EM over classes and confusions (<see cref="ConfusionEm"/>) with the settings of one algorithm.</summary>
internal sealed class ConfusionAggregator(ConfusionEmOptions options, bool usesModel) : IAggregator
{
    public static AggregatorDescriptor DawidSkene { get; } = new(
        "ds", "Dawid–Skene", "A confusion matrix for each labeler, estimated alone: good where labelers answered much.",
        "Dawid and Skene, Maximum likelihood estimation of observer error-rates using the EM algorithm, Applied Statistics 28 (1979).",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false,
        () => new ConfusionAggregator(ConfusionEmOptions.DawidSkene with { MaxIterations = 100 }, usesModel: false));

    public static AggregatorDescriptor OneCoin { get; } = new(
        "one_coin", "One-coin Dawid–Skene", "One probability of being right for each labeler: for few annotations a labeler or many classes.",
        "Zhang, Chen, Zhou and Jordan, Spectral methods meet EM, NIPS 2014, section 2.1.",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false,
        () => new ConfusionAggregator(
            ConfusionEmOptions.DawidSkene with
            {
                MaxIterations = 100,
                Confusions = ConfusionEmOptions.DawidSkene.Confusions with { Form = ConfusionForm.OneCoin },
            },
            usesModel: false));

    public static AggregatorDescriptor Hierarchical { get; } = new(
        "hierarchical", "Hierarchical confusions",
        "A confusion matrix for each labeler, shrunk to what all labelers have in common and to the labeler's own skill: the default.",
        "Dawid and Skene (1979) under a Dirichlet prior learnt from all labelers, as in Kim and Ghahramani, Bayesian classifier combination, AISTATS 2012.",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false,
        () => new ConfusionAggregator(new ConfusionEmOptions(), usesModel: false));

    public static AggregatorDescriptor Model { get; } = new(
        "model", "Hierarchical confusions with a model", "As hierarchical, with a model's out-of-fold prediction as prior of each item.",
        "Raykar et al., Learning from crowds, JMLR 11 (2010), the E-step; hierarchical confusions.",
        UsesModel: true, NeedsModel: true, UsesGold: true, NeedsOrdinal: false,
        () => new ConfusionAggregator(new ConfusionEmOptions(), usesModel: true));

    public Consensus Aggregate(AggregationInput input, AggregationControl control)
    {
        input.Check();
        var used = control.MaxIterations is { } most ? options with { MaxIterations = most } : options;
        return ConfusionEm.Aggregate(usesModel ? input : input with { ModelProbabilities = default }, used, control);
    }
}
