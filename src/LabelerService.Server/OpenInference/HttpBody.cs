using System.Buffers;
using LabelerService.Core.Errors;

namespace LabelerService.Server.OpenInference;

/// <summary>The whole body of a request in a pooled buffer, which grows as bytes arrive: what is claimed and not sent costs nothing.</summary>
internal sealed class HttpBody : IDisposable
{
    private const int FirstCapacity = 64 * 1024;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstCapacity);

    private HttpBody()
    {
    }

    /// <summary>Number of bytes.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes, until this is disposed.</summary>
    public ReadOnlySpan<byte> Span => _buffer.AsSpan(0, Length);

    /// <summary>Reads a body to its end.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than the server takes.</exception>
    /// <exception cref="ServiceException">INVALID_ARGUMENT: it is compressed.</exception>
    public static async Task<HttpBody> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        if (request.Headers.ContentEncoding.Count > 0 && !string.Equals(request.Headers.ContentEncoding, "identity", StringComparison.OrdinalIgnoreCase))
        {
            throw ServiceException.InvalidField("Content-Encoding", "is not taken; send the body as it is");
        }

        var body = new HttpBody();
        try
        {
            while (await request.Body.ReadAsync(body._buffer.AsMemory(body.Length), cancel) is var read and > 0)
            {
                body.Length += read;
                if (body.Length == body._buffer.Length)
                {
                    body.Grow();
                }
            }

            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        Length = 0;
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
