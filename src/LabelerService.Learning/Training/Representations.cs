using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>Runs a frozen backbone over items.</summary>
internal static class Representations
{
    /// <summary>z of some items [n, h], as a tensor of its own, without gradient.</summary>
    /// <param name="network">The net's shape.</param>
    /// <param name="parameters">Its values.</param>
    /// <param name="features">Transformed features of all items [N, D].</param>
    /// <param name="rows">The items.</param>
    public static Tensor Of(Network network, ParameterSet parameters, Tensor features, ReadOnlySpan<int> rows)
    {
        using var noGrad = no_grad();
        using var outer = NewDisposeScope();
        var result = empty(rows.Length, network.Backbone.Width, dtype: features.dtype);
        var chunk = WorkingMemory.Rows(Math.Max(network.Backbone.ValuesPerItem, features.shape[1]));
        for (var start = 0; start < rows.Length; start += chunk)
        {
            using var scope = NewDisposeScope();
            var indexes = new long[Math.Min(chunk, rows.Length - start)];
            for (var i = 0; i < indexes.Length; i++)
            {
                indexes[i] = rows[start + i];
            }

            result.narrow(0, start, indexes.Length).copy_(
                network.Backbone.Forward(features.index_select(0, tensor(indexes)), parameters, dropout: null));
        }

        return result.DetachFromDisposeScope();
    }
}
