using LabelerService.Core.Encodings;

namespace LabelerService.Server.Inference;

/// <summary>An encoder that is loaded; one that versions share is disposed of with the last of them.</summary>
/// <param name="encoder">The encoder.</param>
/// <param name="bytes">Memory that it is estimated to take.</param>
/// <param name="itemLength">Values of every item that it encodes; 0 where they are texts or sequences.</param>
/// <param name="release">Called once when it is given back.</param>
internal sealed class LoadedEncoder(IItemEncoder encoder, long bytes, int itemLength, Action release) : IDisposable
{
    private int _disposed;

    /// <summary>The encoder.</summary>
    public IItemEncoder Encoder => encoder;

    /// <summary>Memory that it is estimated to take.</summary>
    public long Bytes => bytes;

    /// <summary>Values of every item that it encodes; 0 where they are texts or sequences.</summary>
    public int ItemLength => itemLength;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            release();
        }
    }
}
