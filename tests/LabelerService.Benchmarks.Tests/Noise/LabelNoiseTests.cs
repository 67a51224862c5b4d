using CsCheck;
using LabelerService.Benchmarks.Noise;
using LabelerService.Benchmarks.Tests.CommandLine;
using LabelerService.Benchmarks.Tests.Datasets;

namespace LabelerService.Benchmarks.Tests.Noise;

public sealed class LabelNoiseTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.2, 1.69)]
    [InlineData(0.5, 4.5)]
    [InlineData(0.8, 52)]
    public void Corrupted_labels_are_worth_what_the_paper_says(double corruption, double worth) =>
        Assert.InRange(LabelNoise.LabelsPerCleanOne(corruption, 10) / worth, 0.99, 1.01);

    [Fact]
    public void Labels_that_name_every_class_equally_often_carry_nothing() => Assert.Equal(0, LabelNoise.Bits(0.9, 10), 12);

    [Fact]
    public void As_many_labels_are_replaced_as_was_asked_for_and_always_by_another_class() =>
        Gen.Select(Gen.Double[0, 1], Gen.Int[2, 12], Gen.Int[0, 1000]).Sample(
            (corruption, classes, seed) =>
            {
                int[] labels = [.. Enumerable.Range(0, 4000).Select(n => n % classes)];
                var corrupted = LabelNoise.Corrupt(labels, corruption, classes, new Random(seed));
                Assert.All(corrupted, label => Assert.InRange(label, 0, classes - 1));
                var changed = corrupted.Where((label, n) => label != labels[n]).Count() / 4000.0;
                // Six standard deviations of a proportion.
                Assert.InRange(changed, corruption - (6 * Math.Sqrt(0.25 / 4000)), corruption + (6 * Math.Sqrt(0.25 / 4000)));
            },
            iter: 50);

    [Fact]
    public async Task The_study_measures_the_net_against_the_noise_of_its_labels()
    {
        using var data = new MadeUpData().WithMnist(400);
        var outcome = await Bench.RunAsync(
            "noise", "--seeds", "1", "--set", "epochs=100", "--set", "learning_rate=0.01", "--set", "dropout=0", "--set", "batch_size=32",
            "--set", "patience=0", "--data", data.Path, "--json");

        Assert.Equal(0, outcome.ExitCode);
        Assert.InRange(outcome.Figure("mnist.noise_0.5.label_error"), 40, 60);
        Assert.True(outcome.Figure("mnist.noise_0.5.error") < outcome.Figure("mnist.noise_0.5.label_error"));
        Assert.Equal(4.5, outcome.Figure("mnist.noise_0.5.worth"), 1);
    }
}
