namespace LabelerService.Server.Insight;

/// <summary>How far the work on an insight is.</summary>
/// <param name="Phase">What is being done, one of the constants.</param>
/// <param name="Fraction">How far that is, in [0, 1].</param>
internal readonly record struct InsightProgress(string Phase, double Fraction)
{
    public const string Reading = "reading";
    public const string Model = "model";
    public const string Consensus = "consensus";
    public const string Items = "items";
    public const string Intervals = "intervals";
    public const string Labelers = "labelers";
    public const string Suspects = "suspects";
    public const string Agreement = "agreement";
    public const string Suggestions = "suggestions";

    /// <summary>Reports shares of a phase; null where nobody listens.</summary>
    public static IProgress<double>? Of(string phase, IProgress<InsightProgress>? progress) =>
        progress is null ? null : new Shares(phase, progress);

    private sealed class Shares(string phase, IProgress<InsightProgress> progress) : IProgress<double>
    {
        public void Report(double value) => progress.Report(new InsightProgress(phase, Math.Clamp(value, 0, 1)));
    }
}
