using LabelerService.Core.Aggregation;
using LabelerService.Core.Labelers;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Core.Tests.Labelers;

/// <summary>A crowd of TestKit's kinds with 30 annotations a labeler or another number, and what is found in it.</summary>
internal sealed record LabelerStudy
{
    public static readonly LabelerGroup[] Clean =
    [
        new(LabelerKind.Expert, 8), new(LabelerKind.Average, 22), new(LabelerKind.ClassSpecialist, 10), new(LabelerKind.Confuser, 8),
        new(LabelerKind.RegionDependent, 12),
    ];

    public static readonly LabelerGroup[] Mixed = [.. new CrowdSimulationOptions().Labelers];

    public int Classes { get; init; } = 4;

    public int PerItem { get; init; } = 3;

    public int PerLabeler { get; init; } = 30;

    public int Seed { get; init; } = 1;

    public IReadOnlyList<LabelerGroup> Groups { get; init; } = Mixed;

    public int LabelerCount => Groups.Sum(group => group.Count);

    public static bool IsBad(LabelerKind kind, int classes) => kind is LabelerKind.Spammer or LabelerKind.Constant or LabelerKind.Adversary
        || (classes == 2 && kind == LabelerKind.Confuser);

    public (CrowdSimulation Crowd, int[] Truth, float[] Features) Simulate()
    {
        var random = new Random(Seed);
        var items = LabelerCount * PerLabeler / PerItem;
        var truth = new int[items];
        var features = new float[items * 2];
        for (var n = 0; n < items; n++)
        {
            truth[n] = random.Next(Classes);
            features[2 * n] = (float)random.NextDouble();
            features[(2 * n) + 1] = (float)random.NextDouble();
        }

        // Groups that share no region with the classes: features are noise.
        var options = new CrowdSimulationOptions { Seed = Seed, Labelers = Groups, LabelsPerItem = PerItem };
        return (CrowdSimulation.Run(truth, features, Classes, options), truth, features);
    }

    public static Consensus Aggregate(CrowdSimulation crowd, string method = AggregatorCatalogue.Default) =>
        AggregatorCatalogue.Find(method)!.Create().Aggregate(new AggregationInput(crowd.Annotations), new AggregationControl { Threads = 1 });

    public LabelerAnalysisResult Analyse(CrowdSimulation crowd, LabelerAnalysisOptions? options = null, string method = AggregatorCatalogue.Default) =>
        LabelerAnalysis.Run(
            new LabelerAnalysisInput(crowd.Annotations, Aggregate(crowd, method)), (options ?? new LabelerAnalysisOptions()) with { Threads = 1 });

    public static bool IsFlaggedBad(LabelerReport report) =>
        report.Flags.Any(flag => flag.Kind is LabelerFlagKind.Spammer or LabelerFlagKind.Constant or LabelerFlagKind.Adversary);
}

/// <summary>Hits and misses over crowds.</summary>
internal sealed class FlagScore
{
    public int True { get; set; }

    public int False { get; set; }

    public int Missed { get; set; }

    public int Crowds { get; set; }

    public int CrowdsWithFalse { get; set; }

    public double Precision => True + False == 0 ? 1 : (double)True / (True + False);

    public double Recall => True + Missed == 0 ? 1 : (double)True / (True + Missed);
}
