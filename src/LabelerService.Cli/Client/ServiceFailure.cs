using Grpc.Core;

namespace LabelerService.Cli.Client;

/// <summary>A failed call, in words for a person and in parts for a program.</summary>
/// <param name="Code">gRPC status code in the API's spelling, <c>INVALID_ARGUMENT</c>.</param>
/// <param name="Message">What happened and what to do.</param>
/// <param name="Details">Fields at fault; empty where no single field is.</param>
internal sealed record ServiceFailure(string Code, string Message, IReadOnlyList<FailureDetail> Details)
{
    /// <summary>Reads what the service said of a failed call.</summary>
    public static ServiceFailure Of(RpcException exception, Uri server)
    {
        var error = ServiceError.Of(exception);
        var details = error.Violations.Select(violation => new FailureDetail(violation.Field, violation.Description)).ToArray();
        return new ServiceFailure(Spell(exception.StatusCode), Sentence(exception, error, server), details);
    }

    private static string Sentence(RpcException exception, ServiceError error, Uri server)
    {
        var said = exception.Status.Detail;
        return exception.StatusCode switch
        {
            StatusCode.Unavailable or StatusCode.Internal when !error.FromService && Tls(exception) is { } reason =>
                $"no secure connection to {Show(server)}: {reason.TrimEnd('.')}; name the authority that signed its certificate with --ca FILE",
            // With details it is the service that speaks: it lives, but something it needs does not.
            StatusCode.Unavailable when !error.FromService =>
                $"no service answers at {Show(server)}: start one with `./labeler serve` or name it with --server",
            StatusCode.Unavailable => $"{said} (the service at {Show(server)} is up but cannot work now; try again in a moment)",
            StatusCode.DeadlineExceeded => "the service did not answer in time: try again, or give it longer with --timeout SECONDS",
            StatusCode.Unauthenticated => $"{Text(said, "the service wants an API key").TrimEnd('.')}: give one with --api-key or LABELER_API_KEY",
            StatusCode.PermissionDenied => $"{Text(said, "this API key may not do that").TrimEnd('.')}: use a key with the role it needs",
            StatusCode.ResourceExhausted when error.RetryDelay is { } delay =>
                $"{said} (try again in {Math.Ceiling(delay.TotalSeconds):0} s)",
            StatusCode.Unimplemented => $"the service at {Show(server)} does not have this call: is it the gRPC port, and as new as this command?",
            StatusCode.Internal when !error.FromService && exception.Status.DebugException is HttpRequestException =>
                $"{Show(server)} does not speak gRPC: --server wants the gRPC port (HTTP port + 1 unless set otherwise)",
            _ => Text(said, $"the service answered {Spell(exception.StatusCode)}"),
        };
    }

    private static string? Tls(RpcException exception)
    {
        for (var cause = exception.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is System.Security.Authentication.AuthenticationException)
            {
                return cause.Message;
            }
        }

        return null;
    }

    private static string Text(string said, string otherwise) => string.IsNullOrWhiteSpace(said) ? otherwise : said;

    private static string Show(Uri server) => server.GetLeftPart(UriPartial.Authority);

    // InvalidArgument → INVALID_ARGUMENT
    private static string Spell(StatusCode code) =>
        string.Concat(code.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));
}

/// <summary>A failed call whose fields were already traced to their places in a file.</summary>
internal sealed class ServiceFailureException(ServiceFailure failure, Exception inner) : Exception(failure.Message, inner)
{
    public ServiceFailure Failure { get; } = failure;
}
