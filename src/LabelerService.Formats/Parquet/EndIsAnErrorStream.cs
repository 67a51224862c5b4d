namespace LabelerService.Formats.Parquet;

/// <summary>
/// A file whose end may not be read: whoever takes "nothing more" for more would go on for ever there. Leaves the file open.
/// </summary>
internal sealed class EndIsAnErrorStream(Stream file) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => file.Position = value;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer) => buffer.IsEmpty ? 0 : NotNothing(file.Read(buffer));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? 0 : NotNothing(await file.ReadAsync(buffer, cancellationToken));

    public override int ReadByte() => file.ReadByte() is var value and >= 0 ? value : throw AtEnd();

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static int NotNothing(int read) => read > 0 ? read : throw AtEnd();

    private static EndOfStreamException AtEnd() => new("it claims more than the file has");
}
