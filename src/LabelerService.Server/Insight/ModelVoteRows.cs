namespace LabelerService.Server.Insight;

/// <summary>Where a row comes from.</summary>
internal enum ModelVoteSource : byte
{
    /// <summary>There are no features, or the item is gone.</summary>
    None,

    /// <summary>Classifiers that did not see the item.</summary>
    OutOfFold,

    /// <summary>The served graph, which was not trained on the item.</summary>
    Predicted,

    /// <summary>The version was trained on the item and has nothing out of fold: zeros.</summary>
    Withheld,
}

/// <summary>What a version says of items, and of which features it says so. Not changed any more once it is complete.</summary>
internal sealed class ModelVoteRows(long[] keys, int classes)
{
    /// <summary>Keys of the N items, ascending.</summary>
    public long[] Keys => keys;

    /// <summary>When each item was written with the features that were looked at, as UTC ticks; 0 without features.</summary>
    public long[] Times { get; } = new long[keys.Length];

    /// <summary>Where each row comes from.</summary>
    public ModelVoteSource[] Sources { get; } = new ModelVoteSource[keys.Length];

    /// <summary>Class distributions [N, K].</summary>
    public float[] Probabilities { get; } = new float[checked(keys.Length * classes)];

    /// <summary>Memory that it takes.</summary>
    public long Bytes => (keys.LongLength * ((2 * sizeof(long)) + sizeof(ModelVoteSource))) + (Probabilities.LongLength * sizeof(float));

    /// <summary>Sets a row.</summary>
    /// <param name="item">Index of the item.</param>
    /// <param name="source">Where it comes from.</param>
    /// <param name="row">The distribution [K]; empty for zeros.</param>
    public void Set(int item, ModelVoteSource source, ReadOnlySpan<float> row)
    {
        Sources[item] = source;
        row.CopyTo(Probabilities.AsSpan(item * classes, classes));
    }

    /// <summary>Takes over the row of an item whose features have not been written since; false if there is none.</summary>
    /// <param name="item">Index of the item.</param>
    /// <param name="earlier">What was said earlier.</param>
    /// <param name="from">Where to begin looking; keys asked for ascend, so it only moves forward.</param>
    public bool TakeOver(int item, ModelVoteRows earlier, ref int from)
    {
        while (from < earlier.Keys.Length && earlier.Keys[from] < keys[item])
        {
            from++;
        }

        if (from == earlier.Keys.Length || earlier.Keys[from] != keys[item] || earlier.Times[from] != Times[item])
        {
            return false;
        }

        Set(item, earlier.Sources[from], earlier.Probabilities.AsSpan(from * classes, classes));
        return true;
    }

    /// <summary>How many rows come from somewhere.</summary>
    public int Count(ModelVoteSource source) => Sources.AsSpan().Count(source);
}
