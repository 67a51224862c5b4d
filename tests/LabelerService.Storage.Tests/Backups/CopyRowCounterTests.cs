using LabelerService.Storage.Backups;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Backups;

/// <summary>Rows counted as their bytes go by, as PostgreSQL sends them.</summary>
public sealed class CopyRowCounterTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(257)]
    public async Task The_number_does_not_depend_on_how_the_bytes_are_cut(int rows)
    {
        var bytes = await CopyAsync(rows);
        foreach (var piece in (int[])[1, 2, 3, 7, 64, bytes.Length])
        {
            var counter = new CopyRowCounter();
            for (var start = 0; start < bytes.Length; start += piece)
            {
                Assert.False(counter.Complete);
                counter.Add(bytes.AsSpan(start, Math.Min(piece, bytes.Length - start)));
            }

            Assert.Equal((rows, true), ((int)counter.Rows, counter.Complete));
        }
    }

    [Fact]
    public async Task What_ends_early_is_not_complete_and_what_goes_on_is_refused()
    {
        var bytes = await CopyAsync(3);
        var cut = new CopyRowCounter();
        cut.Add(bytes.AsSpan(0, bytes.Length - 1));
        Assert.False(cut.Complete);
        cut.Add(bytes.AsSpan(bytes.Length - 1));
        Assert.True(cut.Complete);
        Assert.Throws<InvalidDataException>(() => cut.Add([0]));
    }

    private async Task<byte[]> CopyAsync(int rows)
    {
        await using var connection = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var copy = await connection.BeginRawBinaryCopyAsync(
            $"COPY (SELECT i, NULL::text, repeat('x', i % 300), ''::bytea FROM generate_series(1, {rows}) AS i) TO STDOUT (FORMAT BINARY)");
        using var bytes = new MemoryStream();
        await copy.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
