using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Numerics;

namespace LabelerService.Learning.Tests.Checkpoints;

public sealed class SeededRandomTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(161_803_398)]
    [InlineData(1_234_567_890)]
    [InlineData(int.MaxValue)]
    public void Draws_are_those_of_dotnets_own_generator(int seed)
    {
        var (ours, dotnets) = (new SeededRandom(seed), new Random(seed));
        int[] one = [.. Enumerable.Range(0, 1000)];
        int[] other = [.. one];
        for (var i = 0; i < 500; i++)
        {
            Assert.Equal(dotnets.Next(), ours.Next());
            Assert.Equal(dotnets.Next(1000 + i), ours.Next(1000 + i));
            Assert.Equal(dotnets.Next(-i, int.MaxValue - i - 1), ours.Next(-i, int.MaxValue - i - 1));
            Assert.Equal(dotnets.NextDouble(), ours.NextDouble());
        }

        dotnets.Shuffle(other);
        ours.Shuffle(one);
        Assert.Equal(other, one);
    }

    [Fact]
    public void A_state_kept_and_taken_up_again_goes_on_with_the_same_draws()
    {
        var random = new SeededRandom(7);
        for (var i = 0; i < 100; i++)
        {
            random.Next();
        }

        var state = new JournalState();
        random.Save(state, "random");
        int[] next = [random.Next(), random.Next(), random.Next()];
        var other = new SeededRandom(8);
        other.Load(state, "random");

        Assert.Equal(next, (int[])[other.Next(), other.Next(), other.Next()]);
    }
}
