using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.LabelStudio;
using LabelerService.Server.OpenInference;

namespace LabelerService.Server.Security;

/// <summary>Answers calls that are refused before a handler sees them, in the caller's own protocol.</summary>
internal static class RefusedCall
{
    private static readonly JsonFormatter Json = new(
        JsonFormatter.Settings.Default.WithTypeRegistry(TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor)));

    /// <summary>Writes the whole answer.</summary>
    public static Task AnswerAsync(HttpContext context, ServiceException error)
    {
        var status = StatusMapper.ToStatus(error);
        var response = context.Response;
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
        {
            response.StatusCode = StatusCodes.Status200OK;
            response.ContentType = "application/grpc";
            response.Headers["grpc-status"] = status.Code.ToString(System.Globalization.CultureInfo.InvariantCulture);
            response.Headers["grpc-message"] = Uri.EscapeDataString(status.Message);
            response.Headers["grpc-status-details-bin"] = Convert.ToBase64String(status.ToByteArray()).TrimEnd('=');
            return Task.CompletedTask;
        }

        response.StatusCode = error.Kind switch
        {
            ErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
            ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
            ErrorKind.ResourceExhausted => StatusCodes.Status429TooManyRequests,
            _ => StatusCodes.Status403Forbidden,
        };
        if (error.Kind == ErrorKind.Unauthenticated)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        if (context.Request.Path.StartsWithSegments(OpenInferenceHttp.Root, StringComparison.Ordinal)
            || context.Request.Path.StartsWithSegments(LabelStudioHttp.Root, StringComparison.Ordinal))
        {
            return HttpAnswers.WriteErrorAsync(context, response.StatusCode, error.Message);
        }

        response.ContentType = "application/json";
        return response.Body.WriteAsync(Encoding.UTF8.GetBytes(Json.Format(status)), context.RequestAborted).AsTask();
    }
}
