using LabelerService.TestKit.Crowds.Sequences;

namespace LabelerService.Benchmarks.Tests.Crowds;

public sealed class SequenceTasksTests
{
    public static TheoryData<string> Names => ["symbols", "order", "rhythms", "tones"];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_seed_gives_the_same_sequences_and_another_seed_others(string name)
    {
        var set = Make(name, 1);

        Assert.Equal(set.Rows, Make(name, 1).Rows);
        Assert.Equal(set.Classes, Make(name, 1).Classes);
        Assert.NotEqual(set.Rows, Make(name, 2).Rows);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Rows_are_a_length_between_the_bounds_its_steps_and_zeros(string name)
    {
        var set = Make(name, 1);
        foreach (var row in set.Rows.Chunk(set.Rows.Length / set.Count))
        {
            Assert.InRange(row[0], 12, 20);
            Assert.All(row[(1 + ((int)row[0] * set.StepLength))..], value => Assert.Equal(0, value));
            Assert.Contains(row[1..(1 + ((int)row[0] * set.StepLength))], value => value != 0);
        }

        Assert.Equal(1 + (20 * set.StepLength), set.ToSnapshot().FeatureLength);
        Assert.Equal(Enumerable.Range(0, set.ClassCount), set.Classes.Distinct().Order());
    }

    [Fact]
    public void In_temporal_order_each_symbol_comes_once_in_the_middle_and_the_class_is_which_comes_first()
    {
        var set = Make("order", 3);
        foreach (var (n, row) in set.Rows.Chunk(set.Rows.Length / set.Count).Index())
        {
            var steps = (int)row[0];
            int[] symbols = [.. Enumerable.Range(0, steps).Select(t => Array.IndexOf(row, 1, 1 + (4 * t), 4) - 1 - (4 * t))];
            Assert.Equal(1, symbols.Count(symbol => symbol == 0));
            Assert.Equal(1, symbols.Count(symbol => symbol == 1));
            var (a, b) = (Array.IndexOf(symbols, 0), Array.IndexOf(symbols, 1));
            Assert.Equal(set.Classes[n] == 0, a < b);
            Assert.InRange(Math.Min(a, b), 3 * steps / 10, steps);
            Assert.InRange(Math.Max(a, b), 0, 7 * steps / 10);
        }
    }

    private static SequenceSet Make(string name, int seed) => name switch
    {
        "symbols" => SequenceTasks.Symbols(40, 12, 20, seed),
        "order" => SequenceTasks.Order(40, 12, 20, seed),
        "rhythms" => SequenceTasks.Rhythms(40, 12, 20, seed, 0.1, 3, 5),
        _ => SequenceTasks.Tones(40, 12, 20, seed, 4, 9),
    };
}
