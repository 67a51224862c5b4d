using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>
/// One pass over the training items in random order, as index tensors that batches are cut from. A batch is worked through in pieces
/// small enough for their intermediate tensors to stay below a bound, whatever the number of labelers or classes.
/// </summary>
internal sealed class EpochPlan : IDisposable
{
    private readonly Tensor _items;
    private readonly Tensor _rows;
    private readonly Tensor _annotationRows;
    private readonly Tensor _annotationHeads;
    private readonly Tensor _annotationClasses;

    /// <summary>Part of a batch: items [Start, End) of the pass and their annotations [AnnotationStart, AnnotationEnd).</summary>
    internal readonly record struct Piece(int Start, int End, int AnnotationStart, int AnnotationEnd);

    /// <summary>Plans a pass.</summary>
    /// <param name="annotated">The items and their annotations.</param>
    /// <param name="order">Indexes into them in the order of the pass, each once.</param>
    /// <param name="batchSize">Items of a batch.</param>
    /// <param name="itemsPerPiece">Most items of a piece.</param>
    /// <param name="annotationsPerPiece">Most annotations of a piece, unless a single item has more.</param>
    public EpochPlan(AnnotatedItems annotated, ReadOnlySpan<int> order, int batchSize, int itemsPerPiece, int annotationsPerPiece)
    {
        var offsets = annotated.Offsets;
        var items = new long[order.Length];
        var rows = new long[order.Length];
        var annotationRows = new long[annotated.Heads.Length];
        var annotationHeads = new long[annotated.Heads.Length];
        var annotationClasses = new long[annotated.Heads.Length];
        var batches = new List<Piece[]>();
        var pieces = new List<Piece>();
        int annotation = 0, pieceStart = 0, pieceAnnotation = 0;
        for (var i = 0; i < order.Length; i++)
        {
            var item = order[i];
            var own = offsets[item + 1] - offsets[item];
            if (i > pieceStart && (i - pieceStart == itemsPerPiece || annotation - pieceAnnotation + own > annotationsPerPiece))
            {
                Cut(i);
            }

            items[i] = annotated.Items[item];
            rows[i] = annotated.Rows[item];
            for (var a = offsets[item]; a < offsets[item + 1]; a++, annotation++)
            {
                annotationRows[annotation] = i - pieceStart;
                annotationHeads[annotation] = annotated.Heads[a];
                annotationClasses[annotation] = annotated.Classes[a];
            }

            if ((i + 1) % batchSize == 0 || i + 1 == order.Length)
            {
                Cut(i + 1);
                batches.Add([.. pieces]);
                pieces.Clear();
            }
        }

        Batches = batches;
        _items = tensor(items).DetachFromDisposeScope();
        _rows = tensor(rows).DetachFromDisposeScope();
        _annotationRows = tensor(annotationRows).DetachFromDisposeScope();
        _annotationHeads = tensor(annotationHeads).DetachFromDisposeScope();
        _annotationClasses = tensor(annotationClasses).DetachFromDisposeScope();

        void Cut(int end)
        {
            pieces.Add(new Piece(pieceStart, end, pieceAnnotation, annotation));
            pieceStart = end;
            pieceAnnotation = annotation;
        }
    }

    /// <summary>The pieces of each batch.</summary>
    public IReadOnlyList<Piece[]> Batches { get; }

    /// <summary>Training items of a piece, int64 [B].</summary>
    public Tensor Items(Piece piece) => Cut(_items, piece.Start, piece.End);

    /// <summary>Feature rows of a piece, int64 [B].</summary>
    public Tensor Rows(Piece piece) => Cut(_rows, piece.Start, piece.End);

    /// <summary>Row within the piece of each annotation, int64 [A].</summary>
    public Tensor AnnotationRows(Piece piece) => Cut(_annotationRows, piece.AnnotationStart, piece.AnnotationEnd);

    /// <summary>Head of each annotation, int64 [A].</summary>
    public Tensor AnnotationHeads(Piece piece) => Cut(_annotationHeads, piece.AnnotationStart, piece.AnnotationEnd);

    /// <summary>Class of each annotation, int64 [A].</summary>
    public Tensor AnnotationClasses(Piece piece) => Cut(_annotationClasses, piece.AnnotationStart, piece.AnnotationEnd);

    public void Dispose()
    {
        _items.Dispose();
        _rows.Dispose();
        _annotationRows.Dispose();
        _annotationHeads.Dispose();
        _annotationClasses.Dispose();
    }

    private static Tensor Cut(Tensor tensor, int start, int end) => tensor.narrow(0, start, end - start);
}
