using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using LabelerService.Core.Errors;
using LabelerService.Server.Security.Limits;
using LabelerService.Storage.Database;

namespace LabelerService.Server.Errors;

/// <summary>The one place where exceptions become statuses. Handlers throw; they catch nothing.</summary>
internal sealed partial class ErrorInterceptor(CallLimitMetrics limits, ILogger<ErrorInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Map(error, context);
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(requestStream, context);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Map(error, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Map(error, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Map(error, context);
        }
    }

    private RpcException Map(Exception error, ServerCallContext context)
    {
        if (error is ServiceException known)
        {
            limits.Failed(known);
            return StatusMapper.ToRpcException(known);
        }

        // Whatever a cancelled call threw on its way out, the caller is gone or its deadline has passed.
        if (context.CancellationToken.IsCancellationRequested)
        {
            return context.Deadline <= DateTime.UtcNow
                ? new RpcException(new Status(StatusCode.DeadlineExceeded, "The deadline passed before the call was done."))
                : new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled."));
        }

        // A message of a stream is read by the handler; any other is refused before, see RefusedMessageMiddleware.
        if (error is InvalidProtocolBufferException)
        {
            return RefusedMessageMiddleware.Malformed.ToRpcException();
        }

        if (DatabaseErrors.Translate(error) is { } translated)
        {
            LogDatabase(context.Method, error);
            return StatusMapper.ToRpcException(translated);
        }

        var id = Guid.CreateVersion7().ToString("N");
        LogUnexpected(context.Method, id, error);
        return StatusMapper.Internal(id);
    }

    [LoggerMessage(EventId = 100, Level = LogLevel.Error, Message = "{Method} failed, id {Id}.")]
    private partial void LogUnexpected(string method, string id, Exception error);

    [LoggerMessage(EventId = 101, Level = LogLevel.Warning, Message = "{Method} failed in the database.")]
    private partial void LogDatabase(string method, Exception error);
}
