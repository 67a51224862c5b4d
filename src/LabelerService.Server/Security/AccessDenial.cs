using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.LabelStudio;
using LabelerService.Server.OpenInference;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace LabelerService.Server.Security;

/// <summary>
/// Answers refused requests in the caller's own protocol: gRPC callers get a status with details, others JSON of the same status. Without
/// this both would get a bare 401 or 403.
/// </summary>
internal sealed class AccessDenial : IAuthorizationMiddlewareResultHandler
{
    private static readonly JsonFormatter Json = new(
        JsonFormatter.Settings.Default.WithTypeRegistry(TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor)));

    private static readonly ServiceException Missing = new(
        ErrorKind.Unauthenticated, "CREDENTIAL_MISSING", "Calls need an API key or a token: send the header 'authorization: Bearer …' or 'x-api-key: …'.");

    private static readonly ServiceException Invalid = new(
        ErrorKind.Unauthenticated, "CREDENTIAL_INVALID", "The API key or token is not valid, or not any more.");

    private static readonly ServiceException Forbidden = new(
        ErrorKind.PermissionDenied, "ROLE_FORBIDDEN", "This credential's role may not make this call.");

    /// <inheritdoc/>
    public async Task HandleAsync(
        RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            await next(context);
            return;
        }

        // The scheme has looked at the credential already and remembers what was wrong with it.
        await AnswerAsync(context, authorizeResult.Forbidden ? Forbidden : (await context.AuthenticateAsync()).Failure switch
        {
            // What a scheme of ours says was written for callers; what a library throws was not.
            ServiceException known => known,
            null => Missing,
            _ => Invalid,
        });
    }

    private static Task AnswerAsync(HttpContext context, ServiceException error)
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
