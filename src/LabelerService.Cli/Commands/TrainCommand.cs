using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Completion;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary><c>train</c>: queues a run and, if asked to, waits for its model.</summary>
internal static class TrainCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var model = new Option<string>("--model")
        {
            Description = "auto, or an algorithm such as wdn or consensus; `labeler algorithms` lists them with their settings",
            HelpName = "ALGORITHM",
            Required = true,
        }.Names(NameKind.Algorithm);
        var seed = new Option<long>("--seed") { Description = "Seed of every random choice", HelpName = "NUMBER", DefaultValueFactory = _ => 1 };
        var settings = CommonArguments.Settings();
        var modelId = new Option<string?>("--model-id")
        {
            Description = "Model that gets the new version [default: the algorithm's name]",
            HelpName = "ID",
            CustomParser = result => CommonArguments.Parse(
                result, text => ResourceName.IsId(text) ? text : null, "a model's id is 1 to 63 of a-z, 0-9 and -"),
        };
        var priority = new Option<int>("--priority") { Description = "Higher goes first, -100 to 100", HelpName = "NUMBER" };
        priority.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < -100 or > 100)
            {
                result.AddError("--priority is a whole number from -100 to 100");
            }
        });
        var warmStart = new Option<string?>("--warm-start")
        {
            Description = "Start from this version's weights instead of from nothing; for bn, dn, wdn, iwdn and biwdn",
            HelpName = "VERSION",
            CustomParser = result => CommonArguments.Parse(
                result, text => ResourceName.TryParseModelVersion(text, out _, out _, out _) ? text : null,
                "--warm-start takes the name of a version, datasets/DATASET/models/MODEL/versions/NUMBER"),
        };
        warmStart.Names(NameKind.ModelOrVersion);
        var wait = new Option<bool>("--wait") { Description = "Wait for the end and print the name of the model version" };
        var command = new Command("train", "Train a model on a dataset's annotations; prints the run's name, with --wait the model version's")
        {
            name, model, seed, settings, modelId, priority, warmStart, wait,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var wanted = new TrainingRun
            {
                Algorithm = run.Get(model),
                Seed = run.Get(seed),
                ModelId = run.Get(modelId) ?? "",
                Priority = run.Get(priority),
                WarmStartVersion = run.Get(warmStart) ?? "",
            };
            await QueueAsync(run, run.Get(name), wanted, run.Get(settings), run.Get(wait), cancellationToken);
        });
        HelpWithExamples.Add(
            command,
            "labeler train scenes --model wdn --wait",
            "labeler train scenes --model dn --seed 7 --set epochs=100 --set hidden=256,128 --model-id deep --wait",
            "labeler train scenes --model wdn --warm-start datasets/scenes/models/wdn/versions/3 --set epochs=10 --wait");
        return command;
    }

    /// <summary>Queues a run and prints its name, or waits for its end and prints the name of what it made.</summary>
    public static async Task QueueAsync(
        CommandRun run, string dataset, TrainingRun wanted, IEnumerable<KeyValuePair<string, string>> settings, bool wait,
        CancellationToken cancellationToken)
    {
        foreach (var (key, value) in settings)
        {
            wanted.Settings.Add(key, value);
        }

        var created = await run.Service.Training.CreateTrainingRunAsync(
            new CreateTrainingRunRequest { Parent = dataset, TrainingRun = wanted, RequestId = ServiceConnection.NewRequestId() },
            cancellationToken: cancellationToken);
        if (wait)
        {
            await RunWaiting.WaitAsync(run, created.Name, happened: null, cancellationToken);
            return;
        }

        await SayPlaceAsync(run, created, cancellationToken);
        run.Terminal.Result(RunDocument.Of(created), created.Name);
    }

    // Says where a run that was just queued is, and that there is no trainer where there is none.
    private static async Task SayPlaceAsync(CommandRun run, TrainingRun created, CancellationToken cancellationToken)
    {
        if (QueueText.Place(created, run.Time.GetUtcNow()) is { } place)
        {
            run.Terminal.Note($"the run is {place}");
        }

        if (await new QueueWatch(run.Service, run.Time).AnyTrainerAsync(cancellationToken) == false)
        {
            run.Terminal.Warn(QueueText.NoTrainer);
        }
    }
}
