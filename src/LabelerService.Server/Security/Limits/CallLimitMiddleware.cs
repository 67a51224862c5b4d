using LabelerService.Core.Access;
using Microsoft.AspNetCore.Authorization;

namespace LabelerService.Server.Security.Limits;

/// <summary>Asks the <see cref="CallLimiter"/> for every call of a known caller, whatever its protocol, once it is authorized.</summary>
internal sealed class CallLimitMiddleware(RequestDelegate next, CallLimiter limiter)
{
    /// <summary>Handles a request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        // Probes answer whoever asks, with or without a key.
        if (Caller.Find(context) is not { } caller || context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return next(context);
        }

        var limits = limiter.Of(caller);
        return limits is { RequestsPerSecond: null or 0, ConcurrentCalls: null or 0 } ? next(context) : LimitAsync(context, caller, limits);
    }

    private async Task LimitAsync(HttpContext context, Caller caller, CallLimits limits)
    {
        if (limiter.TryEnter(caller, limits, out var lease) is { } refused)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling((refused.RetryAfter ?? TimeSpan.FromSeconds(1)).TotalSeconds)
                .ToString(System.Globalization.CultureInfo.InvariantCulture);
            await RefusedCall.AnswerAsync(context, refused);
            return;
        }

        using (lease)
        {
            await next(context);
        }
    }
}
