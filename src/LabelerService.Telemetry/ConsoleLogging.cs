using Microsoft.Extensions.Logging;

namespace LabelerService.Telemetry;

/// <summary>The log on the console.</summary>
public static class ConsoleLogging
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Writes the log in the given format.</summary>
    public static ILoggingBuilder AddServiceConsole(this ILoggingBuilder logging, LogFormat format)
    {
        ArgumentNullException.ThrowIfNull(logging);
        if (format == LogFormat.Json)
        {
            // With the scopes come the trace that a line belongs to and, on servers, the request.
            logging.Configure(factory => factory.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
            return logging.AddJsonConsole(console =>
            {
                console.IncludeScopes = true;
                console.TimestampFormat = Time;
                console.UseUtcTimestamp = true;
            });
        }

        return logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = Time + " ";
            console.UseUtcTimestamp = true;
        });
    }
}
