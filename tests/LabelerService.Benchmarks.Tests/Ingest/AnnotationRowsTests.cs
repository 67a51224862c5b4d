using LabelerService.Benchmarks.Ingest;

namespace LabelerService.Benchmarks.Tests.Ingest;

public sealed class AnnotationRowsTests
{
    [Theory]
    [InlineData(100, 20, 10)]
    [InlineData(997, 7, 7)]
    [InlineData(1, 1, 1)]
    public void Every_item_is_labelled_as_often_and_no_pair_comes_twice(int items, int labelers, int each)
    {
        var rows = new AnnotationRows(items, labelers, each, classes: 5);
        var all = Enumerable.Range(0, (int)rows.Count).Select(number => rows[number]).ToArray();

        Assert.Equal(items * each, all.Select(row => (row.Item, row.Labeler)).Distinct().Count());
        Assert.All(all.CountBy(row => row.Item), count => Assert.Equal(each, count.Value));
        Assert.Equal(items, all.Select(row => row.Item).Distinct().Count());
        Assert.All(all, row => Assert.InRange(row.Labeler, 0, labelers - 1));
        Assert.All(all, row => Assert.InRange(row.Class, 0, 4));
    }

    [Fact]
    public void Neighbours_belong_to_different_items()
    {
        var rows = new AnnotationRows(1_000, 50, 10, classes: 5);
        Assert.All(Enumerable.Range(1, (int)rows.Count - 1), number => Assert.NotEqual(rows[number - 1].Item, rows[number].Item));
    }
}
