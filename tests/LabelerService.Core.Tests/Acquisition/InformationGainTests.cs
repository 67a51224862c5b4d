using CsCheck;
using LabelerService.Core.Acquisition;
using LabelerService.Core.Tests.Aggregation;

namespace LabelerService.Core.Tests.Acquisition;

public sealed class InformationGainTests
{
    [Fact]
    public void The_gain_is_the_mutual_information_summed_over_all_classes_and_answers() => Gen.Select(Gen.Int[1, 6], Gen.Int).Sample((classes, seed) =>
    {
        var random = new Random(seed);
        var (q, theta) = (Tables.Distributions(random, 1, classes), Tables.Distributions(random, classes, classes));
        var expected = 0.0;
        var entropyFall = Entropy(q);
        var gain = new InformationGain(theta, classes);
        var posterior = new double[classes];
        for (var y = 0; y < classes; y++)
        {
            var p = Enumerable.Range(0, classes).Sum(k => q[k] * theta[(k * classes) + y]);
            for (var k = 0; k < classes; k++)
            {
                expected += q[k] * theta[(k * classes) + y] * Math.Log(theta[(k * classes) + y] / p);
            }

            Assert.Equal(p, gain.Update(q, y, posterior), 1e-12);
            entropyFall -= p * Entropy(posterior);
        }

        Assert.Equal(expected, gain.Of(q, new double[classes]), 1e-9);
        Assert.Equal(entropyFall, gain.Of(q, new double[classes]), 1e-9);
    });

    [Fact]
    public void A_spammer_tells_nothing_an_oracle_everything_and_a_liar_as_much_as_an_oracle()
    {
        double[] q = [0.25, 0.25, 0.25, 0.25], answers = new double[4];
        double[] spammer = [.. Enumerable.Repeat(0.25, 16)], constant = [.. Enumerable.Range(0, 16).Select(cell => cell % 4 == 1 ? 1.0 : 0)];
        double[] oracle = [.. Enumerable.Range(0, 16).Select(cell => cell % 5 == 0 ? 1.0 : 0)];
        double[] liar = [.. Enumerable.Range(0, 16).Select(cell => ((cell / 4) + 1) % 4 == cell % 4 ? 1.0 : 0)];

        Assert.Equal(0, new InformationGain(spammer, 4).Of(q, answers), 1e-12);
        Assert.Equal(0, new InformationGain(constant, 4).Of(q, answers), 1e-12);
        Assert.Equal(Math.Log(4), new InformationGain(oracle, 4).Of(q, answers), 1e-12);
        Assert.Equal(Math.Log(4), new InformationGain(liar, 4).Of(q, answers), 1e-12);
        Assert.Equal(0, new InformationGain(oracle, 4).Of([0, 1, 0, 0], answers), 1e-12);
    }

    [Fact]
    public void Gains_of_pending_answers_add_up_to_what_all_answers_tell_together() => Gen.Select(Gen.Int[2, 4], Gen.Int).Sample((classes, seed) =>
    {
        var random = new Random(seed);
        var q = Tables.Distributions(random, 1, classes);
        double[][] thetas = [.. Enumerable.Range(0, 3).Select(_ => Tables.Distributions(random, classes, classes))];
        var pending = new PendingAnswers(q);
        var sum = 0.0;
        foreach (var theta in thetas)
        {
            var labeler = new InformationGain(theta, classes);
            sum += pending.Gain(labeler);
            pending.Ask(labeler);
        }

        // I(class; y₁, y₂, y₃) by all K⁴ cases.
        var together = 0.0;
        var top = 0.0;
        for (var code = 0; code < classes * classes * classes; code++)
        {
            int[] y = [code % classes, code / classes % classes, code / classes / classes];
            double[] joint = [.. Enumerable.Range(0, classes).Select(k => q[k] * thetas.Select((theta, i) => theta[(k * classes) + y[i]]).Aggregate((a, b) => a * b))];
            var p = joint.Sum();
            top += joint.Max();
            together += Enumerable.Range(0, classes).Sum(k => joint[k] * Math.Log(joint[k] / q[k] / p));
        }

        Assert.Equal(together, sum, 1e-9);
        Assert.Equal(top, pending.ExpectedTop(), 1e-9);
    }, iter: 50);

    [Fact]
    public void With_too_many_cases_the_likeliest_stand_for_all()
    {
        var random = new Random(2);
        var pending = new PendingAnswers(Tables.Distributions(random, 1, 10));
        var labeler = new InformationGain([.. Enumerable.Range(0, 100).Select(cell => cell % 11 == 0 ? 0.55 : 0.05)], 10);
        var before = double.PositiveInfinity;
        for (var i = 0; i < 6; i++)
        {
            var gain = pending.Gain(labeler);
            Assert.InRange(gain, 0, before);
            before = gain;
            pending.Ask(labeler);
        }
    }

    private static double Entropy(double[] p) => -p.Sum(x => x * Math.Log(x));
}
