using System.Buffers;
using LabelerService.Core.Encodings;

namespace LabelerService.Server.Inference;

/// <summary>
/// What a request asks predictions for: rows for the graph, or items that are yet to become rows. Rented memory, if there is any, is given back
/// when the request is answered.
/// </summary>
/// <param name="Rows">Row-major [Count, D]; where there are <paramref name="Items"/>, of those that are <see cref="Known"/>.</param>
/// <param name="Items">The items; empty where all are <paramref name="Rows"/>.</param>
/// <param name="Count">Number of items.</param>
internal readonly record struct PredictionInput(ReadOnlyMemory<float> Rows, ReadOnlyMemory<RawItem> Items, int Count) : IDisposable
{
    /// <summary>Which items have their row already, from the first one on; those behind its end have not.</summary>
    public ReadOnlyMemory<bool> Known { get; init; }

    /// <summary>The array behind the values if it is the pool's.</summary>
    public float[]? RentedValues { get; init; }

    /// <summary>The array behind the items if it is the pool's.</summary>
    public RawItem[]? RentedItems { get; init; }

    /// <summary>Rows that nobody rented.</summary>
    public static PredictionInput OfRows(ReadOnlyMemory<float> rows, int count) => new(rows, default, count);

    /// <summary>Values of items, row-major [count, length]: rows where the model takes values as they are, else items.</summary>
    /// <param name="model">The model.</param>
    /// <param name="values">The values.</param>
    /// <param name="count">Number of items.</param>
    /// <param name="rented">The array behind them if it is the pool's.</param>
    public static PredictionInput OfValues(PinnedModel model, ReadOnlyMemory<float> values, int count, float[]? rented = null)
    {
        if (model.TakesValues)
        {
            return new PredictionInput(values, default, count) { RentedValues = rented };
        }

        var length = values.Length / count;
        var items = Rent(count);
        for (var i = 0; i < count; i++)
        {
            items[i] = new RawItem(values.Slice(i * length, length));
        }

        return OfItems(items, count) with { RentedValues = rented };
    }

    /// <summary>Room for items, to be given to <see cref="OfItems"/>.</summary>
    public static RawItem[] Rent(int count) => ArrayPool<RawItem>.Shared.Rent(count);

    /// <summary>Items in an array of <see cref="Rent"/>.</summary>
    public static PredictionInput OfItems(RawItem[] rented, int count) => new(default, rented.AsMemory(0, count), count) { RentedItems = rented };

    /// <inheritdoc/>
    public void Dispose()
    {
        if (RentedValues is not null)
        {
            ArrayPool<float>.Shared.Return(RentedValues);
        }

        if (RentedItems is not null)
        {
            // They hold on to texts and arrays.
            ArrayPool<RawItem>.Shared.Return(RentedItems, clearArray: true);
        }
    }
}
