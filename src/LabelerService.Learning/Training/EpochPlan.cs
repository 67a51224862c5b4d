using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>
/// One pass over the training items in random order. A batch is worked through in pieces small enough for their intermediate tensors to
/// stay below a bound, whatever the number of labelers or classes.
/// </summary>
internal sealed class EpochPlan : IDisposable
{
    private readonly Tensor _items;
    private readonly Tensor _rows;
    private readonly int[] _annotationRows;
    private readonly int[] _annotationHeads;
    private readonly int[] _annotationClasses;

    /// <summary>Part of a batch: items [Start, End) of the pass and their annotations [AnnotationStart, AnnotationEnd).</summary>
    internal readonly record struct Piece(int Start, int End, int AnnotationStart, int AnnotationEnd)
    {
        public int Count => End - Start;
    }

    /// <summary>Plans a pass.</summary>
    /// <param name="annotated">The items and their annotations.</param>
    /// <param name="order">Indexes into them in the order of the pass, each once.</param>
    /// <param name="batchSize">Items of a batch.</param>
    /// <param name="itemsPerPiece">Most items of a piece.</param>
    public EpochPlan(AnnotatedItems annotated, ReadOnlySpan<int> order, int batchSize, int itemsPerPiece)
    {
        var items = new long[order.Length];
        var rows = new long[order.Length];
        _annotationRows = new int[annotated.Heads.Length];
        _annotationHeads = new int[annotated.Heads.Length];
        _annotationClasses = new int[annotated.Heads.Length];
        var batches = new List<Piece[]>();
        var pieces = new List<Piece>();
        int annotation = 0, pieceStart = 0, pieceAnnotation = 0;
        for (var i = 0; i < order.Length; i++)
        {
            var item = order[i];
            items[i] = annotated.Items[item];
            rows[i] = annotated.Rows[item];
            for (var a = annotated.Offsets[item]; a < annotated.Offsets[item + 1]; a++, annotation++)
            {
                _annotationRows[annotation] = i - pieceStart;
                _annotationHeads[annotation] = annotated.Heads[a];
                _annotationClasses[annotation] = annotated.Classes[a];
            }

            var batchEnds = (i + 1) % batchSize == 0 || i + 1 == order.Length;
            if (batchEnds || i + 1 - pieceStart == itemsPerPiece)
            {
                pieces.Add(new Piece(pieceStart, i + 1, pieceAnnotation, annotation));
                (pieceStart, pieceAnnotation) = (i + 1, annotation);
            }

            if (batchEnds)
            {
                batches.Add([.. pieces]);
                pieces.Clear();
            }
        }

        Batches = batches;
        _items = tensor(items).DetachFromDisposeScope();
        _rows = tensor(rows).DetachFromDisposeScope();
    }

    /// <summary>The pieces of each batch.</summary>
    public IReadOnlyList<Piece[]> Batches { get; }

    /// <summary>Training items of a piece, int64 [B].</summary>
    public Tensor Items(Piece piece) => _items.narrow(0, piece.Start, piece.Count);

    /// <summary>Feature rows of a piece, int64 [B].</summary>
    public Tensor Rows(Piece piece) => _rows.narrow(0, piece.Start, piece.Count);

    /// <summary>Row within the piece of each annotation.</summary>
    public ReadOnlySpan<int> AnnotationRows(Piece piece) => _annotationRows.AsSpan(piece.AnnotationStart..piece.AnnotationEnd);

    /// <summary>Head of each annotation.</summary>
    public ReadOnlySpan<int> AnnotationHeads(Piece piece) => _annotationHeads.AsSpan(piece.AnnotationStart..piece.AnnotationEnd);

    /// <summary>Class of each annotation.</summary>
    public ReadOnlySpan<int> AnnotationClasses(Piece piece) => _annotationClasses.AsSpan(piece.AnnotationStart..piece.AnnotationEnd);

    public void Dispose()
    {
        _items.Dispose();
        _rows.Dispose();
    }
}
