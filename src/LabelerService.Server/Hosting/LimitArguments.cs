using System.CommandLine;
using System.Globalization;
using LabelerService.Core.Access;

namespace LabelerService.Server.Hosting;

/// <summary>The part of the server's command line that says how much callers may call.</summary>
internal sealed class LimitArguments
{
    private readonly Option<double?> _rate = new("--rate-limit")
    {
        Description = "Requests a second of each key that has no limit of its own; 0: no limit (also LABELER_RATE_LIMIT). Default: 0.",
        HelpName = "N",
        DefaultValueFactory = _ => Variable("LABELER_RATE_LIMIT"),
    };

    private readonly Option<int?> _burst = new("--rate-burst")
    {
        Description = "Requests at once after a pause (also LABELER_RATE_BURST). Default: those of a second.",
        HelpName = "N",
        DefaultValueFactory = _ => (int?)Variable("LABELER_RATE_BURST"),
    };

    private readonly Option<int?> _calls = new("--concurrent-calls")
    {
        Description = "Calls and streams of each key at the same time; 0: no limit (also LABELER_CONCURRENT_CALLS). Default: 0.",
        HelpName = "N",
        DefaultValueFactory = _ => (int?)Variable("LABELER_CONCURRENT_CALLS"),
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_rate);
        command.Options.Add(_burst);
        command.Options.Add(_calls);
    }

    /// <summary>Reads the options.</summary>
    public CallLimits Read(ParseResult result) => new()
    {
        RequestsPerSecond = result.GetValue(_rate),
        Burst = result.GetValue(_burst),
        ConcurrentCalls = result.GetValue(_calls),
    };

    /// <summary>What is wrong with them; null for nothing.</summary>
    public static string? Problem(CallLimits limits) =>
        limits.RequestsPerSecond is { } rate && !CallLimits.IsRate(rate) ? "--rate-limit takes a number from 0.00005 to 1000000, or 0 for no limit."
        : limits.Burst is < 1 or > CallLimits.MostAtOnce ? "--rate-burst takes a number from 1 to 1000000."
        : limits is { Burst: not null, RequestsPerSecond: null or 0 } ? "--rate-burst goes with --rate-limit."
        : limits.ConcurrentCalls is < 0 or > CallLimits.MostAtOnce ? "--concurrent-calls takes a number from 0 to 1000000."
        : null;

    private static double? Variable(string name) =>
        double.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;
}
