using Grpc.Core;
using Grpc.Core.Interceptors;

namespace LabelerService.Server.Inference.Routing;

/// <summary>
/// Who has moved an alias, set a canary, deleted something or erased a labeler here finds it so with the next call: the routes in this server's memory are
/// brought up to date before the call that changed them is answered. Other servers hear of it by notification.
/// </summary>
internal sealed class RouteCatchUp(RouteTable routes) : Interceptor
{
    private const string Models = "/labeler.v1.ModelService/";
    private const string DeleteDataset = "/labeler.v1.DatasetService/DeleteDataset";
    private const string EraseLabeler = "/labeler.v1.LabelerRegistryService/EraseLabeler";
    private static readonly string[] Reading = ["Get", "List", "Evaluate", "Compare", "Download"];

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var response = await continuation(request, context);
        if (Changes(context.Method))
        {
            // What was changed is committed: that the caller has gone is no reason to leave it unnoticed.
            await routes.CatchUpAsync(CancellationToken.None);
        }

        return response;
    }

    /// <summary>Whether a method may change which version answers.</summary>
    public static bool Changes(string method) =>
        method is DeleteDataset or EraseLabeler
        || (method.StartsWith(Models, StringComparison.Ordinal)
            && !Reading.Any(verb => method.AsSpan(Models.Length).StartsWith(verb, StringComparison.Ordinal)));
}
