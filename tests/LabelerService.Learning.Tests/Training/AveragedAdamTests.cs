using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Training;

public sealed class AveragedAdamTests
{
    // Not a multiple of any vector length.
    private const int Length = 37;

    [Fact]
    public void Steps_are_those_of_libtorch()
    {
        using var scope = NewDisposeScope();
        var random = new Random(3);
        var mine = Draw(random);
        var theirs = new TorchSharp.Modules.Parameter(tensor(mine));
        var reference = optim.Adam([theirs], lr: 0.01);
        var adam = new AveragedAdam(Length, 0.01, averageDecay: 0);
        var average = new float[Length];
        for (var step = 0; step < 20; step++)
        {
            var gradient = Draw(random);
            theirs.grad = tensor(gradient);
            reference.step();
            adam.Step(mine, gradient, average);

            Assert.All(gradient, slope => Assert.Equal(0, slope));
            Assert.All(mine.Zip(theirs.data<float>()), pair => Assert.Equal(pair.Second, pair.First, 2e-6f));
            Assert.Equal(mine, average);
        }
    }

    [Fact]
    public void The_mean_forgets_the_start_and_follows_its_rising_decay()
    {
        var adam = new AveragedAdam(1, 0.1, averageDecay: 0.5);
        float[] value = [0], average = [0];
        var expected = 0.0;
        for (var step = 1; step <= 30; step++)
        {
            adam.Step(value, [-1f], average);
            var decay = Math.Min(0.5, (1.0 + step) / (10 + step));
            expected = (decay * expected) + ((1 - decay) * value[0]);
            Assert.Equal(expected, average[0], 1e-4);
        }
    }

    private static float[] Draw(Random random) => [.. Enumerable.Range(0, Length).Select(_ => (float)((random.NextDouble() * 2) - 1))];
}
