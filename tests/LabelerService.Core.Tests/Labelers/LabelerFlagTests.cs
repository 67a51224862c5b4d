using LabelerService.Core.Aggregation;
using LabelerService.Core.Labelers;
using LabelerService.Core.Tests.Data;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Core.Tests.Labelers;

/// <summary>
/// Flags against the simulated truth. LABELER_STUDY_CROWDS sets the number of crowds of each kind (default 8; the numbers of
/// docs/designs/labelers.md are of 200).
/// </summary>
public sealed class LabelerFlagTests
{
    private static readonly int Crowds = int.Parse(
        Environment.GetEnvironmentVariable("LABELER_STUDY_CROWDS") ?? "8", System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(4, 5)]
    [InlineData(10, 3)]
    [InlineData(10, 5)]
    public void Spammers_constants_and_adversaries_are_found_at_30_annotations(int classes, int perItem)
    {
        var (right, wrong, missed) = (0, 0, 0);
        for (var seed = 0; seed < Crowds; seed++)
        {
            var study = new LabelerStudy { Classes = classes, PerItem = perItem, Seed = 300 + seed };
            var (crowd, _, _) = study.Simulate();
            foreach (var report in study.Analyse(crowd).Labelers)
            {
                var bad = LabelerStudy.IsBad(crowd.Labelers[report.Labeler].Kind, classes);
                var flagged = LabelerStudy.IsFlaggedBad(report);
                right += bad && flagged ? 1 : 0;
                wrong += !bad && flagged ? 1 : 0;
                missed += bad && !flagged ? 1 : 0;
            }
        }

        // Measured over 200 crowds: precision 0.97 to 1.00, recall 0.94 to 0.99. With 112 bad labelers two standard deviations are 0.05.
        Assert.True(right >= 0.9 * (right + wrong), $"precision {right} of {right + wrong}");
        Assert.True(right >= 0.9 * (right + missed), $"recall {right} of {right + missed}");
    }

    [Fact]
    public void Two_classes_show_who_is_constant_or_inverts_but_not_all_who_guess()
    {
        var found = new Dictionary<LabelerKind, (int Flagged, int All)>();
        for (var seed = 0; seed < Crowds; seed++)
        {
            var study = new LabelerStudy { Classes = 2, PerItem = 5, Seed = 500 + seed };
            var (crowd, _, _) = study.Simulate();
            foreach (var report in study.Analyse(crowd).Labelers)
            {
                var kind = crowd.Labelers[report.Labeler].Kind;
                var (flagged, all) = found.GetValueOrDefault(kind);
                found[kind] = (flagged + (LabelerStudy.IsFlaggedBad(report) ? 1 : 0), all + 1);
            }
        }

        double Share(LabelerKind kind) => (double)found[kind].Flagged / found[kind].All;
        Assert.True(Share(LabelerKind.Constant) >= 0.9);
        Assert.True(Share(LabelerKind.Adversary) >= 0.9);
        Assert.True(Share(LabelerKind.Average) <= 0.03);
    }

    [Fact]
    public void Crowds_without_bad_labelers_raise_no_more_alarms_than_allowed()
    {
        var alarms = 0;
        for (var seed = 0; seed < 2 * Crowds; seed++)
        {
            var study = new LabelerStudy { Classes = 4, PerItem = 3, Seed = 700 + seed, Groups = LabelerStudy.Clean };
            var (crowd, _, _) = study.Simulate();
            alarms += study.Analyse(crowd).Labelers.Any(LabelerStudy.IsFlaggedBad) ? 1 : 0;
        }

        // Binomial(2·Crowds, 0.05) exceeds its mean by so much less than once in 500 times.
        var mean = 0.05 * 2 * Crowds;
        Assert.True(alarms <= mean + 1 + (3 * Math.Sqrt(mean)), $"{alarms} of {2 * Crowds} crowds");
    }

    [Fact]
    public void Who_tires_is_found_with_the_moment_and_who_does_not_is_left_alone()
    {
        const int Drifters = 8;
        var (right, wrong) = (0, 0);
        var errors = new List<double>();
        for (var seed = 0; seed < Crowds / 2; seed++)
        {
            var study = new LabelerStudy { Classes = 4, PerItem = 5, PerLabeler = 60, Seed = 900 + seed, Groups = [new(LabelerKind.Expert, 8), new(LabelerKind.Average, 40)] };
            var (crowd, _, _) = study.Simulate();
            var (table, times) = LabelerStudyChanges.Drift(crowd, Drifters, seed);
            var consensus = AggregatorCatalogue.Find(AggregatorCatalogue.Default)!.Create().Aggregate(new AggregationInput(table), new AggregationControl());
            foreach (var report in LabelerAnalysis.Run(new LabelerAnalysisInput(table, consensus) { Times = times }).Labelers)
            {
                if (report.Flags.FirstOrDefault(flag => flag.Kind == LabelerFlagKind.Drifted) is not { } flag)
                {
                    continue;
                }

                right += report.Labeler < Drifters ? 1 : 0;
                wrong += report.Labeler < Drifters ? 0 : 1;
                if (report.Labeler < Drifters)
                {
                    Assert.Contains("worse", flag.Evidence, StringComparison.Ordinal);
                    Assert.True(report.Drift!.Before.Interval.Mean > report.Drift.After.Interval.Mean);
                    Assert.Equal(report.Drift.Periods.Sum(period => period.Count), report.Drift.Before.Count + report.Drift.After.Count);
                    var at = (report.Drift.ChangeTime - LabelerStudyChanges.Start) / (double)LabelerStudyChanges.Hour;
                    errors.Add(Math.Abs(at - (report.Count / 2)) / report.Count);
                }
            }
        }

        var all = Drifters * (Crowds / 2);
        errors.Sort();
        Assert.True(right >= 0.85 * all, $"recall {right} of {all}");
        Assert.True(right >= 0.9 * (right + wrong), $"precision {right} of {right + wrong}");
        Assert.InRange(errors[errors.Count / 2], 0, 0.05);
    }

    [Fact]
    public void Who_copies_is_found_with_whom()
    {
        const int Copiers = 6;
        var (right, wrong) = (0, 0);
        for (var seed = 0; seed < Crowds; seed++)
        {
            var study = new LabelerStudy { Classes = 4, PerItem = 5, Seed = 1100 + seed, Groups = [new(LabelerKind.Average, 18), new(LabelerKind.Expert, 6), new(LabelerKind.Spammer, 3)] };
            var (crowd, _, _) = study.Simulate();
            var table = LabelerStudyChanges.Copy(crowd, Copiers, 0.9, seed);
            var consensus = AggregatorCatalogue.Find(AggregatorCatalogue.Default)!.Create().Aggregate(new AggregationInput(table), new AggregationControl());
            var result = LabelerAnalysis.Run(new LabelerAnalysisInput(table, consensus));
            foreach (var pair in result.LookAlikes)
            {
                right += pair.B == pair.A + study.LabelerCount ? 1 : 0;
                wrong += pair.B == pair.A + study.LabelerCount ? 0 : 1;
                Assert.True(pair.SharedErrors > pair.ExpectedSharedErrors);
                Assert.Contains(result.Labelers[pair.A].Flags, flag => flag.Kind == LabelerFlagKind.LookAlike);
                Assert.Contains(result.Labelers[pair.B].Flags, flag => flag.Kind == LabelerFlagKind.LookAlike);
            }
        }

        Assert.True(right >= 0.85 * Copiers * Crowds, $"recall {right} of {Copiers * Crowds}");
        Assert.True(right >= 0.9 * (right + wrong), $"precision {right} of {right + wrong}");
    }

    [Fact]
    public void Who_hurries_is_found_and_easy_items_are_no_hurry()
    {
        var (crowd, _, _) = new LabelerStudy { PerLabeler = 40, PerItem = 6 }.Simulate();
        var table = crowd.Annotations;
        var random = new Random(1);
        var durations = new int[table.Count];
        for (var i = 0; i < durations.Length; i++)
        {
            // Every third item takes a sixth of the time; labeler 0 takes a tenth for seven of ten answers.
            var usual = (table.Items[i] % 3 == 0 ? 1000 : 6000) * Math.Exp(0.3 * (random.NextDouble() - 0.5));
            durations[i] = (int)(table.Labelers[i] == 0 && random.Next(10) < 7 ? usual / 10 : usual);
        }

        var result = LabelerAnalysis.Run(new LabelerAnalysisInput(table, LabelerStudy.Aggregate(crowd)) { DurationsMs = durations });
        var hasty = result.Labelers.Where(report => report.Flags.Any(flag => flag.Kind == LabelerFlagKind.Hasty)).Select(report => report.Labeler);

        Assert.Equal([0], hasty);
        Assert.InRange(result.Labelers[0].Speed!.HastyShare, 0.5, 0.9);
        Assert.All(result.Labelers.Skip(1), report => Assert.InRange(report.Speed!.HastyShare, 0, 0.05));
    }

    [SharedDataTheory("aggregation")]
    [InlineData("product", 20)]
    [InlineData("duck", 5)]
    [InlineData("dog", 0)]
    public void Whom_real_crowds_flag_gold_confirms(string name, int atLeast)
    {
        var crowd = CrowdLabels.Read(Path.Combine(SharedData.Folder("aggregation")!, name));
        var consensus = AggregatorCatalogue.Find(AggregatorCatalogue.Default)!.Create().Aggregate(new AggregationInput(crowd.Table), new AggregationControl());
        var flagged = LabelerAnalysis.Run(new LabelerAnalysisInput(crowd.Table, consensus)).Labelers.Where(LabelerStudy.IsFlaggedBad).ToArray();

        Assert.True(flagged.Length >= atLeast, $"{flagged.Length} flags");
        Assert.All(flagged, report => Assert.InRange(Kappa(crowd, report.Labeler), -1, 0.25));
    }

    // Cohen's κ against gold: 0 is guessing.
    private static double Kappa(CrowdLabels crowd, int labeler)
    {
        var classes = crowd.Table.ClassCount;
        double agreed = 0, count = 0;
        double[] answers = new double[classes], truths = new double[classes];
        foreach (var position in crowd.Table.PositionsOfLabeler(labeler))
        {
            var gold = crowd.Gold[crowd.Table.Items[position]];
            if (gold >= 0)
            {
                count++;
                answers[crowd.Table.Classes[position]]++;
                truths[gold]++;
                agreed += gold == crowd.Table.Classes[position] ? 1 : 0;
            }
        }

        var chance = answers.Zip(truths, (a, b) => a * b).Sum() / (count * count);
        return chance < 1 ? ((agreed / count) - chance) / (1 - chance) : 0;
    }
}
