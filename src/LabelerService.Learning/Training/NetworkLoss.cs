using LabelerService.Learning.Backbones;
using LabelerService.Learning.Checkpoints;
using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>A piece of a batch, and what a loss needs to work on it.</summary>
/// <param name="Plan">The pass.</param>
/// <param name="Piece">Which of its items.</param>
/// <param name="Features">Their transformed features [B, D].</param>
/// <param name="Dropout">Drops hidden units.</param>
/// <param name="Scale">What the loss is multiplied by for the gradient: one over the items of the batch.</param>
internal sealed record BatchPiece(EpochPlan Plan, EpochPlan.Piece Piece, Tensor Features, Dropout Dropout, double Scale)
{
    /// <summary>Number of items B.</summary>
    public int Count => Piece.Count;

    /// <summary>Index of each item in <see cref="TrainingSet.Items"/>, int64 [B].</summary>
    public Tensor Items => Plan.Items(Piece);

    /// <summary>Row within the piece of each annotation.</summary>
    public ReadOnlySpan<int> AnnotationRows => Plan.AnnotationRows(Piece);

    /// <summary>Head of each annotation.</summary>
    public ReadOnlySpan<int> AnnotationHeads => Plan.AnnotationHeads(Piece);

    /// <summary>Class of each annotation.</summary>
    public ReadOnlySpan<int> AnnotationClasses => Plan.AnnotationClasses(Piece);
}

/// <summary>What a net is trained on. One for each way of learning from annotations; owns the tensors it is made of.</summary>
internal abstract class NetworkLoss : IDisposable
{
    /// <summary>Adds the gradient of scale · loss of the piece's items to the parameters' gradient. Called within a dispose scope.</summary>
    /// <returns>The loss summed over the piece's items, not scaled.</returns>
    public abstract double Accumulate(BatchPiece piece, ParameterSet parameters);

    /// <summary>Adds the gradient of what depends on no item, such as a penalty of the algorithm's own; once a batch.</summary>
    public virtual void AccumulatePenalty(ParameterSet parameters)
    {
        // Most losses have none.
    }

    /// <summary>Keeps where the loss's own random draws are.</summary>
    public virtual void Save(JournalState state)
    {
        // Most losses draw nothing.
    }

    /// <summary>Restores it.</summary>
    /// <exception cref="InvalidDataException">It is another loss's.</exception>
    public virtual void Load(JournalState state)
    {
        // Most losses draw nothing.
    }

    public virtual void Dispose()
    {
        // Most losses own nothing.
    }
}
