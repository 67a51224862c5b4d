namespace LabelerService.Learning.Checkpoints;

/// <summary>What becomes of a run's checkpoints.</summary>
/// <param name="IsDue">Asked at every boundary that a checkpoint can be taken at, on the training thread: must be quick.</param>
/// <param name="Take">Gets a checkpoint, on the training thread: to be written elsewhere.</param>
/// <param name="Resume">What to go on from; null to start from the beginning.</param>
public sealed record CheckpointPlan(Func<bool> IsDue, Action<TrainingCheckpoint> Take, TrainingCheckpoint? Resume = null);

/// <summary>A checkpoint is another run's, another version's, or damaged: train from the beginning.</summary>
public sealed class CheckpointUnusableException : Exception
{
    public CheckpointUnusableException()
    {
    }

    public CheckpointUnusableException(string message)
        : base(message)
    {
    }

    public CheckpointUnusableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// Whether a run that went on from a checkpoint may have failed because of it. Numbers that fit in kind and count can still be no state of the run
    /// (altered, or written by a faulty machine), and then it diverges or breaks anywhere. What is not the checkpoint's fault comes again from the
    /// beginning, and costs no more than the run.
    /// </summary>
    internal static bool Explains(Exception failure) =>
        failure is not (OperationCanceledException or CheckpointUnusableException or OutOfMemoryException);
}
