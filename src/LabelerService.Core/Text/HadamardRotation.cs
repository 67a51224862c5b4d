using System.Numerics;

namespace LabelerService.Core.Text;

/// <summary>
/// A fixed rotation that looks random: twice, signs flipped and a Walsh–Hadamard transform (Ailon and Chazelle 2009), in O(D log D). Lengths
/// and products stay. In the basis of <see cref="AnchorMap"/> each text has a coordinate nearly to itself, by which an optimiser with a step
/// size for each coordinate, such as Adam, learns texts by heart; after the rotation all coordinates are alike.
/// </summary>
internal sealed class HadamardRotation
{
    private const int Rounds = 2;
    private const int Seed = 20_260;
    private readonly float[] _signs;

    /// <summary>Draws the signs.</summary>
    /// <param name="dimensions">D, a power of two.</param>
    public HadamardRotation(int dimensions)
    {
        if (!BitOperations.IsPow2(dimensions))
        {
            throw new ArgumentException($"{dimensions} is not a power of two.", nameof(dimensions));
        }

        Dimensions = dimensions;
        var random = new Random(Seed);
        // With the scale of an orthonormal transform in them.
        var scale = 1 / MathF.Sqrt(dimensions);
        _signs = [.. Enumerable.Range(0, Rounds * dimensions).Select(_ => random.Next(2) == 0 ? scale : -scale)];
    }

    /// <summary>D.</summary>
    public int Dimensions { get; }

    /// <summary>Rotates a vector [D] in place.</summary>
    public void Apply(Span<float> vector)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var signs = _signs.AsSpan(round * Dimensions, Dimensions);
            for (var d = 0; d < vector.Length; d++)
            {
                vector[d] *= signs[d];
            }

            for (var half = 1; half < vector.Length; half *= 2)
            {
                for (var start = 0; start < vector.Length; start += 2 * half)
                {
                    for (var d = start; d < start + half; d++)
                    {
                        (vector[d], vector[d + half]) = (vector[d] + vector[d + half], vector[d] - vector[d + half]);
                    }
                }
            }
        }
    }
}
