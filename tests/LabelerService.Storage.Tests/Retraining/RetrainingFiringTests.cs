using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Retraining;
using LabelerService.Storage.Tests.Runs;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.Storage.Tests.Retraining;

/// <summary>When policies start runs.</summary>
public sealed class RetrainingFiringTests(RunQueueTests.Databases databases) : PolicyFixture(databases)
{
    [Fact]
    public async Task Eight_schedulers_at_once_start_one_run_for_each_time_that_a_trigger_fires()
    {
        await CreateAsync(Spec(newAnnotations: 10));
        var replicas = Enumerable.Range(0, 8).Select(_ => PostgresFixture.Storage(Database.ConnectionString)).ToArray();
        try
        {
            for (var round = 1; round <= 3; round++)
            {
                await AnnotateAsync(10);
                await ExecuteAsync("UPDATE retraining_policies SET check_time = now()");
                var started = await Task.WhenAll(replicas.Select(replica => Task.Run(async () =>
                {
                    var store = replica.GetRequiredService<RetrainingStore>();
                    var runs = 0;
                    for (var look = 0; look < 10; look++)
                    {
                        // Due at once again, so that all of them go on racing.
                        runs += (await store.LookAsync(Dataset, Policy, TimeSpan.Zero, Lease, default))?.Run is null ? 0 : 1;
                    }

                    return runs;
                })));
                Assert.Equal(1, started.Sum());
                Assert.Equal(round, await CountAsync("training_runs"));
                Assert.Equal(round, await CountAsync("promotion_decisions"));
                await TrainAsync();
            }
        }
        finally
        {
            foreach (var replica in replicas)
            {
                await replica.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task The_run_is_as_the_policy_says_and_the_reason_stands_with_both()
    {
        await CreateAsync(Spec(newAnnotations: 5) with { SeedMode = SeedMode.Next, Priority = 3 });
        await AnnotateAsync(5);
        var first = (await LookAsync())!;
        Assert.Equal(("wdn", "model", 7L, 3, Policy), (first.Algorithm, first.ModelId, first.Seed, first.Priority, first.RetrainingPolicy));
        Assert.Equal("5", first.RequestedSettings["epochs"]);
        Assert.Equal("5 new annotations, 5 are needed", first.RetrainingReason);
        var policy = await Policies.GetAsync(Dataset, Policy, default);
        Assert.Equal((1L, first.RunId, first.RetrainingReason, first.RunId), (policy.Runs, policy.LastRunId, policy.LastTriggerReason, policy.Facts.ActiveRun));

        await TrainAsync();
        await AnnotateAsync(5);
        Assert.Equal(8, (await LookAsync())!.Seed);
    }

    [Fact]
    public async Task Received_revised_and_retracted_annotations_count_since_the_newest_versions_data_and_repeated_ones_do_not()
    {
        await CreateAsync(Spec(newAnnotations: 100));
        var store = Database.Get<AnnotationStore>();
        async Task<long> NewAsync() => (await Policies.GetAsync(Dataset, Policy, default)).Facts.NewAnnotations;

        await store.WriteAsync(Dataset, [new("i0", "a", 0), new("i1", "a", 1)], UnknownLabelers.Register, null, default);
        Assert.Equal(2, await NewAsync());
        await store.WriteAsync(Dataset, [new("i0", "a", 0), new("i1", "a", 2)], UnknownLabelers.Register, null, default);
        Assert.Equal(3, await NewAsync());
        await store.RetractAsync(Dataset, "i0", "a", null, default);
        Assert.Equal(4, await NewAsync());
        await store.WriteAsync(Dataset, [new("i0", "a", 0)], UnknownLabelers.Register, null, default);
        Assert.Equal(5, await NewAsync());

        // A run that somebody started counts, too, from when its data are read and not from its end.
        await Runs.CreateAsync(Dataset, Some.Run("by-hand"), null, default);
        var lease = (await Runs.TryClaimAsync("t", Lease, default))!;
        await Runs.SetEffectiveSettingsAsync(lease, new Dictionary<string, string>(), default);
        await AnnotateAsync(3);
        Assert.Equal(8, await NewAsync());
        await Runs.PublishAsync(lease, [1], Some.Manifest(), default);
        Assert.Equal(3, await NewAsync());
    }

    [Fact]
    public async Task Nothing_piles_up_while_the_run_waits_or_runs_and_a_run_that_failed_is_not_repeated_without_news()
    {
        await CreateAsync(Spec(newAnnotations: 5));
        await AnnotateAsync(5);
        Assert.NotNull(await LookAsync());
        await AnnotateAsync(20);
        Assert.Null(await LookAsync());
        var lease = (await Runs.TryClaimAsync("t", Lease, default))!;
        await AnnotateAsync(20);
        Assert.Null(await LookAsync());
        await Runs.FailAsync(lease, "out of memory", default);

        // What came meanwhile makes one run; when that fails, nothing is new.
        Assert.NotNull(await LookAsync());
        await Runs.FailAsync((await Runs.TryClaimAsync("t", Lease, default))!, "out of memory", default);
        Assert.Null(await LookAsync());
        await AnnotateAsync(5);
        Assert.NotNull(await LookAsync());
    }

    [Fact]
    public async Task Missed_times_of_a_schedule_make_one_run_and_the_next_time_lies_ahead()
    {
        var created = await CreateAsync(Spec(schedule: new ScheduleSpec("0 3 * * *", "Europe/Vienna")));
        Assert.True(created.NextScheduledTime > created.CreateTime);
        await AnnotateAsync(1);
        Assert.Null(await LookAsync());

        await ExecuteAsync("UPDATE retraining_policies SET next_scheduled_time = now() - interval '3 days'");
        var run = await LookAsync();
        Assert.Contains("0 3 * * * Europe/Vienna was due", run!.RetrainingReason, StringComparison.Ordinal);
        await TrainAsync();
        Assert.Null(await LookAsync());
        var policy = await Policies.GetAsync(Dataset, Policy, default);
        Assert.True(policy.NextScheduledTime > policy.Facts.Now);
    }

    [Fact]
    public async Task The_shortest_interval_a_pause_and_a_dataset_without_annotations_hold_back()
    {
        await CreateAsync(Spec(schedule: new ScheduleSpec("* * * * *", ""), interval: TimeSpan.FromHours(1)));
        await ExecuteAsync("UPDATE retraining_policies SET next_scheduled_time = now() - interval '1 minute'");
        Assert.Null(await LookAsync());
        Assert.Contains("no annotations", RetrainingRules.HeldBackBy(await Policies.GetAsync(Dataset, Policy, default)), StringComparison.Ordinal);

        await AnnotateAsync(1);
        Assert.NotNull(await LookAsync());
        await TrainAsync();
        await ExecuteAsync("UPDATE retraining_policies SET next_scheduled_time = now() - interval '1 minute'");
        Assert.Null(await LookAsync());
        Assert.Contains("min_interval", RetrainingRules.HeldBackBy(await Policies.GetAsync(Dataset, Policy, default)), StringComparison.Ordinal);

        await ExecuteAsync("UPDATE retraining_policies SET last_trigger_time = now() - interval '2 hours'");
        await Policies.UpdateAsync(Dataset, Policy, spec => spec with { Paused = true }, null, default);
        await ExecuteAsync("UPDATE retraining_policies SET next_scheduled_time = now() - interval '1 minute'");
        Assert.Null(await LookAsync());
        await Policies.UpdateAsync(Dataset, Policy, spec => spec with { MinInterval = TimeSpan.FromHours(2) }, null, default);
        Assert.Null(await LookAsync());
    }

    [Fact]
    public async Task A_search_for_drift_is_one_schedulers_until_its_lease_lapses_and_only_the_latest_may_start_a_run()
    {
        await CreateAsync(Spec(drift: new DriftSpec(10, 0.05)));
        await AnnotateAsync(10);
        await Runs.CreateAsync(Dataset, Some.Run("champion"), null, default);
        await TrainAsync();
        await AnnotateAsync(9);
        Assert.Null((await DriftAsync())!.DriftSearch);
        await AnnotateAsync(1);
        var slow = (await DriftAsync())!.DriftSearch!;
        Assert.Equal(1, slow.Look);
        Assert.Null((await DriftAsync())!.DriftSearch);

        await ExecuteAsync("UPDATE retraining_policies SET drift_lease_until = now() - interval '1 second'");
        var second = (await DriftAsync())!.DriftSearch!;
        Assert.Null(await Policies.FinishDriftSearchAsync(Dataset, slow, "alarm", "found", default));
        Assert.Null(await Policies.FinishDriftSearchAsync(Dataset, second, null, "nothing", default));

        // The next look comes when there is enough that is new, and is stricter.
        Assert.Null((await DriftAsync())!.DriftSearch);
        await AnnotateAsync(10);
        var third = (await DriftAsync())!.DriftSearch!;
        Assert.Equal(2, third.Look);
        var run = await Policies.FinishDriftSearchAsync(Dataset, third, "labeler l1 got worse", "found", default);
        Assert.Equal("labeler l1 got worse", run!.RetrainingReason);
        Assert.Null(await Policies.FinishDriftSearchAsync(Dataset, third, "labeler l1 got worse", "found", default));

        async Task<PolicyLook?> DriftAsync()
        {
            await ExecuteAsync("UPDATE retraining_policies SET check_time = now()");
            return await Policies.LookAsync(Dataset, Policy, TimeSpan.Zero, Lease, default);
        }
    }

    [Fact]
    public async Task Policies_are_guarded_by_etags_and_their_names_are_unique()
    {
        var created = await CreateAsync(Spec(newAnnotations: 5));
        await Some.FailsAsync(ErrorKind.AlreadyExists, "retraining_policy_id", () => CreateAsync(Spec(newAnnotations: 5)));
        var updated = await Policies.UpdateAsync(Dataset, Policy, spec => spec with { MinNewAnnotations = 6 }, created.Version, default);
        Assert.Equal((6L, created.Version + 1), (updated.Spec.MinNewAnnotations, updated.Version));
        await Some.FailsAsync(ErrorKind.Aborted, "etag", () => Policies.UpdateAsync(Dataset, Policy, spec => spec, created.Version, default));
        await Some.FailsAsync(ErrorKind.Aborted, "etag", () => Policies.DeleteAsync(Dataset, Policy, created.Version, default));
        await Policies.DeleteAsync(Dataset, Policy, updated.Version, default);
        await Some.FailsAsync(ErrorKind.NotFound, () => Policies.GetAsync(Dataset, Policy, default));
    }

    [Fact]
    public async Task A_repeated_request_gives_the_first_answer()
    {
        var request = Some.Request();
        var first = await Policies.CreateAsync(Dataset, Policy, Spec(newAnnotations: 5), request, default);
        var again = await Policies.CreateAsync(Dataset, Policy, Spec(newAnnotations: 5), request, default);
        Assert.Equal((first.Uid, first.Version), (again.Uid, again.Version));
        Assert.Equal(1, await CountAsync("retraining_policies"));
    }

    [Fact]
    public async Task A_deleted_dataset_takes_policies_and_decisions_along()
    {
        await CreateAsync(Spec(newAnnotations: 5));
        await AnnotateAsync(5);
        await LookAsync();
        await Database.Get<DatasetStore>().DeleteAsync(Dataset.Id, null, default);
        Assert.Equal((0L, 0L), (await CountAsync("retraining_policies"), await CountAsync("promotion_decisions")));
        Assert.Empty(await Policies.DueAsync(10, default));
        await Some.FailsAsync(ErrorKind.NotFound, () => Policies.LookAsync(Dataset, Policy, TimeSpan.Zero, Lease, default));
    }
}
