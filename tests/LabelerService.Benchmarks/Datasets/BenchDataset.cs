using LabelerService.Core.Datasets;
using LabelerService.Core.Training;

namespace LabelerService.Benchmarks.Datasets;

/// <summary>
/// A dataset to compare models on. Test items are kept apart from what is trained on altogether, so that nothing can be learnt from them.
/// </summary>
/// <param name="Labelled">Items of the training and validation splits, with gold and the crowd's annotations.</param>
/// <param name="TestFeatures">Features of the test items, row-major [M, D].</param>
/// <param name="TestGold">Gold class of each test item.</param>
internal sealed record BenchDataset(TrainingSnapshot Labelled, float[] TestFeatures, int[] TestGold)
{
    public string Name => Labelled.Dataset;

    /// <summary>What a model may see: annotations, and no gold but, if asked for, that of the validation split.</summary>
    public TrainingSnapshot ForTraining(bool withValidationGold) => new()
    {
        Dataset = Labelled.Dataset,
        SnapshotId = Labelled.SnapshotId,
        Schema = Labelled.Schema,
        ItemIds = Labelled.ItemIds,
        Features = Labelled.Features,
        Splits = Labelled.Splits,
        Gold = [.. Labelled.Gold.Select((gold, n) => withValidationGold && Labelled.Splits[n] == Split.Validation ? gold : -1)],
        LabelerIds = Labelled.LabelerIds,
        Annotations = Labelled.Annotations,
    };
}
