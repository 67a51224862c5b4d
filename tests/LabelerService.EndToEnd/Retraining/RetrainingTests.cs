using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;

namespace LabelerService.EndToEnd.Retraining;

/// <summary>Labels come in, a model is trained by itself, and only a better one becomes champion.</summary>
[Collection(SharedService.Name)]
public sealed class RetrainingTests(ServiceFixture fixture)
{
    private const string ModelId = "scenes";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly RunningService _service = fixture.Service;

    private RetrainingService.RetrainingServiceClient Retraining => new(_service.Channel);

    [Fact]
    public async Task New_labels_start_a_run_by_themselves_and_a_better_candidate_is_promoted_and_a_worse_one_is_not()
    {
        var crowd = await SimulatedDataset.CreateAsync(_service);
        var weak = await TrainWeakAsync(crowd.Dataset);

        // Set on the command line, as people do.
        var set = await CliInProcess.RunAsync(
            _service, "retrain", "policy", "set", crowd.Dataset, "--model", "dn", "--model-id", ModelId, "--set", "epochs=20", "--set", "hidden=16",
            "--new-labels", "50", "--promote", "if-better");
        Assert.Contains("after 50 new labels", set.Succeeded(), StringComparison.Ordinal);
        var name = $"{crowd.Dataset}/retrainingPolicies/default";
        var before = await Retraining.EvaluateRetrainingPolicyAsync(new EvaluateRetrainingPolicyRequest { Name = name });
        Assert.False(before.WouldStart);
        Assert.Equal("0 new annotations, 50 are needed", Assert.Single(before.Triggers).Evidence);

        await AnnotateAsync(crowd.Dataset, "extra", 60);
        var promoted = await DecisionAsync(name, 1);
        Assert.True(promoted.Outcome == PromotionDecision.Types.Outcome.Promoted, promoted.ToString());
        Assert.Equal(weak, promoted.ChampionVersion);
        Assert.Equal(("accuracy", EvaluationBasis.Gold, Split.Test, 100, 0.95), (
            promoted.Comparison.Metric, promoted.Comparison.Basis, promoted.Comparison.Split, promoted.Comparison.Count, promoted.Comparison.Level));
        Assert.InRange(promoted.Comparison.Lower, 1e-9, promoted.Comparison.Difference);
        Assert.InRange(promoted.Comparison.PValue, 0, 0.05);
        var run = await _service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = promoted.TrainingRun });
        Assert.Equal((name, "60 new annotations, 50 are needed"), (run.RetrainingPolicy, run.RetrainingReason));
        Assert.Equal(promoted.CandidateVersion, await AliasAsync(crowd.Dataset, "champion"));
        Assert.Equal(promoted.CandidateVersion, await AliasAsync(crowd.Dataset, "candidate"));

        // From now on the policy trains what learns nothing.
        var policy = await Retraining.GetRetrainingPolicyAsync(new GetRetrainingPolicyRequest { Name = name });
        policy.Algorithm = "bn";
        policy.Settings.Clear();
        policy.Settings.Add(Weak);
        await Retraining.UpdateRetrainingPolicyAsync(new UpdateRetrainingPolicyRequest
        {
            RetrainingPolicy = policy,
            UpdateMask = new FieldMask { Paths = { "algorithm", "settings" } },
        });
        await AnnotateAsync(crowd.Dataset, "another", 50);
        var kept = await DecisionAsync(name, 2);
        Assert.True(kept.Outcome == PromotionDecision.Types.Outcome.Kept, kept.ToString());
        Assert.Equal(promoted.CandidateVersion, kept.ChampionVersion);
        Assert.InRange(kept.Comparison.Difference, -1, 0);
        Assert.Equal(promoted.CandidateVersion, await AliasAsync(crowd.Dataset, "champion"));
        Assert.Equal(kept.CandidateVersion, await AliasAsync(crowd.Dataset, "candidate"));

        var listed = JsonDocument.Parse((await CliInProcess.RunAsync(_service, "retrain", "decisions", crowd.Dataset, "--json")).Succeeded());
        Assert.Equal(
            ["kept", "promoted"], listed.RootElement.GetProperty("promotion_decisions").EnumerateArray().Select(entry => entry.GetProperty("outcome").GetString()));
        var shown = (await CliInProcess.RunAsync(_service, "retrain", "policy", "show", crowd.Dataset)).Succeeded();
        Assert.Contains("after 50 new labels", shown, StringComparison.Ordinal);
        Assert.Contains("champion kept", shown, StringComparison.Ordinal);
        Assert.Contains("nothing would start now", (await CliInProcess.RunAsync(_service, "retrain", "check", crowd.Dataset)).Succeeded(), StringComparison.Ordinal);
        (await CliInProcess.RunAsync(_service, "retrain", "policy", "delete", crowd.Dataset)).Succeeded();
        Assert.Equal(1, (await CliInProcess.RunAsync(_service, "retrain", "check", crowd.Dataset)).ExitCode);
    }

    [Fact]
    public async Task Without_held_out_data_nothing_is_promoted_and_the_decision_says_what_to_import()
    {
        var dataset = await _service.CreateDatasetAsync(4);
        await _service.CreateItemsAsync(dataset, 30);
        await AnnotateAsync(dataset, "first", 30, "i");
        await TrainWeakAsync(dataset);
        var policy = await CreateAsync(dataset, created =>
        {
            created.Algorithm = "bn";
            created.Settings.Add(Weak);
            created.Triggers = new RetrainingTriggers { MinNewAnnotations = 10 };
        });
        await AnnotateAsync(dataset, "second", 10, "i");
        var decision = await DecisionAsync(policy.Name, 1);
        Assert.True(decision.Outcome == PromotionDecision.Types.Outcome.NotCompared, decision.ToString());
        Assert.Contains("Import gold labels", decision.Reason, StringComparison.Ordinal);
        Assert.EndsWith("/versions/1", await AliasAsync(dataset, "champion"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_labeler_that_turns_bad_starts_a_run_and_the_dry_run_shows_who()
    {
        var crowd = await SimulatedDataset.CreateAsync(_service);
        var run = await _service.Training.CreateTrainingRunAsync(new CreateTrainingRunRequest
        {
            Parent = crowd.Dataset,
            TrainingRun = new TrainingRun { Algorithm = "dn", ModelId = ModelId, Settings = { ["epochs"] = "20", ["hidden"] = "16" } },
        });
        Assert.Equal(TrainingRun.Types.State.Succeeded, (await TrainAndPredictTests.WatchToEndAsync(_service, run)).State);
        var policy = await CreateAsync(crowd.Dataset, created =>
        {
            created.Paused = true;
            created.Settings.Add(Weak);
            created.Triggers = new RetrainingTriggers { LabelerDrift = new LabelerDriftTrigger { MinLabels = 50 } };
        });

        // All say anew what the model says, and the best labeler the opposite.
        var predicted = new List<(string Item, int Class)>();
        foreach (var batch in Enumerable.Range(0, 100).Chunk(50))
        {
            var answer = await _service.Predictions.BatchPredictAsync(new BatchPredictRequest
            {
                Dataset = crowd.Dataset,
                Model = new ModelSelector { Model = $"{crowd.Dataset}/models/{ModelId}" },
                Items = new ItemIds { ItemIds_ = { batch.Select(i => $"valid{i}") } },
            });
            predicted.AddRange(batch.Zip(answer.Predictions.PredictedClassIndexes, (i, top) => ($"valid{i}", top)));
        }

        foreach (var labeler in Enumerable.Range(0, SimulatedDataset.Labelers))
        {
            await _service.AnnotateAsync(crowd.Dataset, [.. predicted.Select(entry => new Annotation
            {
                ItemId = entry.Item,
                LabelerId = $"labeler{labeler}",
                ClassIndex = labeler == 0 ? 1 - entry.Class : entry.Class,
            })]);
        }

        var check = await Retraining.EvaluateRetrainingPolicyAsync(new EvaluateRetrainingPolicyRequest { Name = policy.Name });
        Assert.Equal("the policy is paused", check.HeldBackBy);
        Assert.False(check.WouldStart);
        var trigger = Assert.Single(check.Triggers);
        Assert.True(trigger.Fires, trigger.Evidence);
        Assert.Contains("labeler labeler0", trigger.Evidence, StringComparison.Ordinal);
        Assert.Equal(["labeler0"], check.Labelers.Where(labeler => labeler.Alarm).Select(labeler => labeler.LabelerId));
        Assert.Equal((100, 0), (check.Labelers[0].RecentCount, check.Labelers[0].RecentAgreements));

        policy.Paused = false;
        await Retraining.UpdateRetrainingPolicyAsync(new UpdateRetrainingPolicyRequest
        {
            RetrainingPolicy = policy,
            UpdateMask = new FieldMask { Paths = { "paused" } },
        });
        var decision = await DecisionAsync(policy.Name, 1);
        var started = await _service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = decision.TrainingRun });
        Assert.Contains("labeler labeler0", started.RetrainingReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_policies_are_refused_naming_every_field_and_leave_nothing()
    {
        var dataset = await _service.CreateDatasetAsync();
        (string Field, Action<RetrainingPolicy> Break)[] cases =
        [
            ("retraining_policy.algorithm", policy => policy.Algorithm = "oracle"),
            ("retraining_policy.settings[magic]", policy => policy.Settings["magic"] = "1"),
            ("retraining_policy.settings[epochs]", policy => policy.Settings["epochs"] = "many"),
            ("retraining_policy.model_id", policy => policy.ModelId = "No Id"),
            ("retraining_policy.priority", policy => policy.Priority = 101),
            ("retraining_policy.triggers", policy => policy.Triggers = null),
            ("retraining_policy.triggers.min_new_annotations", policy => policy.Triggers.MinNewAnnotations = -1),
            ("retraining_policy.triggers.schedule.cron", policy => policy.Triggers.Schedule = new RetrainingSchedule { Cron = "61 * * * *" }),
            ("retraining_policy.triggers.schedule.time_zone", policy => policy.Triggers.Schedule = new RetrainingSchedule { Cron = "0 3 * * *", TimeZone = "Mars/Olympus" }),
            ("retraining_policy.triggers.labeler_drift.min_labels", policy => policy.Triggers.LabelerDrift = new LabelerDriftTrigger { MinLabels = -5 }),
            ("retraining_policy.triggers.labeler_drift.false_alarm_rate", policy => policy.Triggers.LabelerDrift = new LabelerDriftTrigger { FalseAlarmRate = double.NaN }),
            ("retraining_policy.min_interval", policy => policy.MinInterval = new Duration { Seconds = -1 }),
            ("retraining_policy.promotion.split", policy => policy.Promotion = new PromotionRule { Split = Split.Train }),
            ("retraining_policy.promotion.level", policy => policy.Promotion = new PromotionRule { Level = 1.5 }),
            ("retraining_policy.promotion.basis", policy => policy.Promotion = new PromotionRule { Basis = (EvaluationBasis)77 }),
            ("retraining_policy.seed_mode", policy => policy.SeedMode = (RetrainingPolicy.Types.SeedMode)77),
        ];
        foreach (var (field, spoil) in cases)
        {
            await Requests.RefusedAsync(StatusCode.InvalidArgument, field, () => CreateAsync(dataset, spoil));
        }

        var both = await Requests.RefusedAsync(StatusCode.InvalidArgument, "retraining_policy.priority", () => CreateAsync(dataset, policy =>
        {
            policy.Priority = 101;
            policy.Triggers.MinNewAnnotations = -1;
        }));
        Assert.Contains("and 1 more", both.Status.Detail, StringComparison.Ordinal);
        Assert.Empty((await Retraining.ListRetrainingPoliciesAsync(new ListRetrainingPoliciesRequest { Parent = dataset })).RetrainingPolicies);

        var created = await CreateAsync(dataset, _ => { });
        await Requests.RefusedAsync(StatusCode.AlreadyExists, "retraining_policy_id", () => CreateAsync(dataset, _ => { }));
        created.Priority = 5;
        var updated = await UpdateAsync(created, "priority");
        Assert.Equal((5, created.Algorithm, created.Triggers), (updated.Priority, updated.Algorithm, updated.Triggers));
        await Requests.RefusedAsync(StatusCode.Aborted, "retraining_policy.etag", () => UpdateAsync(created, "priority"));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "update_mask", () => UpdateAsync(updated, "uid"));
        updated.Triggers.Schedule = new RetrainingSchedule { Cron = "never" };
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "retraining_policy.triggers.schedule.cron", () => UpdateAsync(updated, "triggers"));
        await Requests.RefusedAsync(StatusCode.Aborted, "etag", async () => await Retraining.DeleteRetrainingPolicyAsync(
            new DeleteRetrainingPolicyRequest { Name = created.Name, Etag = created.Etag }));
        await Requests.RefusedAsync(StatusCode.NotFound, "name", async () => await Retraining.GetRetrainingPolicyAsync(
            new GetRetrainingPolicyRequest { Name = $"{dataset}/retrainingPolicies/none" }));
    }

    private static Dictionary<string, string> Weak => new() { ["epochs"] = "1", ["hidden"] = "16", ["learning_rate"] = "0.00001" };

    private Task<RetrainingPolicy> CreateAsync(string dataset, Action<RetrainingPolicy> change)
    {
        var policy = new RetrainingPolicy
        {
            Algorithm = "dn",
            ModelId = ModelId,
            Triggers = new RetrainingTriggers { MinNewAnnotations = 1_000 },
            Promotion = new PromotionRule { Mode = PromotionRule.Types.Mode.IfBetter },
        };
        change(policy);
        return Retraining.CreateRetrainingPolicyAsync(new CreateRetrainingPolicyRequest
        {
            Parent = dataset,
            RetrainingPolicyId = "policy",
            RetrainingPolicy = policy,
        }).ResponseAsync;
    }

    private Task<RetrainingPolicy> UpdateAsync(RetrainingPolicy policy, string field) =>
        Retraining.UpdateRetrainingPolicyAsync(new UpdateRetrainingPolicyRequest
        {
            RetrainingPolicy = policy,
            UpdateMask = new FieldMask { Paths = { field } },
        }).ResponseAsync;

    private async Task<string> TrainWeakAsync(string dataset)
    {
        var run = new TrainingRun { Algorithm = "bn", ModelId = ModelId, Seed = 1 };
        run.Settings.Add(Weak);
        var created = await _service.Training.CreateTrainingRunAsync(new CreateTrainingRunRequest { Parent = dataset, TrainingRun = run });
        var ended = await TrainAndPredictTests.WatchToEndAsync(_service, created);
        Assert.True(ended.State == TrainingRun.Types.State.Succeeded, ended.ToString());
        return ended.ModelVersion;
    }

    private Task AnnotateAsync(string dataset, string labeler, int count, string prefix = "train") => _service.AnnotateAsync(
        dataset, [.. Enumerable.Range(0, count).Select(i => new Annotation { ItemId = $"{prefix}{i}", LabelerId = labeler, ClassIndex = i % 2 })]);

    private async Task<string> AliasAsync(string dataset, string alias) =>
        (await _service.Models.GetModelAsync(new GetModelRequest { Name = $"{dataset}/models/{ModelId}" })).Aliases.Single(entry => entry.Alias == alias).Version;

    /// <summary>The latest of so many decisions, once it is taken.</summary>
    private async Task<PromotionDecision> DecisionAsync(string policy, int count)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var listed = await Retraining.ListPromotionDecisionsAsync(new ListPromotionDecisionsRequest { Parent = policy }, cancellationToken: limit.Token);
            if (listed.PromotionDecisions.Count >= count && listed.PromotionDecisions[0].Outcome != PromotionDecision.Types.Outcome.Pending)
            {
                Assert.Equal(count, listed.PromotionDecisions.Count);
                return listed.PromotionDecisions[0];
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), limit.Token);
        }
    }
}
