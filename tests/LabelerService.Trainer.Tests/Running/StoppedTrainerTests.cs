using System.Diagnostics;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Suites;
using LabelerService.Trainer.Tests.Hosting;
using Npgsql;
using Xunit.Abstractions;

namespace LabelerService.Trainer.Tests.Running;

/// <summary>Trainers whose processes are stopped longer than their lease, as a suspended machine does it, and that then go on as if nothing had been.</summary>
[Trait("Suite", "faults")]
public sealed class StoppedTrainerTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly string[] Settings = ["epochs=1000", "averaging_epochs=5", "bootstrap_resamples=0", "weight_resamples=0"];
    private Queue _queue = null!;

    public async Task InitializeAsync() => _queue = await Queue.CreateAsync();

    public Task DisposeAsync() => _queue.DisposeAsync().AsTask();

    [Fact]
    public async Task A_trainer_stopped_past_its_lease_is_fenced_off_when_it_goes_on_and_then_trains_the_next_run()
    {
        var rounds = LongForm.Of(1, 5);
        using var first = Start("first");
        using var second = Start("second");
        for (var round = 1; round <= rounds; round++)
        {
            var id = $"run-{round}";
            await _queue.AddAsync(id, "wdn", Settings);
            var claimed = await _queue.UntilAsync(id, run => run.LastCheckpointTime is not null);

            // Whichever has it.
            var victim = claimed.LeaseOwner == "first" ? first : second;
            await SignalAsync("STOP", victim.Id);
            await _queue.UntilAsync(id, run =>
            {
                // Stopped for as long as a lease lasts: nobody waits for that, and on a machine that stands still itself no lease lapses but this one.
                LapseLease(id, claimed.LeaseOwner!);
                return run.Attempt == 2 && run.LeaseOwner != claimed.LeaseOwner;
            });

            // It goes on while the other one trains: two at once believe that the run is theirs.
            await SignalAsync("CONT", victim.Id);
            var ended = await _queue.UntilEndedAsync(id);
            Assert.Equal((RunState.Succeeded, 2, 1), (ended.State, ended.Attempt, ended.ResumedCount));
            var events = await _queue.EventsAsync(id);
            Assert.Equal((2, 1), (events.Count(kind => kind == RunEventKind.Started), events.Count(kind => kind == RunEventKind.Succeeded)));
            Assert.Equal(RunEventKind.Succeeded, events[^1]);
            Assert.Equal(round, (await _queue.Get<ModelStore>().ListVersionsAsync(_queue.Dataset, "wdn", null, 100, default)).Count);
            output.WriteLine($"round {round}: {claimed.LeaseOwner} stopped, {ended.LeaseOwner} published");

            // The one that was fenced off is of use again, alone.
            var other = victim == first ? second : first;
            await SignalAsync("STOP", other.Id);
            await _queue.AddAsync($"after-{round}", "bn", "epochs=1", "bootstrap_resamples=0");
            var after = await _queue.UntilEndedAsync($"after-{round}");
            Assert.Equal((RunState.Succeeded, claimed.LeaseOwner), (after.State, after.LeaseOwner));
            await SignalAsync("CONT", other.Id);
        }

        first.Kill();
        second.Kill();
        await first.EndAsync();
        await second.EndAsync();
        SuiteReport.Add("faults", "trainers stopped past their lease and continued", ("stopped", rounds), ("runs with two versions", 0), ("writes after the fence", 0));

        TrainerProcess Start(string name) => new(_queue.ConnectionString, "--name", name, "--checkpoint-every", "0.05");
    }

    private void LapseLease(string run, string owner)
    {
        using var source = NpgsqlDataSource.Create(_queue.ConnectionString + ";Pooling=false");
        using var command = source.CreateCommand(
            "UPDATE training_runs SET lease_expires_at = clock_timestamp() - interval '1 s' WHERE run_id = $1 AND lease_owner = $2 AND state = 2");
        command.Parameters.Add(new NpgsqlParameter { Value = run });
        command.Parameters.Add(new NpgsqlParameter { Value = owner });
        command.ExecuteNonQuery();
    }

    private static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process}"]);
        await kill.WaitForExitAsync();
    }
}
