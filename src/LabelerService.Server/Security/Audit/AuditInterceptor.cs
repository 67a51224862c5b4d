using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using LabelerService.Core.Errors;
using LabelerService.Storage.Audit;

namespace LabelerService.Server.Security.Audit;

/// <summary>Surrounds the calls of <see cref="AuditedMethods"/> with events. All others pass as they are.</summary>
internal sealed class AuditInterceptor(AuditLog log) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        AuditedMethods.Contains(context.Method)
            ? SurroundAsync(request as IMessage, context, () => continuation(request, context))
            : continuation(request, context);

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        AuditedMethods.Contains(context.Method)
            ? SurroundAsync(null, context, () => continuation(requestStream, context))
            : continuation(requestStream, context);

    private async Task<TResponse> SurroundAsync<TResponse>(IMessage? request, ServerCallContext context, Func<Task<TResponse>> call)
    {
        var (caller, method) = (Caller.Of(context), context.Method.TrimStart('/'));
        var begun = await log.BeginAsync(caller, method, request, context.CancellationToken);
        var resource = request is null ? "" : AuditedName.Of(request);
        try
        {
            var response = await call();

            // What was created has its name only now.
            await log.EndAsync(caller, method, begun, AuditStore.Done, response is IMessage answer && AuditedName.Of(answer) is { Length: > 0 } name ? name : resource);
            return response;
        }
        catch (Exception error)
        {
            await log.EndAsync(caller, method, begun, Outcome(error), resource);
            throw;
        }
    }

    private static string Outcome(Exception error) => error switch
    {
        ServiceException known => known.Reason,
        OperationCanceledException => "CANCELLED",
        RpcException refused => refused.StatusCode.ToString().ToUpperInvariant(),
        _ => "INTERNAL",
    };
}
