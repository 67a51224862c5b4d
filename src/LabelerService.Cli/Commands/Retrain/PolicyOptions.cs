using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Completion;
using LabelerService.Contracts.V1;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace LabelerService.Cli.Commands.Retrain;

/// <summary>The options that set a policy; each changes only what it names.</summary>
internal sealed class PolicyOptions
{
    private readonly Option<string?> _model = new Option<string?>("--model") { Description = "Algorithm to train, as for `labeler train`; needed for a new policy", HelpName = "ALGORITHM" }.Names(NameKind.Algorithm);
    private readonly Option<string?> _modelId = new("--model-id") { Description = "Model that gets the versions [default: the algorithm's name]", HelpName = "ID" };
    private readonly Option<KeyValuePair<string, string>[]> _settings = CommonArguments.Settings();
    private readonly Option<long> _seed = new("--seed") { Description = "Seed of the runs", HelpName = "NUMBER" };
    private readonly Option<string> _seedMode = Choice("--seed-mode", "same: every run has the seed; next: each run the next number", "same", "next");
    private readonly Option<int> _priority = new("--priority") { Description = "Priority of the runs, -100 to 100", HelpName = "NUMBER" };
    private readonly Option<bool> _warmStart = new("--warm-start") { Description = "Start runs from the champion's weights (or not: --warm-start false)" };
    private readonly Option<long> _newLabels = new("--new-labels") { Description = "Train after so many labels were received, revised or retracted; 0 for no such trigger", HelpName = "NUMBER" };
    private readonly Option<string?> _cron = new("--cron") { Description = "Train at these times: minute hour day month weekday; empty for no schedule", HelpName = "FIELDS" };
    private readonly Option<string?> _timeZone = new("--time-zone") { Description = "Time zone of --cron, such as Europe/Vienna [default: UTC]", HelpName = "ZONE" };
    private readonly Option<int> _drift = new("--drift") { Description = "Train when a labeler agrees less with the champion than before, tested from so many of its labels on; 0 for no such trigger", HelpName = "LABELS" };
    private readonly Option<double> _driftRate = new("--drift-rate") { Description = "Probability of a false alarm of --drift between two runs [default: 0.05]", HelpName = "SHARE" };
    private readonly Option<TimeSpan?> _minInterval = new("--min-interval")
    {
        Description = "Shortest time from one start to the next",
        HelpName = "1d|12h|30m",
        CustomParser = result => CommonArguments.Parse(result, KeyCommand.ParseLifetime, "a time is a number of days, hours or minutes: 1d, 12h, 30m"),
    };

    private readonly Option<string> _promote = Choice("--promote", "if-better: the new version becomes champion if a paired test says that it is better", "never", "if-better");
    private readonly Option<string> _basis = Choice("--basis", "Measure against gold classes, or what labelers said of held-out items", "gold", "labelers");
    private readonly Option<string> _split = Choice("--split", "Held-out items to measure on", "test", "valid");
    private readonly Option<double> _level = new("--level") { Description = "Level of the paired test [default: 0.95]", HelpName = "SHARE" };
    private readonly Option<bool> _pause = new("--pause") { Description = "Start nothing for now" };
    private readonly Option<bool> _resume = new("--resume") { Description = "Start runs again" };

    /// <summary>All options.</summary>
    public IEnumerable<Option> All =>
    [
        _model, _modelId, _settings, _seed, _seedMode, _priority, _warmStart, _newLabels, _cron, _timeZone, _drift, _driftRate, _minInterval,
        _promote, _basis, _split, _level, _pause, _resume,
    ];

    /// <summary>Puts what is given into a policy.</summary>
    /// <returns>The fields that were given.</returns>
    public IReadOnlyList<string> Apply(CommandRun run, RetrainingPolicy policy)
    {
        var fields = new List<string>();
        Take(_model, "algorithm", () => policy.Algorithm = run.Get(_model));
        Take(_modelId, "model_id", () => policy.ModelId = run.Get(_modelId));
        Take(_settings, "settings", () =>
        {
            policy.Settings.Clear();
            foreach (var (key, value) in run.Get(_settings))
            {
                policy.Settings.Add(key, value);
            }
        });
        Take(_seed, "seed", () => policy.Seed = run.Get(_seed));
        Take(_seedMode, "seed_mode", () => policy.SeedMode = run.Get(_seedMode) == "next" ? RetrainingPolicy.Types.SeedMode.Next : RetrainingPolicy.Types.SeedMode.Same);
        Take(_priority, "priority", () => policy.Priority = run.Get(_priority));
        Take(_warmStart, "warm_start", () => policy.WarmStart = run.Get(_warmStart));
        ApplyTriggers(run, policy, Take);
        Take(_minInterval, "min_interval", () => policy.MinInterval = run.Get(_minInterval) is { } interval ? Duration.FromTimeSpan(interval) : null);
        ApplyPromotion(run, policy, Take);
        if (run.Get(_pause) && run.Get(_resume))
        {
            throw new UsageException("--pause and --resume exclude each other");
        }

        Take(_pause, "paused", () => policy.Paused = run.Get(_pause));
        Take(_resume, "paused", () => policy.Paused = !run.Get(_resume));
        return [.. fields.Distinct()];

        void Take(Option option, string field, Action apply)
        {
            if (run.Has(option))
            {
                apply();
                fields.Add(field);
            }
        }
    }

    private void ApplyTriggers(CommandRun run, RetrainingPolicy policy, Action<Option, string, Action> take)
    {
        const string field = "triggers";
        var triggers = policy.Triggers?.Clone() ?? new RetrainingTriggers();
        take(_newLabels, field, () => triggers.MinNewAnnotations = run.Get(_newLabels));
        take(_cron, field, () => triggers.Schedule = string.IsNullOrEmpty(run.Get(_cron))
            ? null
            : new RetrainingSchedule { Cron = run.Get(_cron), TimeZone = triggers.Schedule?.TimeZone ?? "" });
        take(_timeZone, field, () => (triggers.Schedule ?? throw new UsageException("--time-zone goes with --cron")).TimeZone = run.Get(_timeZone));
        take(_drift, field, () => triggers.LabelerDrift = run.Get(_drift) == 0
            ? null
            : new LabelerDriftTrigger { MinLabels = run.Get(_drift), FalseAlarmRate = triggers.LabelerDrift?.FalseAlarmRate ?? 0 });
        take(_driftRate, field, () => (triggers.LabelerDrift ?? throw new UsageException("--drift-rate goes with --drift")).FalseAlarmRate = run.Get(_driftRate));
        policy.Triggers = triggers;
    }

    private void ApplyPromotion(CommandRun run, RetrainingPolicy policy, Action<Option, string, Action> take)
    {
        const string field = "promotion";
        var rule = policy.Promotion?.Clone() ?? new PromotionRule();
        take(_promote, field, () => rule.Mode = run.Get(_promote) == "if-better" ? PromotionRule.Types.Mode.IfBetter : PromotionRule.Types.Mode.Never);
        take(_basis, field, () => rule.Basis = run.Get(_basis) == "labelers" ? EvaluationBasis.Labelers : EvaluationBasis.Gold);
        take(_split, field, () => rule.Split = run.Get(_split) == "valid" ? Split.Validation : Split.Test);
        take(_level, field, () => rule.Level = run.Get(_level));
        policy.Promotion = rule;
    }

    private static Option<string> Choice(string name, string description, string first, string second) => new(name)
    {
        Description = description,
        HelpName = $"{first}|{second}",
        CustomParser = result => CommonArguments.Parse(
            result, text => text == first || text == second ? text : null, $"it is {first} or {second}") ?? first,
    };
}
