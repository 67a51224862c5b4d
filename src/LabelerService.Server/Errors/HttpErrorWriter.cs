using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using LabelerService.Core.Errors;

namespace LabelerService.Server.Errors;

/// <summary>Answers routes that are mapped by hand as JSON transcoding answers its own: the JSON of <c>google.rpc.Status</c>.</summary>
internal static class HttpErrorWriter
{
    private static readonly JsonFormatter Json = new(
        JsonFormatter.Settings.Default.WithTypeRegistry(TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor)));

    /// <summary>Writes the whole answer.</summary>
    public static Task WriteAsync(HttpContext http, ServiceException error)
    {
        http.Response.StatusCode = HttpCode(error.Kind);
        http.Response.ContentType = "application/json";
        return http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Json.Format(StatusMapper.ToStatus(error))), http.RequestAborted).AsTask();
    }

    // The table of google.rpc.Code.
    private static int HttpCode(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidArgument or ErrorKind.FailedPrecondition => StatusCodes.Status400BadRequest,
        ErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorKind.PermissionDenied => StatusCodes.Status403Forbidden,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.AlreadyExists or ErrorKind.Aborted => StatusCodes.Status409Conflict,
        ErrorKind.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
