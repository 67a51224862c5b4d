using LabelerService.Core.Agreement;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Tests.Agreement;

public sealed class ManyPairsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Of_pairs_that_share_as_much_the_first_are_kept(int threads)
    {
        const int Labelers = 1500, Kept = 2000;
        var labelers = Enumerable.Range(0, Labelers).ToArray();
        var table = new AnnotationTable(1, Labelers, 2, new int[Labelers], labelers, Array.ConvertAll(labelers, r => r % 2));
        var report = AgreementAnalysis.Run(table, new AgreementOptions { MaxPairs = Kept, BootstrapReplicates = 0, Threads = threads });

        Assert.Equal(Labelers * (Labelers - 1) / 2, report.PairCount);
        var expected = Enumerable.Range(1, Labelers - 1).Select(b => (0, b)).Concat(Enumerable.Range(2, Kept - Labelers + 1).Select(b => (1, b)));
        Assert.Equal(expected, report.Pairs.Select(pair => (pair.A, pair.B)));
    }
}
