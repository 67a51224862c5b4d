using System.CommandLine;
using LabelerService.Server.Insight;

namespace LabelerService.Server.Hosting;

/// <summary>Arguments about what insight may take of the machine.</summary>
internal sealed class InsightArguments
{
    private const long Mebibyte = 1 << 20;

    private readonly Option<int> _threads = new("--insight-threads")
    {
        Description = "Threads that work out consensus, labelers and the like (also LABELER_INSIGHT_THREADS). Default: one less than there are cores.",
        DefaultValueFactory = _ => ServerCommand.FromEnvironment("LABELER_INSIGHT_THREADS", new InsightOptions().Threads),
    };

    private readonly Option<int> _maxAnnotations = new("--insight-max-annotations")
    {
        Description = "Annotations of the largest dataset that is looked into (also LABELER_INSIGHT_MAX_ANNOTATIONS).",
        DefaultValueFactory = _ => ServerCommand.FromEnvironment("LABELER_INSIGHT_MAX_ANNOTATIONS", (int)new InsightOptions().MaxAnnotations),
    };

    private readonly Option<int> _memory = new("--insight-mib")
    {
        Description = "Memory in MiB that insights which nobody waits for may take by estimate (also LABELER_INSIGHT_MIB).",
        DefaultValueFactory = _ => ServerCommand.FromEnvironment("LABELER_INSIGHT_MIB", (int)(new InsightOptions().CacheBytes / Mebibyte)),
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_threads);
        command.Add(_maxAnnotations);
        command.Add(_memory);
    }

    /// <summary>What was given.</summary>
    public InsightOptions Read(ParseResult result) => new()
    {
        Threads = result.GetValue(_threads),
        MaxAnnotations = result.GetValue(_maxAnnotations),
        CacheBytes = result.GetValue(_memory) * Mebibyte,
    };

    /// <summary>What is wrong with it; null for nothing.</summary>
    public static string? Problem(InsightOptions options) =>
        options.Threads is < 1 or > 1_024 ? "--insight-threads takes a number from 1 to 1024."
        : options.MaxAnnotations < 1 || options.CacheBytes < Mebibyte ? "--insight-max-annotations and --insight-mib take numbers from 1."
        : null;
}
