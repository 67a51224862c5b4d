using System.Security.Cryptography;
using Google.Protobuf;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Extraction;
using LabelerService.Server.Validation;

namespace LabelerService.Server.Services;

/// <summary>A file that came in pieces, and what identifies the request. Its room is given back when it is disposed of.</summary>
/// <param name="content">The file.</param>
/// <param name="hash">SHA-256 of the file and of what the first message says beside its request id.</param>
/// <param name="release">Called once when the file is needed no longer.</param>
internal sealed class UploadedFile(byte[] content, byte[] hash, Action release) : IDisposable
{
    private int _disposed;

    /// <summary>The file.</summary>
    public byte[] Content => content;

    /// <summary>SHA-256 of the file and of what the first message says beside its request id.</summary>
    public byte[] Hash => hash;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            release();
        }
    }
}

/// <summary>Takes files in, as much at once as the server has room for.</summary>
internal sealed class FileUploads
{
    private const int PieceBytes = 1024 * 1024;

    private static readonly TimeSpan LongestUpload = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(30);
    private readonly long _mostBytes;
    private long _held;

    /// <summary>Takes in two of the largest files at once.</summary>
    public FileUploads()
        : this(2L * ExtractorOptions.MaximumBytes)
    {
    }

    /// <summary>Takes in so much at once.</summary>
    /// <param name="mostBytes">
    /// What the files may have together that come in, are tried or are being stored; each is held up to four times while it is.
    /// </param>
    internal FileUploads(long mostBytes) => _mostBytes = mostBytes;

    /// <summary>Reads the pieces of a file to the end.</summary>
    /// <param name="stream">The stream, started.</param>
    /// <param name="first">Its first message.</param>
    /// <param name="cancel">Ends the upload.</param>
    /// <exception cref="ServiceException">
    /// InvalidArgument: a piece or the file is too large, or there is none; ResourceExhausted: too many uploads at once; Aborted: it takes too long.
    /// </exception>
    public Task<UploadedFile> ReadAsync(DatasetStream<CreateBackboneRequest> stream, CreateBackboneRequest first, CancellationToken cancel) =>
        ReadAsync(token => stream.ReadAsync((message, validator) => Piece(message.Content, validator), token), first, cancel);

    /// <summary>Reads the pieces of a file to the end, wherever they come from.</summary>
    internal async Task<UploadedFile> ReadAsync(
        Func<CancellationToken, IAsyncEnumerable<ByteString>> read, CreateBackboneRequest first, CancellationToken cancel)
    {
        var head = first.Clone();
        (head.RequestId, head.Content) = ("", ByteString.Empty);
        return await ReadAsync(read, SHA256.HashData(head.ToByteArray()), cancel);
    }

    /// <summary>Reads the pieces of a file to the end.</summary>
    /// <param name="read">Gives the pieces.</param>
    /// <param name="head">What identifies the request beside its file.</param>
    /// <param name="cancel">Ends the upload.</param>
    /// <exception cref="ServiceException">As with the stream of a backbone.</exception>
    public async Task<UploadedFile> ReadAsync(Func<CancellationToken, IAsyncEnumerable<ByteString>> read, byte[] head, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(LongestUpload);
        var pieces = new List<ByteString>();
        var (bytes, held) = (0L, 0L);
        try
        {
            await foreach (var piece in read(limit.Token))
            {
                bytes += piece.Length;
                if (bytes > ExtractorOptions.MaximumBytes)
                {
                    throw OnnxExtractor.TooLarge(bytes);
                }

                held += piece.Length;
                if (Interlocked.Add(ref _held, piece.Length) > _mostBytes)
                {
                    throw new ServiceException(
                        ErrorKind.ResourceExhausted, "UPLOADS_BUSY", "Other uploads take all the memory that there is for them. Send this one again in a moment.")
                    {
                        RetryAfter = Retry,
                    };
                }

                pieces.Add(piece);
                hash.AppendData(piece.Span);
            }

            if (bytes == 0)
            {
                throw ServiceException.InvalidField("content", "the stream ended without a file");
            }

            var file = new UploadedFile(Join(pieces, bytes), hash.GetHashAndReset(), () => Interlocked.Add(ref _held, -bytes));
            held = 0;
            return file;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new ServiceException(
                ErrorKind.Aborted, "UPLOAD_TOO_SLOW", $"The upload took longer than {LongestUpload.TotalMinutes} minutes. Nothing was stored; send it again over a faster line.");
        }
        finally
        {
            Interlocked.Add(ref _held, -held);
        }
    }

    /// <summary>Checks a piece of a file.</summary>
    public static ByteString Piece(ByteString content, RequestValidator validator)
    {
        validator.Require(content.Length <= PieceBytes, "content", $"a piece has at most {PieceBytes} bytes");
        return content;
    }

    private static byte[] Join(List<ByteString> pieces, long bytes)
    {
        var file = new byte[bytes];
        var at = 0;
        foreach (var piece in pieces)
        {
            piece.Span.CopyTo(file.AsSpan(at));
            at += piece.Length;
        }

        return file;
    }
}
