using LabelerService.Core.Agreement;
using Xunit.Abstractions;

namespace LabelerService.Core.Tests.Agreement;

/// <summary>
/// How often 95 % intervals of resampled items hold the coefficient of very many items. Of 1,000 crowds each they were 93.3 to 95.4 %, also with 20
/// items, and 90 to 91 % with 10; <c>LABELER_COVERAGE_CROWDS=1000</c> repeats that.
/// </summary>
public sealed class BootstrapCoverageTests(ITestOutputHelper output)
{
    private static readonly int Crowds = int.Parse(
        Environment.GetEnvironmentVariable("LABELER_COVERAGE_CROWDS") ?? "200", System.Globalization.CultureInfo.InvariantCulture);

    // What was measured, give or take one point, and 3.5 standard deviations of a binomial.
    private static readonly double Tolerance = 0.01 + (3.5 * Math.Sqrt(0.95 * 0.05 / Crowds));

    [Theory]
    [InlineData(20, 3, 3, AgreementScale.Nominal, 0.7)]
    [InlineData(50, 2, 2, AgreementScale.Nominal, 0.9)]
    [InlineData(100, 5, 3, AgreementScale.Ordinal, 0.7)]
    public void Intervals_hold_the_coefficient_of_all_items_as_often_as_they_say(int items, int classes, int labels, AgreementScale scale, double accuracy)
    {
        // The truth: the coefficients of very many items.
        var options = new AgreementOptions { Scale = scale, BootstrapReplicates = 0, MaxPairs = 0 };
        var truth = AgreementAnalysis.Run(AgreementAnalysisTests.Crowd(200_000, 10, classes, labels, seed: 1, accuracy), options);
        int alpha = 0, fleiss = 0, percent = 0;
        for (var seed = 0; seed < Crowds; seed++)
        {
            var report = AgreementAnalysis.Run(
                AgreementAnalysisTests.Crowd(items, 10, classes, labels, seed + 100, accuracy),
                options with { BootstrapReplicates = 500, Seed = seed, Threads = 1 });
            alpha += Holds(report.KrippendorffAlpha, truth.KrippendorffAlpha) ? 1 : 0;
            fleiss += Holds(report.Fleiss, truth.Fleiss) ? 1 : 0;
            percent += Holds(report.Percent, truth.Percent) ? 1 : 0;
        }

        output.WriteLine($"N={items} K={classes} m={labels} {scale} {accuracy}: alpha {(double)alpha / Crowds:P1}, fleiss {(double)fleiss / Crowds:P1}, percent {(double)percent / Crowds:P1} of {Crowds}");
        Assert.All([alpha, fleiss, percent], held => Assert.Equal(0.945, (double)held / Crowds, Tolerance));
    }

    private static bool Holds(Estimate estimate, Estimate truth) => estimate.Low <= truth.Value && truth.Value <= estimate.High;
}
