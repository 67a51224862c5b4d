using System.Runtime.CompilerServices;
using Grpc.Core;
using LabelerService.Cli.Files.Import;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Client.Import;

/// <summary>Streams the rows of a file message by message, each committed by itself; rows that cannot be used or are refused are left out.</summary>
internal sealed class AnnotationIngest(ServiceConnection connection, AnnotationMessages messages)
{
    /// <summary>Rows that are committed.</summary>
    public long Stored { get; private set; }

    /// <summary>Sends the rows of a file that can be used.</summary>
    /// <param name="parent"><c>datasets/{dataset}</c>.</param>
    /// <param name="file">The file.</param>
    /// <param name="unknown">What to do with unknown labelers and items.</param>
    /// <param name="rejects">Takes the rows that are left out.</param>
    /// <param name="read">Told how many bytes of the file were read.</param>
    /// <param name="cancellationToken">Ends it; what was acknowledged stays stored.</param>
    /// <returns>What it did.</returns>
    /// <exception cref="ServiceFailureException">The service failed for another reason than rows.</exception>
    public async Task<AnnotationWriteCounts> SendAsync(
        string parent, ImportFile<LabelRow> file, UnknownKeys unknown, RejectedRows rejects, Action<long> read, CancellationToken cancellationToken)
    {
        // Rows are refused while others are read.
        using var gate = new SemaphoreSlim(1);
        async Task LeaveOutAsync(FileRow<LabelRow> row, string reason, CancellationToken token)
        {
            await gate.WaitAsync(token);
            try
            {
                await rejects.AddAsync(row, reason, token);
            }
            finally
            {
                gate.Release();
            }
        }

        var options = new AnnotationUploadOptions { UnknownLabelers = unknown.Labelers, UnknownItems = unknown.Items };
        var ingest = new AnnotationIngest<FileRow<LabelRow>>(connection, options, LeaveOutAsync);
        try
        {
            return await ingest.SendAsync(
                parent, UsableAsync(file, LeaveOutAsync, read, cancellationToken), progress => Stored = progress.Stored, cancellationToken);
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var failure = ServiceFailure.Of(exception, connection.Settings.Server);
            throw new ServiceFailureException(
                Stored == 0 ? failure : failure with { Message = $"{failure.Message} ({Stored:N0} rows before are stored; the same import again goes on)" },
                exception);
        }
    }

    private async IAsyncEnumerable<(FileRow<LabelRow> Row, Annotation Annotation)> UsableAsync(
        ImportFile<LabelRow> file, Func<FileRow<LabelRow>, string, CancellationToken, Task> leaveOut, Action<long> read,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in file.ReadAsync(keepCells: true, read, cancellationToken))
        {
            if (row.Value is null)
            {
                await leaveOut(row, row.Problem!, cancellationToken);
            }
            else
            {
                yield return (row, messages.ToAnnotation(row.Value));
            }
        }
    }
}
