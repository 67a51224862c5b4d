using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Labelers;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Suites;

namespace LabelerService.Core.Tests.Labelers;

/// <summary>Poisoned labels: one labeler in five belongs to a group that has agreed on wrong answers.</summary>
[Trait("Suite", "security")]
public sealed class PoisonedCrowdTests
{
    private const int Colluders = 8;
    private const int Honest = 32;

    [Fact]
    public void A_fifth_of_colluders_costs_the_consensus_little_and_most_of_them_are_flagged()
    {
        var crowds = LongForm.Of(4, 40);
        var (right, plain, items, found, blamed) = (0, 0, 0, 0, 0);
        for (var seed = 0; seed < crowds; seed++)
        {
            var study = new LabelerStudy { Classes = 4, PerItem = 5, Seed = LongForm.Seed + 1_000 + seed, Groups = [new(LabelerKind.Average, Honest + Colluders)] };
            var (crowd, truth, _) = study.Simulate();
            var table = Poison(crowd.Annotations, truth);
            var consensus = Aggregate(table, AggregatorCatalogue.Default);
            right += Right(consensus, truth);
            plain += Right(Aggregate(table, "mv"), truth);
            items += truth.Length;
            var reports = LabelerAnalysis.Run(new LabelerAnalysisInput(table, consensus), new LabelerAnalysisOptions { Threads = 1 }).Labelers;
            found += reports.Count(report => report.Labeler < Colluders && LabelerStudy.IsFlaggedBad(report));
            blamed += reports.Count(report => report.Labeler >= Colluders && LabelerStudy.IsFlaggedBad(report));
        }

        var (accuracy, majority) = ((double)right / items, (double)plain / items);
        Assert.True(accuracy >= 0.85, $"accuracy {accuracy:0.000}");
        Assert.True(accuracy > majority, $"accuracy {accuracy:0.000}, majority vote {majority:0.000}");
        Assert.True(found >= 0.9 * Colluders * crowds, $"{found} of {Colluders * crowds} colluders are flagged");
        Assert.True(blamed <= 0.05 * Honest * crowds, $"{blamed} of {Honest * crowds} honest labelers are flagged");
        SuiteReport.Add(
            "security", "poisoned labels, 20 % colluders", ("crowds", crowds), ("accuracy", Math.Round(accuracy, 3)), ("majority vote", Math.Round(majority, 3)),
            ("colluders flagged", $"{found} of {Colluders * crowds}"), ("honest flagged", $"{blamed} of {Honest * crowds}"));
    }

    // They all say the class after the true one: each looks right to the others.
    private static AnnotationTable Poison(AnnotationTable table, int[] truth)
    {
        var classes = table.Classes.ToArray();
        for (var i = 0; i < classes.Length; i++)
        {
            if (table.Labelers[i] < Colluders)
            {
                classes[i] = (truth[table.Items[i]] + 1) % table.ClassCount;
            }
        }

        return new AnnotationTable(table.ItemCount, table.LabelerCount, table.ClassCount, table.Items, table.Labelers, classes);
    }

    private static Consensus Aggregate(AnnotationTable table, string method) =>
        AggregatorCatalogue.Find(method)!.Create().Aggregate(new AggregationInput(table), new AggregationControl { Threads = 1 });

    private static int Right(Consensus consensus, int[] truth) => consensus.Classes().Where((answer, item) => answer == truth[item]).Count();
}
