using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LabelerService.Core.Text;

/// <summary>
/// Coordinates of sparse vectors in an orthonormal basis of the space that some of them, the anchors, span: z(x) = L⁻¹ k(x), where k(x) are
/// the products of x with the anchors and L Lᵀ = K those of the anchors with each other (Cholesky; Williams and Seeger, Using the Nyström
/// Method to Speed Up Kernel Machines, NIPS 2000). Products of anchors are kept exactly; a linear model on z is one on x. Anchors that the
/// ones before them span already are skipped, so duplicates are welcome. Immutable once fitted.
/// </summary>
internal sealed class AnchorMap
{
    // Squared distance from the span of the anchors so far, below which a vector adds nothing but rounding errors.
    private const double SmallestResidual = 1e-4;

    // Vectors that are solved for together: each row of L is then read once for all of them, and their coordinates stay in the cache.
    private const int BlockSize = 16;

    private readonly List<float[]> _rows;
    private readonly List<(int Anchor, float Value)>[] _postings;

    private AnchorMap(List<float[]> rows, List<(int Anchor, float Value)>[] postings) => (_rows, _postings) = (rows, postings);

    /// <summary>Vectors that are best solved for together.</summary>
    public static int Block => BlockSize;

    /// <summary>Number of anchors, which is the number of coordinates.</summary>
    public int Count => _rows.Count;

    /// <summary>The rows of L, the i-th with its i + 1 entries up to the diagonal.</summary>
    public IReadOnlyList<float[]> Rows => _rows;

    /// <summary>By term: the anchors that have it, ascending, and their values; null for none.</summary>
    public IReadOnlyList<List<(int Anchor, float Value)>?> Postings => _postings;

    /// <summary>Takes what <see cref="Rows"/> and <see cref="Postings"/> of another are; nothing is copied.</summary>
    public static AnchorMap Of(List<float[]> rows, List<(int Anchor, float Value)>[] postings) => new(rows, postings);

    /// <summary>Takes vectors as anchors, in their order.</summary>
    /// <param name="candidates">The vectors.</param>
    /// <param name="termCount">Their length.</param>
    /// <param name="cancellationToken">Observed between blocks.</param>
    public static AnchorMap Fit(IReadOnlyList<SparseVector> candidates, int termCount, CancellationToken cancellationToken)
    {
        var map = new AnchorMap([], new List<(int Anchor, float Value)>[termCount]);
        var capacity = Math.Max(candidates.Count, 1);
        var block = new float[BlockSize * capacity];
        for (var start = 0; start < candidates.Count; start += BlockSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = Math.Min(BlockSize, candidates.Count - start);
            var before = map.Count;
            for (var b = 0; b < count; b++)
            {
                map.Products(candidates[start + b], block.AsSpan(b * capacity, capacity));
            }

            map.Solve(block, capacity, count, 0, before);
            for (var b = 0; b < count; b++)
            {
                // Anchors that this block has added before: products and coordinates with those are missing yet.
                var z = block.AsSpan(b * capacity, capacity);
                map.Products(candidates[start + b], z, before);
                map.SolveOne(z, before, map.Count);
                map.Add(candidates[start + b], z);
            }
        }

        return map;
    }

    /// <summary>Coordinates of vectors.</summary>
    /// <param name="vectors">The vectors.</param>
    /// <param name="destination">Row-major [N, stride]; the first <see cref="Count"/> of each row are written.</param>
    /// <param name="stride">Length of a row, at least <see cref="Count"/>.</param>
    /// <param name="cancellationToken">Observed between blocks.</param>
    public void Transform(ReadOnlySpan<SparseVector> vectors, Span<float> destination, int stride, CancellationToken cancellationToken)
    {
        for (var start = 0; start < vectors.Length; start += BlockSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = Math.Min(BlockSize, vectors.Length - start);
            var rows = destination.Slice(start * stride, count * stride);
            for (var b = 0; b < count; b++)
            {
                Products(vectors[start + b], rows.Slice(b * stride, stride));
            }

            Solve(rows, stride, count, 0, Count);
        }
    }

    // Products with the anchors from one on; those before are left alone.
    private void Products(SparseVector vector, Span<float> destination, int from = 0)
    {
        destination[from..Count].Clear();
        for (var e = 0; e < vector.Indexes.Length; e++)
        {
            var postings = CollectionsMarshal.AsSpan(_postings[vector.Indexes[e]]);
            for (var p = postings.Length - 1; p >= 0 && postings[p].Anchor >= from; p--)
            {
                destination[postings[p].Anchor] += vector.Values[e] * postings[p].Value;
            }
        }
    }

    // Forward substitution, products → coordinates [from, to), for some vectors at once.
    private void Solve(Span<float> block, int stride, int count, int from, int to)
    {
        for (var j = from; j < to; j++)
        {
            var row = _rows[j].AsSpan();
            for (var b = 0; b < count; b++)
            {
                var z = block.Slice(b * stride, j + 1);
                z[j] = (z[j] - Dot(row[..j], z[..j])) / row[j];
            }
        }
    }

    private void SolveOne(Span<float> z, int from, int to) => Solve(z, z.Length, 1, from, to);

    private void Add(SparseVector vector, ReadOnlySpan<float> z)
    {
        var residual = vector.SquaredLength();
        foreach (var coordinate in z[..Count])
        {
            residual -= (double)coordinate * coordinate;
        }

        if (residual < SmallestResidual)
        {
            return;
        }

        var anchor = Count;
        _rows.Add([.. z[..anchor], (float)Math.Sqrt(residual)]);
        for (var e = 0; e < vector.Indexes.Length; e++)
        {
            (_postings[vector.Indexes[e]] ??= []).Add((anchor, vector.Values[e]));
        }
    }

    private static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        // Four sums: the processor then need not wait for one addition to begin the next. Eight lanes whatever the machine has: the same
        // bits everywhere.
        var width = Vector256<float>.Count;
        Vector256<float> a = Vector256<float>.Zero, b = a, c = a, d = a;
        var at = 0;
        for (; at <= left.Length - (4 * width); at += 4 * width)
        {
            a = Vector256.FusedMultiplyAdd(Lanes(left, at), Lanes(right, at), a);
            b = Vector256.FusedMultiplyAdd(Lanes(left, at + width), Lanes(right, at + width), b);
            c = Vector256.FusedMultiplyAdd(Lanes(left, at + (2 * width)), Lanes(right, at + (2 * width)), c);
            d = Vector256.FusedMultiplyAdd(Lanes(left, at + (3 * width)), Lanes(right, at + (3 * width)), d);
        }

        var sum = Vector256.Sum(a + b + c + d);
        for (; at < left.Length; at++)
        {
            sum += left[at] * right[at];
        }

        return sum;
    }

    private static Vector256<float> Lanes(ReadOnlySpan<float> values, int at) => Vector256.Create(values[at..]);
}
