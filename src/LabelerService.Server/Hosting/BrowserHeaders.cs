namespace LabelerService.Server.Hosting;

/// <summary>
/// What every answer of the HTTP port tells browsers unless its endpoint says otherwise: it is what it says it is, it is no page that could
/// load or run anything or be framed, other origins do not get it, and it is not kept. Answers hold texts that users chose.
/// </summary>
internal sealed class BrowserHeaders(RequestDelegate next, ServerOptions options)
{
    /// <summary>Handles a request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Connection.LocalPort == options.Port)
        {
            context.Response.OnStarting(Complete, context.Response);
        }

        return next(context);
    }

    private static Task Complete(object state)
    {
        var headers = ((HttpResponse)state).Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.TryAdd("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox");
        headers.TryAdd("Referrer-Policy", "no-referrer");
        headers.TryAdd("Cross-Origin-Resource-Policy", "same-origin");
        if (!headers.ContainsKey("ETag"))
        {
            headers.TryAdd("Cache-Control", "no-store");
        }

        return Task.CompletedTask;
    }
}
