namespace LabelerService.Core.Encodings;

/// <summary>Items of a snapshot that have no fixed length, as they are stored: texts, or sequences. Safe for concurrent use.</summary>
public abstract class RawItems : IDisposable
{
    /// <summary>How many there are, N.</summary>
    public abstract int Count { get; }

    /// <summary>One of them.</summary>
    /// <param name="index">Index of the item, from 0.</param>
    public abstract RawItem this[int index] { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what the items are in.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
