namespace LabelerService.Storage.Runs;

/// <summary>What is kept of a trained model, each by the hash of its content.</summary>
/// <param name="Onnx">The serving graph.</param>
/// <param name="Weights">What later runs may start from; null where there is nothing such.</param>
/// <param name="OutOfFold">
/// The items trained on and their out-of-fold distributions (<see cref="Core.Models.OutOfFoldTable"/>); null where that is not known.
/// </param>
/// <param name="Encoder">
/// What makes rows of the items, where that is learnt (<see cref="Core.Encodings.TextEncoder"/>); its hash is that of the manifest's encoding.
/// Null otherwise.
/// </param>
public sealed record ModelFiles(byte[] Onnx, byte[]? Weights = null, byte[]? OutOfFold = null, byte[]? Encoder = null);
