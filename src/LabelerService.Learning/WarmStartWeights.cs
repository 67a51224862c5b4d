namespace LabelerService.Learning;

/// <summary>Weights that training starts from, as a version was published with them.</summary>
/// <param name="Version">Resource name of the version, for its lineage.</param>
/// <param name="Sha256">Hex SHA-256 of the bytes.</param>
/// <param name="Bytes">The weights: <see cref="TrainedModel.Weights"/> of that version.</param>
public sealed record WarmStartWeights(string Version, string Sha256, byte[] Bytes);
