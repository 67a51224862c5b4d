using LabelerService.Core.Aggregation;
using LabelerService.Core.Labelers;
using LabelerService.Core.Tests.Aggregation;

namespace LabelerService.Core.Tests.Labelers;

public sealed class CarelessTestTests
{
    private static LabelerConfusions Common(int classes)
    {
        var matrix = new double[classes * classes];
        for (var cell = 0; cell < matrix.Length; cell++)
        {
            matrix[cell] = cell % (classes + 1) == 0 ? 0.7 : 0.3 / (classes - 1);
        }

        return LabelerConfusions.FromMatrices(classes, matrix, matrix);
    }

    private static IEnumerable<int[]> Sequences(int classes, int length)
    {
        for (var code = 0; code < (int)Math.Pow(classes, length); code++)
        {
            var (answers, left) = (new int[length], code);
            for (var i = 0; i < length; i++)
            {
                (answers[i], left) = (left % classes, left / classes);
            }

            yield return answers;
        }
    }

    [Theory]
    [InlineData(2, 6)]
    [InlineData(3, 5)]
    public void Every_way_of_answering_is_a_distribution_over_the_answers(int classes, int length)
    {
        var models = new AnswerModels(Common(classes));
        var others = Tables.Distributions(new Random(1), length, classes);
        var scratch = models.NewScratch();
        var (sums, logs) = (new double[models.Count], new double[models.Count]);
        foreach (var answers in Sequences(classes, length))
        {
            models.LogProbabilities(others, answers, logs, scratch);
            for (var j = 0; j < sums.Length; j++)
            {
                sums[j] += Math.Exp(logs[j]);
            }
        }

        for (var j = 0; j < sums.Length; j++)
        {
            // Ordinary free matrices are cut off below by a normal approximation, which is coarse for so few answers; all others are exact.
            Assert.Equal(1, sums[j], models.KindOf(j) is null && j % 2 == 1 ? 0.06 : 1e-9);
        }
    }

    [Fact]
    public void Answers_are_drawn_as_their_probabilities_say()
    {
        const int Draws = 20_000;
        var models = new AnswerModels(Common(2));
        var others = Tables.Distributions(new Random(2), 3, 2);
        var scratch = models.NewScratch();
        var random = new Random(7);
        var logs = new double[models.Count];
        for (var j = 0; j < models.Count; j++)
        {
            var counts = new int[8];
            var drawn = new int[3];
            for (var draw = 0; draw < Draws; draw++)
            {
                models.Draw(j, others, drawn, random, scratch);
                counts[drawn[0] + (2 * drawn[1]) + (4 * drawn[2])]++;
            }

            foreach (var (answers, code) in Sequences(2, 3).Select((answers, code) => (answers, code)))
            {
                models.LogProbabilities(others, answers, logs, scratch);

                // Five standard deviations, and the cut-off of ordinary free matrices, which drawing does not make.
                var slack = (5 * Math.Sqrt(0.25 / Draws)) + (models.KindOf(j) is null ? 0.02 : 0);
                Assert.Equal(Math.Exp(logs[j]), (double)counts[code] / Draws, slack);
            }
        }
    }

    [Fact]
    public void P_values_are_those_of_enumerating_all_answers()
    {
        const int Length = 10;
        var table = Tables.Of(
            Length, 2, 2, [.. Enumerable.Range(0, Length).SelectMany(n => new[] { (n, 0, n % 2 == 0 ? 1 : n % 3 % 2), (n, 1, n % 2) })]);
        var consensus = new Consensus
        {
            ClassCount = 2,
            Posteriors = Tables.Distributions(new Random(4), Length, 2),
            ClassPrior = [0.5, 0.5],
            Confusions = Common(2) is var c
                ? LabelerConfusions.FromMatrices(2, [.. c.Matrix(-1), .. c.Matrix(-1)], c.Matrix(-1)) : null,
            Iterations = 1,
            Converged = true,
        };
        var evidence = new LabelerEvidence(new OthersConsensus(new LabelerAnalysisInput(table, consensus)), table);
        evidence.Load(0);
        var models = new AnswerModels(Common(2));
        var scratch = models.NewScratch();
        var crowd = CrowdMixture.Fit(models, [], [], CancellationToken.None);
        var logs = new double[models.Count];
        var all = Sequences(2, Length).Select(answers =>
        {
            models.LogProbabilities(evidence.Others, answers, logs, scratch);
            var ordinary = 0.0;
            var weight = 0.0;
            for (var j = 0; j < logs.Length; j++)
            {
                (ordinary, weight) = models.KindOf(j) is null ? (ordinary + (crowd.Weights[j] * Math.Exp(logs[j])), weight + crowd.Weights[j]) : (ordinary, weight);
            }

            return (Statistic: crowd.LogBayesFactor(logs), Probability: ordinary / weight);
        }).ToArray();
        var test = new CarelessTest(models, crowd, seed: 1);
        Assert.Equal(1, test.PValue(0, evidence, -0.1, scratch));
        foreach (var statistic in (double[])[0.3, 1, 2, 3])
        {
            var exact = all.Where(one => one.Statistic >= statistic).Sum(one => one.Probability);
            var estimates = Enumerable.Range(0, 20).Select(labeler => test.PValue(labeler, evidence, statistic, scratch)).ToArray();
            Assert.All(estimates, p => Assert.InRange(p, 0, Math.Exp(-statistic)));
            Assert.InRange(estimates.Average(), 0.85 * exact, (1.15 * exact) + (Math.Exp(-statistic) / 100));
        }
    }

    [Theory]
    [InlineData(new[] { 0.001, 0.2, 0.012, 0.5 }, 4, 0.012)]
    [InlineData(new[] { 0.007, 0.2 }, 4, -1)]
    [InlineData(new[] { 0.02, 0.02, 0.02 }, 4, 0.02)]
    [InlineData(new double[0], 0, -1)]
    public void Discoveries_step_up(double[] pValues, int tests, double expected) =>
        Assert.Equal(expected, FalseDiscoveries.Threshold(pValues, tests, 0.05));
}
