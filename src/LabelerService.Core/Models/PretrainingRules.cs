using LabelerService.Core.Datasets;
using LabelerService.Core.Training;

namespace LabelerService.Core.Models;

/// <summary>Which backbones can be pretrained on which items.</summary>
public static class PretrainingRules
{
    /// <summary>Fewest items of a step: the objectives are of the outputs of many items at once, and of one item there is nothing to say.</summary>
    public const int SmallestBatch = 16;

    /// <summary>Whether an algorithm pretrains a backbone.</summary>
    public static bool Pretrains(string algorithm) => AlgorithmCatalogue.Find(algorithm) is { Purpose: AlgorithmPurpose.Backbone };

    /// <summary>Why a backbone cannot be pretrained, and the field that is to blame; null if it can.</summary>
    /// <param name="settings">Settings of a pretraining.</param>
    /// <param name="schema">What the items are.</param>
    public static (string Field, string Problem)? Problem(TrainingSettings settings, DatasetSchema schema) => schema.ItemKind switch
    {
        // What a net learns from texts means nothing without the vocabulary that was fitted for it, and a backbone keeps none.
        ItemKind.Text => ("algorithm", $"{settings.Algorithm} pretrains on sequences, vectors and images, and the items are texts"),
        _ when settings.Backbone == BackboneKind.Linear => ("settings[backbone]", "a linear backbone has no weights to pretrain; use another"),
        _ when settings.BatchSize < SmallestBatch => (
            "settings[batch_size]", $"{settings.Algorithm} compares the items of a step with each other, and {settings.BatchSize} are too few; set it to {SmallestBatch} or more"),
        _ => null,
    };
}
