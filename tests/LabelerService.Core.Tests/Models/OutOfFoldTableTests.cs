using LabelerService.Core.Models;
using LabelerService.Core.Tensors;

namespace LabelerService.Core.Tests.Models;

public sealed class OutOfFoldTableTests
{
    private static readonly OutOfFoldTable Table = new(3, [4, 9, 12], [100, 200, 300], [1, -2, 3], [1, 0, 0, 0.25f, 0.5f, 0.25f, 0.1f, 0.2f, 0.7f]);

    [Fact]
    public void A_table_comes_back_as_it_was_written()
    {
        var read = OutOfFoldTable.Read(Table.ToBytes());

        Assert.Equal((3, true), (read.ClassCount, read.HasProbabilities));
        Assert.Equal(Table.ItemKeys, read.ItemKeys);
        Assert.Equal(Table.ItemTimes, read.ItemTimes);
        Assert.Equal(Table.FeatureHashes, read.FeatureHashes);
        Assert.Equal(Table.Probabilities, read.Probabilities);
        Assert.Equal([0.25f, 0.5f, 0.25f], read.Row(read.IndexOf(9)).ToArray());
        Assert.True(read.IndexOf(10) < 0);
        Assert.InRange(Table.ToBytes().LongLength, OutOfFoldTable.SizeOf(3, 3), OutOfFoldTable.SizeOf(3, 3) + 1_000);
    }

    [Fact]
    public void The_list_of_items_may_stand_without_distributions_and_without_items()
    {
        var list = OutOfFoldTable.Read(new OutOfFoldTable(3, [4], [100], [1], []).ToBytes());
        var empty = OutOfFoldTable.Read(new OutOfFoldTable(3, [], [], [], []).ToBytes());

        Assert.Equal((false, 0), (list.HasProbabilities, list.IndexOf(4)));
        Assert.Equal((false, true), (empty.HasProbabilities, empty.IndexOf(4) < 0));
    }

    [Fact]
    public void What_does_not_fit_together_makes_no_table()
    {
        Assert.Throws<ArgumentException>(() => new OutOfFoldTable(3, [4, 9], [100], [1, 2], []));
        Assert.Throws<ArgumentException>(() => new OutOfFoldTable(3, [4, 9], [100, 200], [1], []));
        Assert.Throws<ArgumentException>(() => new OutOfFoldTable(3, [4], [100], [1], [0.5f, 0.5f]));
        Assert.Throws<ArgumentException>(() => new OutOfFoldTable(3, [9, 4], [100, 200], [1, 2], []));
        Assert.Throws<ArgumentException>(() => new OutOfFoldTable(3, [4, 4], [100, 200], [1, 2], []));
    }

    [Theory]
    [InlineData(0.5f, 0.5f, 0.5f)]
    [InlineData(1.5f, -0.5f, 0f)]
    [InlineData(float.NaN, 0.5f, 0.5f)]
    [InlineData(float.PositiveInfinity, 0f, 0f)]
    public void Rows_that_are_no_distributions_are_refused(float first, float second, float third) =>
        Assert.Throws<InvalidDataException>(() => OutOfFoldTable.Read(new OutOfFoldTable(3, [4], [100], [1], [first, second, third]).ToBytes()));

    [Fact]
    public void Bytes_that_are_cut_off_or_of_something_else_are_refused()
    {
        var bytes = Table.ToBytes();
        Assert.Throws<InvalidDataException>(() => OutOfFoldTable.Read(bytes.AsSpan(0, bytes.Length - 1)));
        Assert.Throws<InvalidDataException>(() => OutOfFoldTable.Read([]));
        foreach (var name in (string[])["version", "class_count", "item_keys", "item_times", "feature_hashes", "probabilities"])
        {
            var archive = TensorArchive.Read(bytes);
            var without = new TensorArchive(
                archive.Metadata, archive.Arrays.Where(pair => pair.Key != name).ToDictionary(), archive.Shapes.Where(pair => pair.Key != name).ToDictionary());
            Assert.Throws<InvalidDataException>(() => OutOfFoldTable.Read(without.ToBytes()));
        }
    }

    [Fact]
    public void Features_have_the_same_fingerprint_only_if_they_are_the_same_bit_for_bit()
    {
        var hash = OutOfFoldTable.HashOf([1, 2, 3]);

        Assert.Equal(hash, OutOfFoldTable.HashOf([1, 2, 3]));
        Assert.NotEqual(hash, OutOfFoldTable.HashOf([1, 2, MathF.BitIncrement(3)]));
        Assert.NotEqual(hash, OutOfFoldTable.HashOf([1, 2]));
        Assert.NotEqual(OutOfFoldTable.HashOf([0f]), OutOfFoldTable.HashOf([-0f]));
    }
}
