using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Ensembles;

/// <summary>Runs an ensemble over items in chunks of bounded size.</summary>
/// <param name="ensemble">The ensemble.</param>
/// <param name="features">Features of all items [N, D], as the ensemble takes them.</param>
internal sealed class EnsembleRunner(Ensemble ensemble, Tensor features)
{
    /// <summary>Number of classes K.</summary>
    public int ClassCount => ensemble.ClassCount;

    /// <summary>Class distributions of some items, row-major [n, K].</summary>
    public float[] Predict(ReadOnlySpan<int> rows)
    {
        var result = new float[checked(rows.Length * ensemble.ClassCount)];
        Visit(rows, (start, chunk) => CopyRows(ensemble.Classify(chunk), result, start));
        return result;
    }

    /// <summary>Calls back for chunks of rows with all outputs.</summary>
    public void ForEachChunk(ReadOnlySpan<int> rows, Action<int, EnsembleOutput> visit) =>
        Visit(rows, (start, chunk) => visit(start, ensemble.Forward(chunk)));

    private void Visit(ReadOnlySpan<int> rows, Action<int, Tensor> visit)
    {
        using var noGrad = no_grad();
        var chunk = WorkingMemory.Rows(Math.Max(ensemble.ValuesPerItem, features.shape[1]));
        for (var start = 0; start < rows.Length; start += chunk)
        {
            using var scope = NewDisposeScope();
            var indexes = new long[Math.Min(chunk, rows.Length - start)];
            for (var i = 0; i < indexes.Length; i++)
            {
                indexes[i] = rows[start + i];
            }

            visit(start, features.index_select(0, tensor(indexes)));
        }
    }

    private static void CopyRows(Tensor probabilities, float[] result, int start)
    {
        using var contiguous = probabilities.contiguous();
        contiguous.data<float>().CopyTo(result, start * (int)probabilities.shape[1]);
    }
}
