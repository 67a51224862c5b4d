using LabelerService.Core.Agreement;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Tests.Agreement;

/// <summary>Tables from papers and the values printed there or by the packages of their authors.</summary>
public sealed class PublishedAgreementTests
{
    // Krippendorff, Computing Krippendorff's alpha-reliability (2011), section C: 12 units (rows), 4 observers, 0 = missing.
    private static readonly int[,] Krippendorff =
    {
        { 1, 1, 0, 1 }, { 2, 2, 3, 2 }, { 3, 3, 3, 3 }, { 3, 3, 3, 3 }, { 2, 2, 2, 2 }, { 1, 2, 3, 4 },
        { 4, 4, 4, 4 }, { 1, 1, 2, 1 }, { 2, 2, 2, 2 }, { 0, 5, 5, 5 }, { 0, 0, 1, 1 }, { 0, 0, 3, 0 },
    };

    // Fleiss (1971), table 1: number of psychiatrists of six who give each of five diagnoses, 30 patients.
    private static readonly int[,] Fleiss =
    {
        { 0, 0, 0, 6, 0 }, { 0, 3, 0, 0, 3 }, { 0, 1, 4, 0, 1 }, { 0, 0, 0, 0, 6 }, { 0, 3, 0, 3, 0 }, { 2, 0, 4, 0, 0 },
        { 0, 0, 4, 0, 2 }, { 2, 0, 3, 1, 0 }, { 2, 0, 0, 4, 0 }, { 0, 0, 0, 0, 6 }, { 1, 0, 0, 5, 0 }, { 1, 1, 0, 4, 0 },
        { 0, 3, 3, 0, 0 }, { 1, 0, 0, 5, 0 }, { 0, 2, 0, 3, 1 }, { 0, 0, 5, 0, 1 }, { 3, 0, 0, 1, 2 }, { 5, 1, 0, 0, 0 },
        { 0, 2, 0, 4, 0 }, { 1, 0, 2, 0, 3 }, { 0, 0, 0, 0, 6 }, { 0, 1, 0, 5, 0 }, { 0, 2, 0, 1, 3 }, { 2, 0, 0, 4, 0 },
        { 1, 0, 0, 4, 1 }, { 0, 5, 0, 1, 0 }, { 4, 0, 0, 0, 2 }, { 0, 2, 0, 4, 0 }, { 1, 0, 5, 0, 0 }, { 0, 0, 0, 0, 6 },
    };

    [Theory]
    [InlineData(AgreementScale.Nominal, 0.743)]
    [InlineData(AgreementScale.Ordinal, 0.815)]
    [InlineData(AgreementScale.Interval, 0.849)]
    public void Krippendorffs_alpha_of_his_example(AgreementScale scale, double published)
    {
        var report = AgreementAnalysis.Run(Ratings(Krippendorff, 5), new AgreementOptions { Scale = scale });

        Assert.Equal(published, report.KrippendorffAlpha.Value!.Value, 0.0005);
        Assert.Equal(11, report.PairableItems);
        Assert.Equal(40, report.PairableAnnotations);
    }

    // The same table in Gwet's package irrCAC (cac.raw4raters): with missing ratings and a unit rated once.
    [Fact]
    public void Percent_agreement_and_Fleiss_kappa_with_missing_labels_as_Gwets()
    {
        var report = AgreementAnalysis.Run(Ratings(Krippendorff, 5));

        Assert.Equal(0.8181818, report.Percent.Value!.Value, 1e-7);
        Assert.Equal(0.76117, report.Fleiss.Value!.Value, 5e-6);
    }

    // Printed in the paper as 0.430; with more digits by R's irr::kappam.fleiss.
    [Fact]
    public void Fleiss_kappa_of_his_psychiatrists()
    {
        var report = AgreementAnalysis.Run(Counts(Fleiss));

        Assert.Equal(0.4302445, report.Fleiss.Value!.Value, 5e-8);
        Assert.Equal(30, report.PairableItems);
    }

    // Gwet's irrCAC, table cont3x3abstractors: Cohen's κ 0.7964094, agreement 0.89, α 0.7972585.
    [Fact]
    public void Cohens_kappa_of_two_abstractors()
    {
        var report = AgreementAnalysis.Run(Contingency(new[,] { { 13, 0, 0 }, { 0, 20, 7 }, { 0, 4, 56 } }));

        var pair = Assert.Single(report.Pairs);
        Assert.Equal(100, pair.SharedItems);
        Assert.Equal(0.89, pair.PercentAgreement, 1e-12);
        Assert.Equal(0.7964094, pair.CohenKappa!.Value, 5e-8);
        Assert.Null(pair.WeightedKappa);
        Assert.Equal(0.7972585, report.KrippendorffAlpha.Value!.Value, 5e-8);
    }

    // SAS, PROC FREQ's example of simple κ, here from its 3×3 table.
    [Fact]
    public void Cohens_kappa_as_SAS_has_it() => Assert.Equal(
        0.4842, Assert.Single(AgreementAnalysis.Run(Contingency(new[,] { { 0, 4, 1 }, { 0, 8, 0 }, { 0, 1, 5 } })).Pairs).CohenKappa!.Value, 5e-5);

    // R's irr::kappa2 on its data set "anxiety", raters 2 and 3; it leaves out the grade 5, which neither gives.
    [Fact]
    public void Weighted_kappa_of_two_raters_of_anxiety()
    {
        int[] second = [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4];
        int[] third = [2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2];
        var ratings = new int[20, 2];
        for (var n = 0; n < 20; n++)
        {
            ratings[n, 0] = Math.Min(second[n], 5);
            ratings[n, 1] = Math.Min(third[n], 5);
        }

        var pair = Assert.Single(AgreementAnalysis.Run(Ratings(ratings, 5), new AgreementOptions { Scale = AgreementScale.Ordinal }).Pairs);

        Assert.Equal(-0.006289308, pair.CohenKappa!.Value, 5e-9);
        Assert.Equal(0.2520325, pair.WeightedKappa!.Value, 5e-8);
    }

    // Rows are units, columns labelers; grades from 1, 0 = missing.
    private static AnnotationTable Ratings(int[,] ratings, int classes)
    {
        List<int> items = [], labelers = [], labels = [];
        for (var n = 0; n < ratings.GetLength(0); n++)
        {
            for (var r = 0; r < ratings.GetLength(1); r++)
            {
                if (ratings[n, r] > 0)
                {
                    items.Add(n);
                    labelers.Add(r);
                    labels.Add(ratings[n, r] - 1);
                }
            }
        }

        return new AnnotationTable(ratings.GetLength(0), ratings.GetLength(1), classes, [.. items], [.. labelers], [.. labels]);
    }

    private static AnnotationTable Counts(int[,] counts)
    {
        List<int> items = [], labelers = [], labels = [];
        for (var n = 0; n < counts.GetLength(0); n++)
        {
            var labeler = 0;
            for (var c = 0; c < counts.GetLength(1); c++)
            {
                for (var i = 0; i < counts[n, c]; i++)
                {
                    items.Add(n);
                    labelers.Add(labeler++);
                    labels.Add(c);
                }
            }
        }

        return new AnnotationTable(counts.GetLength(0), 6, counts.GetLength(1), [.. items], [.. labelers], [.. labels]);
    }

    private static AnnotationTable Contingency(int[,] table)
    {
        List<int> items = [], labelers = [], labels = [];
        var item = 0;
        for (var a = 0; a < table.GetLength(0); a++)
        {
            for (var b = 0; b < table.GetLength(1); b++)
            {
                for (var i = 0; i < table[a, b]; i++, item++)
                {
                    items.AddRange([item, item]);
                    labelers.AddRange([0, 1]);
                    labels.AddRange([a, b]);
                }
            }
        }

        return new AnnotationTable(item, 2, table.GetLength(0), [.. items], [.. labelers], [.. labels]);
    }
}
