using Microsoft.ML.OnnxRuntime;

namespace LabelerService.Extraction;

/// <summary>The input of one block of items, used again and again by one thread at a time.</summary>
internal sealed class ExtractorBuffers
{
    private readonly float[] _values;
    private readonly byte[] _bytes;
    private readonly int _itemLength;
    private readonly int _items;

    public ExtractorBuffers(InputPlan plan, int items, int itemLength)
    {
        (_items, _itemLength) = (items, itemLength);
        _values = plan.Bytes ? [] : new float[items * itemLength];
        _bytes = plan.Bytes ? new byte[items * itemLength] : [];
    }

    /// <summary>Writes an item into the block.</summary>
    public void Write(int item, ReadOnlySpan<float> values, ItemScaling scaling)
    {
        if (_bytes.Length > 0)
        {
            scaling.Write(values, _bytes.AsSpan(item * _itemLength, _itemLength));
        }
        else
        {
            scaling.Write(values, _values.AsSpan(item * _itemLength, _itemLength));
        }
    }

    /// <summary>Clears what is left of a block that is not full.</summary>
    public void ClearFrom(int item)
    {
        _values.AsSpan(Math.Min(item * _itemLength, _values.Length)).Clear();
        _bytes.AsSpan(Math.Min(item * _itemLength, _bytes.Length)).Clear();
    }

    /// <summary>Runs the model.</summary>
    /// <param name="session">The model.</param>
    /// <param name="plan">How it is fed.</param>
    /// <param name="items">Items that it is given.</param>
    /// <param name="features">Features of an item.</param>
    /// <param name="rows">Receives those of the first items.</param>
    /// <param name="cancel">Ends the run.</param>
    /// <returns>Whether it made as many features as it should.</returns>
    public bool Run(InferenceSession session, InputPlan plan, int items, int features, Span<float> rows, CancellationToken cancel)
    {
        using var outputs = Run(session, plan, items, cancel);
        var values = outputs[0].GetTensorDataAsSpan<float>();
        if (values.Length != (long)items * features)
        {
            return false;
        }

        values[..rows.Length].CopyTo(rows);
        return true;
    }

    /// <summary>Runs the model and gives what it says.</summary>
    public IDisposableReadOnlyCollection<OrtValue> Run(InferenceSession session, InputPlan plan, int items, CancellationToken cancel)
    {
        if (items > _items)
        {
            throw new ArgumentOutOfRangeException(nameof(items), items, "The block has no room for so many.");
        }

        using var run = new RunOptions();
        using var stop = cancel.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, run);
        long[] shape = [items, .. plan.Sides];
        using var input = _bytes.Length > 0
            ? OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _bytes.AsMemory(0, items * _itemLength), shape)
            : OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _values.AsMemory(0, items * _itemLength), shape);
        return session.Run(run, [plan.Name], [input], [plan.Output]);
    }
}
