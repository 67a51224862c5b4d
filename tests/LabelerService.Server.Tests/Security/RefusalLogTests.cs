using LabelerService.Server.Security.Audit;
using LabelerService.Storage.Audit;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LabelerService.Server.Tests.Security;

/// <summary>Whoever is refused cannot fill the audit log.</summary>
[Trait("Suite", "security")]
public sealed class RefusalLogTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task The_same_refusal_is_one_event_with_a_count_and_different_ones_beyond_a_bound_are_one_together()
    {
        var store = database.Get<AuditStore>();
        var time = new FakeTimeProvider();
        using var refusals = new RefusalLog(new AuditLog(store, new byte[32], NullLogger<AuditLog>.Instance), time, NullLogger<RefusalLog>.Instance);
        for (var i = 0; i < 1_000; i++)
        {
            refusals.Note(null, "m", "CREDENTIAL_INVALID");
            refusals.Note(null, $"method-{i}", "CREDENTIAL_INVALID");
        }

        await refusals.StartAsync(default);
        await refusals.WriteNowAsync(default);
        var events = await EventsAsync();
        Assert.Equal(RefusalLog.MostKinds + 1, events.Count);
        Assert.Equal(2_000, events.Sum(entry => entry.Count));
        Assert.Equal(1_000, Assert.Single(events, entry => entry.Method == "m").Count);
        Assert.Equal(2_000 - 1_000 - (RefusalLog.MostKinds - 1), Assert.Single(events, entry => entry.Method == "others").Count);

        // What comes within the interval waits for its end, or for the server's.
        for (var i = 0; i < 10; i++)
        {
            refusals.Note(null, "later", "CREDENTIAL_INVALID");
        }

        await refusals.StopAsync(default);
        Assert.InRange((await EventsAsync()).Count(entry => entry.Method == "later"), 1, 2);
        Assert.Equal(10, (await EventsAsync()).Where(entry => entry.Method == "later").Sum(entry => entry.Count));
        Assert.Empty((await store.VerifyAsync(null, default)).Findings);

        Task<IReadOnlyList<AuditRecord>> EventsAsync() => store.ListAsync(0, null, 1_000, default);
    }
}
