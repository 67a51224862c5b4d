using LabelerService.Server.Insight;

namespace LabelerService.Server.Tests.Insight;

public sealed class ModelVoteCacheTests
{
    private static readonly Guid Dataset = Guid.NewGuid();

    // 2 items of 4 classes: 2 · (8 + 8 + 1 + 16) bytes.
    private const long RowsBytes = 66;

    [Fact]
    public async Task What_a_version_said_is_there_at_the_next_turn_and_no_other_version_has_it()
    {
        var cache = new ModelVoteCache();
        var rows = Rows();
        using (var turn = await cache.EnterAsync(Key(1), default))
        {
            Assert.Null(turn.Rows);
            turn.Keep(rows);
        }

        using var again = await cache.EnterAsync(Key(1), default);
        using var other = await cache.EnterAsync(Key(2), default);
        Assert.Same(rows, again.Rows);
        Assert.Null(other.Rows);
        Assert.Equal(RowsBytes, cache.Bytes);
    }

    [Fact]
    public async Task What_was_used_longest_ago_goes_first_and_what_is_too_large_is_not_kept()
    {
        var cache = new ModelVoteCache(2 * RowsBytes);
        await KeepAsync(cache, 1);
        await KeepAsync(cache, 2);
        await KeepAsync(cache, 1);
        await KeepAsync(cache, 3);
        Assert.Equal((true, false, true), (await HasAsync(cache, 1), await HasAsync(cache, 2), await HasAsync(cache, 3)));

        using (var turn = await cache.EnterAsync(Key(4), default))
        {
            turn.Keep(new ModelVoteRows([1, 2, 3, 4, 5], 4));
        }

        Assert.Equal((true, false), (await HasAsync(cache, 1), await HasAsync(cache, 4)));
        Assert.Equal(2 * RowsBytes, cache.Bytes);
    }

    [Fact]
    public async Task One_is_at_a_version_at_a_time_and_whoever_gives_up_waiting_holds_nobody_up()
    {
        var cache = new ModelVoteCache();
        var first = await cache.EnterAsync(Key(1), default);
        using var impatient = new CancellationTokenSource();
        var second = cache.EnterAsync(Key(1), impatient.Token);
        var third = cache.EnterAsync(Key(1), default);
        Assert.Equal((false, false), (second.IsCompleted, third.IsCompleted));

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(third.IsCompleted);
        first.Keep(Rows());
        first.Dispose();
        using var turn = await third;
        Assert.NotNull(turn.Rows);
    }

    [Fact]
    public void A_row_is_taken_over_only_of_the_same_item_with_the_same_features()
    {
        var earlier = new ModelVoteRows([2, 4, 6], 2);
        earlier.Times[0] = 10;
        earlier.Times[1] = 20;
        earlier.Times[2] = 30;
        earlier.Set(0, ModelVoteSource.Predicted, [0.25f, 0.75f]);
        earlier.Set(2, ModelVoteSource.OutOfFold, [1, 0]);
        var rows = new ModelVoteRows([2, 3, 4, 6, 7], 2);
        (rows.Times[0], rows.Times[1], rows.Times[2], rows.Times[3], rows.Times[4]) = (10, 10, 21, 30, 30);
        var from = 0;
        var taken = Enumerable.Range(0, 5).Select(i => rows.TakeOver(i, earlier, ref from)).ToArray();

        Assert.Equal([true, false, false, true, false], taken);
        Assert.Equal([0.25f, 0.75f, 0, 0, 0, 0, 1, 0, 0, 0], rows.Probabilities);
        Assert.Equal((1, 1, 3), (rows.Count(ModelVoteSource.Predicted), rows.Count(ModelVoteSource.OutOfFold), rows.Count(ModelVoteSource.None)));
    }

    private static ModelVoteKey Key(int version) => new(Dataset, "model", version);

    private static ModelVoteRows Rows() => new([1, 2], 4);

    private static async Task KeepAsync(ModelVoteCache cache, int version)
    {
        using var turn = await cache.EnterAsync(Key(version), default);
        turn.Keep(turn.Rows ?? Rows());
    }

    private static async Task<bool> HasAsync(ModelVoteCache cache, int version)
    {
        using var turn = await cache.EnterAsync(Key(version), default);
        return turn.Rows is not null;
    }
}
