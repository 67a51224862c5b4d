namespace LabelerService.Formats.Tables;

/// <summary>A window on a stream that grows, up to a limit, until what is looked for lies in it whole.</summary>
internal sealed class GrowingBuffer(Stream stream, int limit)
{
    private byte[] _bytes = new byte[Math.Min(1 << 16, limit)];
    private int _start;
    private int _end;

    /// <summary>The bytes in the window.</summary>
    public ReadOnlySpan<byte> Span => _bytes.AsSpan(_start, _end - _start);

    /// <summary>The bytes in the window.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(_start, _end - _start);

    /// <summary>Whether the stream ends with the window.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>Whether the window cannot grow any more.</summary>
    public bool IsFull => _end - _start >= limit;

    /// <summary>Takes bytes off the front.</summary>
    public void Advance(int count) => _start += count;

    /// <summary>Reads more bytes; makes room first, by twice the size where what is there has to stay.</summary>
    public async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(limit, 2L * _bytes.Length));
        }

        var read = await stream.ReadAsync(_bytes.AsMemory(_end), cancellationToken);
        _end += read;
        IsFinal = read == 0;
    }
}
