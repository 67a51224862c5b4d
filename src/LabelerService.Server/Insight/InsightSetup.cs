namespace LabelerService.Server.Insight;

/// <summary>Registers insight.</summary>
internal static class InsightSetup
{
    /// <summary>Adds what works out insights; needs the storage and the prediction engine.</summary>
    public static IServiceCollection AddInsight(this IServiceCollection services, InsightOptions options) => services
        .AddSingleton(options)
        .AddSingleton(_ => new ModelVoteCache())
        .AddSingleton<ModelVotes>()
        .AddSingleton<InsightCache>()
        .AddSingleton<InsightWorkers>()
        .AddSingleton<InsightEngine>();
}
