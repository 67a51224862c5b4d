namespace LabelerService.Storage.Runs;

/// <summary>What is kept of a run that is under way, so that another trainer can go on with it.</summary>
/// <param name="Pin">The data it trains on.</param>
/// <param name="Steps">How far the checkpoint is; 0 without one.</param>
/// <param name="Bytes">The latest checkpoint, whose content is the trainers' business; null before the first.</param>
public sealed record RunCheckpoint(SnapshotPin Pin, long Steps, byte[]? Bytes);

/// <summary>
/// The data that a run trains on, whatever happens to the dataset meanwhile: which items, labelers, annotations, splits and gold there
/// were. Features are not in it; they are read again, and the snapshot's id tells whether they are still the same.
/// </summary>
/// <param name="SnapshotId">Id of the snapshot.</param>
/// <param name="Content">The rest, as <see cref="Queries.SnapshotReader"/> wrote it.</param>
public sealed record SnapshotPin(string SnapshotId, byte[] Content);
