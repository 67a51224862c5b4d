namespace LabelerService.Learning;

/// <summary>
/// A backbone that training starts from: one that was pretrained, or that of a model version. Its values are taken over by name and shape; heads
/// are new. Whether they are trained on is the setting <c>fine_tune</c>.
/// </summary>
/// <param name="Source">Resource name of the backbone or version, for the lineage.</param>
/// <param name="Sha256">Hex SHA-256 of the weights.</param>
/// <param name="Weights">The weights, as a pretraining or a training run published them.</param>
public sealed record BackboneStart(string Source, string Sha256, byte[] Weights);
