using System.Threading.Channels;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;
using LabelerService.Server.Inference;
using LabelerService.Server.Mapping;

namespace LabelerService.Server.Services;

/// <summary>
/// One call of <c>StreamPredict</c>: a few messages are under way at once, answers go out in order, and nothing more is read while the
/// client does not take them. The first message that is refused ends the stream once everything before it is answered.
/// </summary>
internal sealed class PredictionStream(
    PredictionEngine engine, PredictionReader reader, Drain drain, TimeProvider time, IAsyncStreamReader<StreamPredictRequest> requests,
    IServerStreamWriter<StreamPredictResponse> responses, CancellationToken cancel)
{
    private const int MostUnderWay = 4;

    private readonly Channel<Task<BatchPredictResponse>> _underWay =
        Channel.CreateBounded<Task<BatchPredictResponse>>(new BoundedChannelOptions(MostUnderWay) { SingleReader = true, SingleWriter = true });

    public async Task RunAsync()
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var answering = AnswerAsync(reading);
        try
        {
            await ReadAsync(reading.Token);
            _underWay.Writer.Complete();
        }
        catch (Exception error)
        {
            _underWay.Writer.Complete(error);
        }

        await answering;
    }

    private async Task ReadAsync(CancellationToken token)
    {
        var (dataset, model) = ("", (ModelSelector?)null);
        for (var index = 0; await drain.UnlessStoppingAsync(requests.MoveNext, token); index++)
        {
            var message = requests.Current.Request
                ?? throw DatasetStream<StreamPredictRequest>.Locate(ServiceException.InvalidField("request", "must be set"), index);
            if (index == 0)
            {
                (dataset, model) = (message.Dataset, message.Model);
            }

            message.Dataset = message.Dataset.Length > 0 ? message.Dataset : dataset;
            message.Model ??= model;
            await _underWay.Writer.WriteAsync(PredictAsync(message, index, token), token);
        }
    }

    private async Task AnswerAsync(CancellationTokenSource reading)
    {
        try
        {
            await foreach (var answer in _underWay.Reader.ReadAllAsync(cancel))
            {
                await responses.WriteAsync(new StreamPredictResponse { Response = await answer }, cancel);
            }
        }
        finally
        {
            // Whoever is still reading need not, and nobody asks what became of messages behind a failure.
            await reading.CancelAsync();
            while (_underWay.Reader.TryRead(out var rest))
            {
                await ((Task)rest).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<BatchPredictResponse> PredictAsync(BatchPredictRequest request, int index, CancellationToken token)
    {
        try
        {
            using var model = await reader.PinAsync(request.Dataset, request.Model, itemId: null, token);
            var options = await reader.ReadOptionsAsync(request, model, token);
            using var input = await reader.ReadInputAsync(request, options, model, token);
            while (true)
            {
                try
                {
                    var predicted = await engine.PredictAsync(model, input, options, token);
                    return PredictionMapping.ToBatchResponse(model, predicted, options);
                }
                catch (ServiceException error) when (error is { Kind: ErrorKind.ResourceExhausted, RetryAfter: { } pause })
                {
                    // A stream can wait: while it does nothing more is read, and the client's sending stops as well.
                    await Task.Delay(pause, time, token);
                }
            }
        }
        catch (ServiceException error)
        {
            throw DatasetStream<StreamPredictRequest>.Locate(error, index);
        }
    }
}
