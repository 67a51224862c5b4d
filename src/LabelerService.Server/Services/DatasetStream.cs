using System.Runtime.CompilerServices;
using Grpc.Core;
using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;

namespace LabelerService.Server.Services;

/// <summary>
/// Reads a client stream about one dataset: the first message names it, and an error anywhere is reported with the number
/// of its message. While the caller is busy with a message the next one comes in, and no more: a slow database slows the client down.
/// </summary>
/// <typeparam name="TMessage">The stream's message.</typeparam>
/// <param name="reader">The stream.</param>
/// <param name="parentOf">The dataset that a message names, empty for none.</param>
/// <param name="cancel">Cancelled when the call is.</param>
/// <param name="drain">Ends the stream when the server is to stop; null for one that is stored as a whole and should be let finish.</param>
/// <param name="field">The message's field that names the dataset.</param>
internal sealed class DatasetStream<TMessage>(
    IAsyncStreamReader<TMessage> reader, Func<TMessage, string> parentOf, CancellationToken cancel, Drain? drain = null,
    string field = "parent")
    where TMessage : class
{
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(60);
    private int _index = -1;
    private TMessage? _first;

    /// <summary>Reads the first message and finds the dataset it names.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT for an empty stream; NOT_FOUND for an unknown dataset.</exception>
    public async Task<(DatasetRecord Dataset, TMessage First)> StartAsync(DatasetResolver datasets)
    {
        if (!await NextAsync(cancel))
        {
            throw ServiceException.InvalidField(field, "the stream ended before its first message");
        }

        _first = reader.Current;
        _index = 0;
        return (await datasets.ResolveAsync(parentOf(_first), field, cancel), _first);
    }

    /// <summary>The messages' batches, from the first on.</summary>
    /// <param name="read">Checks a message and reads its batch.</param>
    /// <param name="token">Ends the reading.</param>
    public async IAsyncEnumerable<T> ReadAsync<T>(
        Func<TMessage, RequestValidator, T> read, [EnumeratorCancellation] CancellationToken token = default)
    {
        var first = _first ?? throw new InvalidOperationException("The stream was not started.");
        var parent = parentOf(first);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(token.CanBeCanceled ? token : cancel);
        var (batch, next) = (Check(first, parent, read), NextAsync(reading.Token));
        try
        {
            yield return batch;
            while (await next)
            {
                _index++;
                (batch, next) = (Check(reader.Current, parent, read), NextAsync(reading.Token));
                yield return batch;
            }
        }
        finally
        {
            // Given up between two messages. The read of the one that was coming must not outlive the call: Kestrel gives a call's pipe to a later one of the
            // connection, which would then find it being read, or miss what this read took.
            await reading.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Number of the message at hand, from 0.</summary>
    public int Index => _index;

    /// <summary>Puts the number of the message at hand in front of an error's fields.</summary>
    public ServiceException Locate(ServiceException error) => Locate(error, _index);

    /// <summary>Puts the number of a message in front of an error's fields. A quota's violations name no field.</summary>
    public static ServiceException Locate(ServiceException error, int index) => new(
        error.Kind, error.Reason, $"Message {index} of the stream: {error.Message}",
        error.IsQuota
            ? error.Violations
            : [.. error.Violations.Select(violation => violation with { Field = $"messages[{index}].{violation.Field}" })])
    {
        RetryAfter = error.RetryAfter,
    };

    private Task<bool> NextAsync(CancellationToken token) =>
        drain is null ? NextInTimeAsync(token) : drain.UnlessStoppingAsync(reader.MoveNext, token);

    private async Task<bool> NextInTimeAsync(CancellationToken token)
    {
        // A stream that is stored as a whole holds a transaction open: a client that has fallen asleep must not keep others out.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(IdleLimit);
        try
        {
            return await reader.MoveNext(patience.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new ServiceException(
                ErrorKind.Aborted, "STREAM_IDLE", $"No message came for {IdleLimit.TotalSeconds} s. Nothing was stored; send the stream again.");
        }
    }

    private T Check<T>(TMessage message, string parent, Func<TMessage, RequestValidator, T> read)
    {
        var validator = new RequestValidator();
        validator.Require(
            parentOf(message).Length == 0 || parentOf(message) == parent, field, "differs from the first message's; a stream is about one dataset");
        var result = read(message, validator);
        validator.ThrowIfInvalid();
        return result;
    }
}
