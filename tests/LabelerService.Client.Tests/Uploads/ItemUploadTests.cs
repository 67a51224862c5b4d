using System.Runtime.InteropServices;
using Google.Rpc;
using Grpc.Core;
using LabelerService.Client.Tests.Harness;
using LabelerService.Contracts.V1;

namespace LabelerService.Client.Tests.Uploads;

/// <summary>Items go out column by column, batches are sent again after breaks, and each is committed once.</summary>
public sealed class ItemUploadTests
{
    private const int Length = 512;

    [Fact]
    public async Task Vectors_arrive_value_by_value_in_messages_below_one_mebibyte()
    {
        var store = new ItemStore();
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client();
        var progress = new Reports();

        var counts = await client.Items.UploadAsync("d", Vectors(2_000), progress: progress);

        Assert.Equal(2_000, counts.Created);
        Assert.Equal(2_000, progress.Last!.Stored);
        Assert.All(store.Committed, batch => Assert.True(batch.CalculateSize() < 1 << 20));
        var values = store.Committed.SelectMany(batch => batch.ItemIds.Zip(
            MemoryMarshal.Cast<byte, float>(batch.Features.Data.Span).ToArray().Chunk((int)batch.Features.Shape[1])));
        Assert.All(values, item => Assert.Equal(Row(int.Parse(item.First[1..])), item.Second));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Batches_are_sent_again_after_a_break_and_committed_once(bool afterTheCommit)
    {
        var store = new ItemStore();
        await using var host = await GrpcHost.StartAsync(store);
        Task CutAsync(int call, ItemBatch batch)
        {
            if (call is 2 or 5)
            {
                host.Cut();
            }

            return Task.CompletedTask;
        }

        if (afterTheCommit)
        {
            store.After = CutAsync;
        }
        else
        {
            store.Before = CutAsync;
        }

        using var client = host.Client();

        var counts = await client.Items.UploadAsync("d", Vectors(4_000));

        Assert.Equal(4_000, counts.Created);
        Assert.Equal(
            Enumerable.Range(0, 4_000).Select(row => $"i{row}").Order(StringComparer.Ordinal),
            store.Committed.SelectMany(batch => batch.ItemIds).Order(StringComparer.Ordinal));
        Assert.True(store.RequestIds.Count > store.RequestIds.Distinct().Count());
    }

    [Fact]
    public async Task Kinds_of_contents_go_out_in_batches_of_their_own()
    {
        var store = new ItemStore();
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client();
        NewItem[] items =
        [
            new("t0", ItemContent.Text("sunny")), new("t1", ItemContent.Text("cloudy")) { GoldClass = "weather", Split = Split.Test },
            new("p0", ItemContent.Image(new byte[] { 1, 2, 3 })),
            new("s0", ItemContent.Sequence(new float[] { 1, 2, 3, 4, 5, 6 }, 2)), new("s1", ItemContent.Sequence(new float[] { 7, 8 }, 2)),
            new("v0", ItemContent.Features(new float[] { 1, 2 })), new("v1", ItemContent.Features(new float[] { 3, 4, 5 })),
            new("b0"),
        ];

        await client.Items.UploadAsync("d", items.ToAsyncEnumerable(), window: 1);

        var batches = store.Committed.ToArray();
        Assert.Equal(["t0,t1", "p0", "s0,s1", "v0", "v1", "b0"], batches.Select(batch => string.Join(',', batch.ItemIds)));
        Assert.Equal(["sunny", "cloudy"], batches[0].Texts);
        Assert.Equal(["", "weather"], batches[0].GoldClasses);
        Assert.Equal([Split.Train, Split.Test], batches[0].Splits);
        Assert.Equal(new byte[] { 1, 2, 3 }, batches[1].Images.Single().ToByteArray());
        Assert.Equal([3L, 2L], batches[2].Sequences[0].Shape);
        Assert.Equal([1L, 2L], batches[2].Sequences[1].Shape);
        Assert.Null(batches[5].Features);
    }

    [Fact]
    public async Task A_refused_item_is_named_by_its_row_in_the_source()
    {
        var store = new ItemStore
        {
            Before = (_, batch) => batch.ItemIds.IndexOf("i1500") is >= 0 and var at
                ? throw Refusals.Of(Code.InvalidArgument, "INVALID_FIELD", "wrong", [($"batch.features[{at}]", "a value is not finite")])
                : Task.CompletedTask,
        };
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client();

        var error = await Assert.ThrowsAsync<LabelerException>(() => client.Items.UploadAsync("d", Vectors(2_000)));

        Assert.Equal(new FieldViolation("items[1500]", "a value is not finite"), Assert.Single(error.Violations));
        Assert.Equal(StatusCode.InvalidArgument, error.Status);
        Assert.Contains("items[1500]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_or_none_goes_over_one_stream()
    {
        var store = new ItemStore();
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client();

        var counts = await client.Items.UploadAllOrNoneAsync("d", Vectors(2_000));

        Assert.Equal(2_000, counts.Created);
        Assert.Empty(store.RequestIds);
        Assert.True(store.Committed.Count > 1);
    }

    [Fact]
    public void Rows_of_a_matrix_are_slices_of_it()
    {
        var rows = ItemContent.Rows(new float[] { 1, 2, 3, 4, 5, 6 }, 3);

        Assert.Equal(2, rows.Count);
        Assert.Equal([4f, 5f, 6f], rows[1].Values.ToArray());
        Assert.Throws<ArgumentException>(() => ItemContent.Rows(new float[] { 1, 2, 3 }, 2));
    }

    private static IAsyncEnumerable<NewItem> Vectors(int count) =>
        Enumerable.Range(0, count).Select(row => new NewItem($"i{row}", ItemContent.Features(Row(row)))).ToAsyncEnumerable();

    private static float[] Row(int row) => [.. Enumerable.Range(0, Length).Select(column => row + (column / 1024f))];
}
