using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.Security.Limits;
using LabelerService.Storage.Database;

namespace LabelerService.Server.OpenInference;

/// <summary>Turns exceptions into the errors of the protocol, by the rules of <see cref="ErrorInterceptor"/>.</summary>
internal sealed partial class HttpFailures(CallLimitMetrics limits, ILogger<HttpFailures> logger)
{
    /// <summary>Runs a handler; what it throws becomes the answer.</summary>
    public async Task GuardAsync(HttpContext context, Func<HttpContext, Task> handle)
    {
        try
        {
            await handle(context);
        }
        catch (Exception error) when (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            LogUnexpected(context.Request.Path, "none", error);
            context.Abort();
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there any more to read an answer.
        }
        catch (BadHttpRequestException error)
        {
            await HttpAnswers.WriteErrorAsync(context, error.StatusCode, error.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? "The body is too large; send fewer items at once, or binary tensors."
                : "The request is not valid HTTP.");
        }
        catch (ServiceException error)
        {
            limits.Failed(error);
            if (error.Reason == ServiceException.KeyQuotaExceeded && error.RetryAfter is { } wait)
            {
                context.Response.Headers.RetryAfter = wait.TotalSeconds.ToString("0", System.Globalization.CultureInfo.InvariantCulture);
            }

            await WriteAsync(context, error);
        }
        catch (Exception error) when (DatabaseErrors.Translate(error) is { } translated)
        {
            LogDatabase(context.Request.Path, error);
            await WriteAsync(context, translated);
        }
        catch (Exception error)
        {
            var id = Guid.CreateVersion7().ToString("N");
            LogUnexpected(context.Request.Path, id, error);
            await HttpAnswers.WriteErrorAsync(
                context, StatusCodes.Status500InternalServerError, $"The service failed. Its log has the details under id {id}.");
        }
    }

    /// <summary>The HTTP status of a kind of error, as JSON transcoding maps its gRPC code.</summary>
    public static int StatusCode(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidArgument or ErrorKind.FailedPrecondition => StatusCodes.Status400BadRequest,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.AlreadyExists or ErrorKind.Aborted => StatusCodes.Status409Conflict,
        ErrorKind.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorKind.PermissionDenied => StatusCodes.Status403Forbidden,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static Task WriteAsync(HttpContext context, ServiceException error)
    {
        // The message names the first field at fault; the protocol's error is one text, so the others join it.
        var others = error.Violations.Skip(1).Select(violation => $"; {violation.Field}: {violation.Description}");
        return HttpAnswers.WriteErrorAsync(context, StatusCode(error.Kind), error.Message + string.Concat(others));
    }

    [LoggerMessage(EventId = 110, Level = LogLevel.Error, Message = "{Path} failed, id {Id}.")]
    private partial void LogUnexpected(string path, string id, Exception error);

    [LoggerMessage(EventId = 111, Level = LogLevel.Warning, Message = "{Path} failed in the database.")]
    private partial void LogDatabase(string path, Exception error);
}
