using System.Buffers;

namespace LabelerService.Server.Inference.Jobs;

/// <summary>
/// Where a file format writes to that goes out piece by piece: it knows its position, which formats with a directory at the end need, and holds
/// what was written until it is taken. A writer that fills it by more than it is emptied by is not held up, so whoever
/// uses it takes pieces between rows.
/// </summary>
internal sealed class PieceStream : Stream
{
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private long _position;

    /// <summary>Bytes that wait to be taken.</summary>
    public int Waiting => _buffer.WrittenCount;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => _position;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>Everything that waits; valid until <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Piece => _buffer.WrittenMemory;

    /// <summary>Forgets what was taken.</summary>
    public void Clear() => _buffer.ResetWrittenCount();

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _buffer.Write(buffer);
        _position += buffer.Length;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        // There is nothing behind the buffer.
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
