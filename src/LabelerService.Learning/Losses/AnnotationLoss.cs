using System.Numerics;
using System.Runtime.InteropServices;
using LabelerService.Learning.Heads;

namespace LabelerService.Learning.Losses;

/// <summary>
/// The doctor net's masked loss, −Σ_n Σ_{r∈S_n} ln p_r(y_nr|x_n) (Who Said What, section 3), with heads that are a shared head and a
/// deviation, computed forward and backward for the annotations that exist and for nothing else: per annotation O·h multiplications, and
/// no memory that grows with items, labelers or annotations.
/// </summary>
/// <remarks>
/// By hand rather than through libtorch: gathering heads for a batch there copies them, and the gradient comes back as one dense tensor of
/// all heads per step. Generic, so that the gradient is checked in double precision.
/// </remarks>
internal static class AnnotationLoss
{
    private const int StackValues = 256;

    /// <summary>Adds the gradient of scale · loss to gradients and gives the loss.</summary>
    /// <param name="link">Turns outputs and constants into a distribution.</param>
    /// <param name="z">Representation, row-major [N, h].</param>
    /// <param name="annotations">Row of z, head and class of each annotation; a head that has no deviation is the shared one.</param>
    /// <param name="shared">What all heads have in common.</param>
    /// <param name="deviations">What each labeler's head adds.</param>
    /// <param name="scale">What the loss is multiplied by for the gradient.</param>
    /// <param name="gradient">Gradient with respect to z through the deviations [N, h], added to.</param>
    /// <returns>The loss, not scaled, without the penalty on deviations, whose gradient is added all the same.</returns>
    public static double Accumulate<T>(
        HeadLink link, ReadOnlySpan<T> z, AnnotationSpans annotations, SharedHead<T> shared, HeadDeviations<T> deviations, T scale,
        Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (outputCount, constantCount) = (link.Outputs, link.Constants);
        var rows = deviations.Constants.Length / constantCount;
        var width = rows == 0 ? 0 : deviations.Weights.Length / (rows * outputCount);
        Span<T> outputs = outputCount <= StackValues ? stackalloc T[StackValues] : new T[outputCount];
        Span<T> constants = constantCount <= StackValues ? stackalloc T[StackValues] : new T[constantCount];
        outputs = outputs[..outputCount];
        constants = constants[..constantCount];
        var loss = 0.0;
        for (var a = 0; a < annotations.Rows.Length; a++)
        {
            var (row, head) = (annotations.Rows[a], annotations.Heads[a]);
            shared.Outputs.Slice(row * outputCount, outputCount).CopyTo(outputs);
            shared.Constants.CopyTo(constants);
            var deviates = head < rows;
            var input = deviates ? z.Slice(row * width, width) : default;
            if (deviates)
            {
                for (var o = 0; o < outputCount; o++)
                {
                    outputs[o] += Dot(deviations.Weights.Slice(((head * outputCount) + o) * width, width), input);
                }

                AddScaled(T.One, deviations.Constants.Slice(head * constantCount, constantCount), constants);
            }

            loss += link.Loss(outputs, constants, annotations.Classes[a]);
            AddScaled(scale, outputs, shared.OutputsGradient.Slice(row * outputCount, outputCount));
            AddScaled(scale, constants, shared.ConstantsGradient);
            if (deviates)
            {
                var shrinkage = deviations.Shrinkage.IsEmpty ? T.Zero : deviations.Shrinkage[head] * scale;
                var own = deviations.ConstantsGradient.Slice(head * constantCount, constantCount);
                AddScaled(scale, constants, own);
                AddScaled(shrinkage, deviations.Constants.Slice(head * constantCount, constantCount), own);
                for (var o = 0; o < outputCount; o++)
                {
                    var at = ((head * outputCount) + o) * width;
                    Backward(
                        outputs[o] * scale, shrinkage, input, deviations.Weights.Slice(at, width), deviations.WeightsGradient.Slice(at, width),
                        gradient.Slice(row * width, width));
                }
            }
        }

        return loss;
    }

    /// <summary>sum += factor · values.</summary>
    public static void AddScaled<T>(T factor, ReadOnlySpan<T> values, Span<T> sum)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var xs = MemoryMarshal.Cast<T, Vector<T>>(values);
        var ys = MemoryMarshal.Cast<T, Vector<T>>(sum)[..xs.Length];
        var factors = new Vector<T>(factor);
        for (var i = 0; i < xs.Length; i++)
        {
            ys[i] += factors * xs[i];
        }

        for (var i = xs.Length * Vector<T>.Count; i < values.Length; i++)
        {
            sum[i] += factor * values[i];
        }
    }

    /// <summary>Σ x y.</summary>
    public static T Dot<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var xs = MemoryMarshal.Cast<T, Vector<T>>(x);
        var ys = MemoryMarshal.Cast<T, Vector<T>>(y)[..xs.Length];
        var sums = Vector<T>.Zero;
        for (var i = 0; i < xs.Length; i++)
        {
            sums += xs[i] * ys[i];
        }

        var sum = Vector.Sum(sums);
        for (var i = xs.Length * Vector<T>.Count; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    // weightGradient += slope · input + shrinkage · weights; inputGradient += slope · weights.
    private static void Backward<T>(
        T slope, T shrinkage, ReadOnlySpan<T> input, ReadOnlySpan<T> weights, Span<T> weightGradient, Span<T> inputGradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var inputs = MemoryMarshal.Cast<T, Vector<T>>(input);
        var ws = MemoryMarshal.Cast<T, Vector<T>>(weights)[..inputs.Length];
        var wg = MemoryMarshal.Cast<T, Vector<T>>(weightGradient)[..inputs.Length];
        var ig = MemoryMarshal.Cast<T, Vector<T>>(inputGradient)[..inputs.Length];
        var slopes = new Vector<T>(slope);
        var shrinkages = new Vector<T>(shrinkage);
        for (var i = 0; i < inputs.Length; i++)
        {
            wg[i] += (slopes * inputs[i]) + (shrinkages * ws[i]);
            ig[i] += slopes * ws[i];
        }

        for (var i = inputs.Length * Vector<T>.Count; i < input.Length; i++)
        {
            weightGradient[i] += (slope * input[i]) + (shrinkage * weights[i]);
            inputGradient[i] += slope * weights[i];
        }
    }
}
