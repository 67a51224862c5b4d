using System.Numerics;
using System.Runtime.InteropServices;

namespace LabelerService.Learning.Losses;

/// <summary>
/// The doctor net's masked loss, −Σ_n Σ_{r∈S_n} ln p_r(y_nr|x_n) with p_r = softmax(W_r z + c_r) (Who Said What, section 3), computed
/// forward and backward for the annotations that exist and for nothing else: per annotation K·h multiplications, and no memory that
/// grows with items, labelers or annotations.
/// </summary>
/// <remarks>
/// By hand rather than through libtorch: gathering heads for a batch there copies them, and the gradient comes back as one dense tensor of
/// all heads per step. Generic, so that the gradient is checked in double precision.
/// </remarks>
internal static class AnnotationLoss
{
    private const int StackClasses = 256;

    /// <summary>Adds the gradient of scale · loss to gradients and gives the loss.</summary>
    /// <param name="z">Representation, row-major [N, h].</param>
    /// <param name="annotations">Row of z, head and class of each annotation.</param>
    /// <param name="weights">W, row-major [R, K, h].</param>
    /// <param name="biases">c, row-major [R, K].</param>
    /// <param name="scale">What the loss is multiplied by for the gradient.</param>
    /// <param name="weightGradient">[R, K, h], added to.</param>
    /// <param name="biasGradient">[R, K], added to.</param>
    /// <param name="gradient">Gradient with respect to z [N, h], added to.</param>
    /// <returns>The loss, not scaled.</returns>
    public static double Accumulate<T>(
        ReadOnlySpan<T> z, AnnotationSpans annotations, ReadOnlySpan<T> weights, ReadOnlySpan<T> biases, T scale,
        Span<T> weightGradient, Span<T> biasGradient, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var classCount = annotations.ClassCount;
        var width = weights.Length / biases.Length;
        Span<T> logits = classCount <= StackClasses ? stackalloc T[StackClasses] : new T[classCount];
        logits = logits[..classCount];
        var loss = 0.0;
        for (var a = 0; a < annotations.Rows.Length; a++)
        {
            var input = z.Slice(annotations.Rows[a] * width, width);
            var inputGradient = gradient.Slice(annotations.Rows[a] * width, width);
            var first = annotations.Heads[a] * classCount;
            for (var k = 0; k < classCount; k++)
            {
                logits[k] = biases[first + k] + Dot(weights.Slice((first + k) * width, width), input);
            }

            loss += SoftmaxLoss(logits, annotations.Classes[a]);
            for (var k = 0; k < classCount; k++)
            {
                var slope = logits[k] * scale;
                biasGradient[first + k] += slope;
                Backward(
                    slope, input, weights.Slice((first + k) * width, width), weightGradient.Slice((first + k) * width, width), inputGradient);
            }
        }

        return loss;
    }

    // Replaces logits by the loss's slope in them, p_k − [k = y], and gives −ln p_y.
    private static double SoftmaxLoss<T>(Span<T> logits, int label)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var most = logits[0];
        foreach (var logit in logits)
        {
            most = T.Max(most, logit);
        }

        var own = logits[label];
        var sum = T.Zero;
        foreach (ref var logit in logits)
        {
            logit = T.Exp(logit - most);
            sum += logit;
        }

        foreach (ref var logit in logits)
        {
            logit /= sum;
        }

        logits[label] -= T.One;
        return double.CreateChecked(most - own + T.Log(sum));
    }

    private static T Dot<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y)
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

    // weightGradient += slope · input; inputGradient += slope · weights.
    private static void Backward<T>(
        T slope, ReadOnlySpan<T> input, ReadOnlySpan<T> weights, Span<T> weightGradient, Span<T> inputGradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var inputs = MemoryMarshal.Cast<T, Vector<T>>(input);
        var ws = MemoryMarshal.Cast<T, Vector<T>>(weights)[..inputs.Length];
        var wg = MemoryMarshal.Cast<T, Vector<T>>(weightGradient)[..inputs.Length];
        var ig = MemoryMarshal.Cast<T, Vector<T>>(inputGradient)[..inputs.Length];
        var slopes = new Vector<T>(slope);
        for (var i = 0; i < inputs.Length; i++)
        {
            wg[i] += slopes * inputs[i];
            ig[i] += slopes * ws[i];
        }

        for (var i = inputs.Length * Vector<T>.Count; i < input.Length; i++)
        {
            weightGradient[i] += slope * input[i];
            inputGradient[i] += slope * weights[i];
        }
    }
}

/// <summary>Some annotations as parallel spans.</summary>
/// <param name="rows">Row of the item of each.</param>
/// <param name="heads">Head of the labeler of each.</param>
/// <param name="classes">Class of each.</param>
/// <param name="classCount">Number of classes K.</param>
internal readonly ref struct AnnotationSpans(ReadOnlySpan<int> rows, ReadOnlySpan<int> heads, ReadOnlySpan<int> classes, int classCount)
{
    public ReadOnlySpan<int> Rows { get; } = rows;

    public ReadOnlySpan<int> Heads { get; } = heads;

    public ReadOnlySpan<int> Classes { get; } = classes;

    public int ClassCount { get; } = classCount;
}
