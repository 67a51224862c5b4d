using LabelerService.Core.Datasets;

namespace LabelerService.Core.Models;

/// <summary>
/// Algorithms that this service does not know: trainers of others carry them out, who lease their runs over gRPC (<c>TrainerService</c>). Their
/// settings are between whoever creates a run and the trainer.
/// </summary>
public static class RemoteAlgorithms
{
    /// <summary>What their ids begin with.</summary>
    public const string Prefix = "x-";

    /// <summary>Whether an id is one of theirs.</summary>
    public static bool Is(string algorithm) => algorithm.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Why their trainers cannot be given a dataset's items; null if they can.</summary>
    public static string? Problem(DatasetSchema schema) => schema.ItemKind is ItemKind.Vector or ItemKind.Image
        ? null
        : $"trainers of others are given rows of a fixed length, and the items are {(schema.ItemKind == ItemKind.Text ? "texts" : "sequences")}";
}
