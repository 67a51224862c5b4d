using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>Runs a net without dropout over items, in chunks of bounded size.</summary>
/// <param name="network">The net's shape.</param>
/// <param name="features">Transformed features of all items of the snapshot [N, D].</param>
internal sealed class Evaluator(Network network, Tensor features)
{
    /// <summary>Calls back for chunks of rows with the class distributions of all heads [B, R, K].</summary>
    public void ForEachChunk(ParameterSet parameters, ReadOnlySpan<int> rows, Action<int, Tensor> visit)
    {
        using var noGrad = no_grad();
        var chunk = WorkingMemory.Rows(Math.Max((long)network.Heads.Count * network.Heads.Classes, features.shape[1]));
        for (var start = 0; start < rows.Length; start += chunk)
        {
            using var scope = NewDisposeScope();
            var z = Representation(parameters, rows.Slice(start, Math.Min(chunk, rows.Length - start)));
            visit(start, network.Heads.All(z, parameters).softmax(2));
        }
    }

    /// <summary>The ensemble's class distributions.</summary>
    /// <param name="parameters">Values of the net.</param>
    /// <param name="weights">Averaging weights [R].</param>
    /// <param name="rows">Items to predict.</param>
    /// <returns>Row-major [n, K].</returns>
    public float[] Predict(ParameterSet parameters, Tensor weights, ReadOnlySpan<int> rows)
    {
        var classes = network.Heads.Classes;
        var result = new float[checked(rows.Length * classes)];
        ForEachChunk(parameters, rows, (start, probabilities) =>
            Mix(weights, probabilities).data<float>().CopyTo(result, start * classes));
        return result;
    }

    /// <summary>1/R for each of R heads.</summary>
    public static Tensor EqualWeights(int heads)
    {
        var weights = new float[heads];
        Array.Fill(weights, 1.0f / heads);
        return tensor(weights);
    }

    /// <summary>Σ_r w_r p_r: arithmetic mixture [B, K] of distributions [B, R, K] by weights [R] or [B, R].</summary>
    public static Tensor Mix(Tensor weights, Tensor probabilities) =>
        weights.expand(probabilities.shape[0], probabilities.shape[1]).unsqueeze(1).bmm(probabilities).squeeze(1);

    /// <summary>z of some items [n, h], as a tensor of its own.</summary>
    public Tensor AllRepresentations(ParameterSet parameters, ReadOnlySpan<int> rows)
    {
        using var noGrad = no_grad();
        using var outer = NewDisposeScope();
        var result = empty(rows.Length, network.Backbone.Width, dtype: features.dtype);
        var chunk = WorkingMemory.Rows(Math.Max(network.Backbone.Width, features.shape[1]));
        for (var start = 0; start < rows.Length; start += chunk)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(chunk, rows.Length - start);
            result.narrow(0, start, count).copy_(Representation(parameters, rows.Slice(start, count)));
        }

        return result.DetachFromDisposeScope();
    }

    private Tensor Representation(ParameterSet parameters, ReadOnlySpan<int> rows)
    {
        var indexes = new long[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            indexes[i] = rows[i];
        }

        return network.Backbone.Forward(features.index_select(0, tensor(indexes)), parameters, dropout: null);
    }
}
