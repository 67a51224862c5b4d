using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace LabelerService.Learning.Numerics;

/// <summary>
/// Operations of tensors with numbers. TorchSharp (0.107) turns a number into a native object that its finalizer may free while libtorch
/// still reads it: in optimised code under memory pressure that gives wrong values or "Unknown scalar type". Here the object lives until
/// the operation is over. Use these, never the operators' own overloads for numbers, and never <c>item</c>.
/// </summary>
internal static class ScalarOperations
{
    // Held for good, so that nothing frees it.
    private static readonly Scalar One = 1.0.ToScalar();

    /// <summary>tensor · factor.</summary>
    public static Tensor Times(this Tensor tensor, double factor)
    {
        using var scalar = factor.ToScalar();
        return tensor.mul(scalar);
    }

    /// <summary>tensor ← tensor · factor.</summary>
    public static Tensor TimesInPlace(this Tensor tensor, double factor)
    {
        using var scalar = factor.ToScalar();
        return tensor.mul_(scalar);
    }

    /// <summary>tensor + term.</summary>
    public static Tensor Plus(this Tensor tensor, double term)
    {
        using var scalar = term.ToScalar();
        return tensor.add(scalar, One);
    }

    /// <summary>tensor + other; floating point. TorchSharp's own <c>add</c> multiplies by a number that it makes and does not keep.</summary>
    public static Tensor Plus(this Tensor tensor, Tensor other) => tensor.add(other, One);

    /// <summary>tensor ← tensor + other; floating point.</summary>
    public static Tensor PlusInPlace(this Tensor tensor, Tensor other) => tensor.add_(other, One);

    /// <summary>tensor², element by element. TorchSharp's own <c>square</c> is a power with a number for its exponent.</summary>
    public static Tensor Squared(this Tensor tensor) => tensor.mul(tensor);

    /// <summary>tensor ← tensor + factor · other.</summary>
    public static Tensor PlusInPlace(this Tensor tensor, Tensor other, double factor)
    {
        using var scalar = factor.ToScalar();
        return tensor.add_(other, scalar);
    }

    /// <summary>max(tensor, bound), element by element.</summary>
    public static Tensor AtLeast(this Tensor tensor, double bound)
    {
        using var scalar = bound.ToScalar();
        return tensor.clamp_min(scalar);
    }

    /// <summary>The tensor with <paramref name="value"/> where the mask is true.</summary>
    public static Tensor FilledWhere(this Tensor tensor, Tensor mask, double value)
    {
        using var scalar = value.ToScalar();
        return tensor.masked_fill(mask, scalar);
    }

    /// <summary>True where an element is above the bound.</summary>
    public static Tensor Above(this Tensor tensor, double bound)
    {
        using var scalar = bound.ToScalar();
        return tensor.gt(scalar);
    }

    /// <summary>The value of a tensor of one element, float32 or float64.</summary>
    public static double Value(this Tensor tensor) => tensor.dtype switch
    {
        ScalarType.Float32 => MemoryMarshal.Read<float>(tensor.bytes),
        ScalarType.Float64 => MemoryMarshal.Read<double>(tensor.bytes),
        _ => throw new NotSupportedException($"A value of type {tensor.dtype} is not read."),
    };
}
