using LabelerService.Server.Security.Audit;
using LabelerService.Storage.Audit;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LabelerService.Server.Tests.Security;

/// <summary>Refusals that were noted when the server is told to stop.</summary>
[Trait("Suite", "security")]
public sealed class RefusalLogStopTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task What_was_noted_is_written_by_a_server_whose_time_to_stop_is_over()
    {
        var store = database.Get<AuditStore>();
        using var refusals = new RefusalLog(new AuditLog(store, new byte[32], NullLogger<AuditLog>.Instance), new FakeTimeProvider(), NullLogger<RefusalLog>.Instance);
        for (var i = 0; i < 7; i++)
        {
            refusals.Note(null, "at-the-end", "CREDENTIAL_INVALID");
        }

        await refusals.StopAsync(new CancellationToken(canceled: true));
        Assert.Equal(7, (await store.ListAsync(0, null, 1_000, default)).Where(entry => entry.Method == "at-the-end").Sum(entry => entry.Count));
    }
}
