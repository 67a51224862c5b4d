using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary><c>pretrain</c>: queues a run that learns a backbone from items without labels and, if asked to, waits for it.</summary>
internal static class PretrainCommand
{
    private static readonly string[] Objectives = ["bingo", "neo"];

    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var objective = new Option<string>("--objective")
        {
            Description = "bingo (binary information gain) or neo (nonparametric entropy); `labeler algorithms` lists their settings",
            HelpName = "NAME",
            DefaultValueFactory = _ => Objectives[0],
            CustomParser = result => CommonArguments.Parse(
                result, text => Objectives.FirstOrDefault(known => known == text), $"--objective is {string.Join(" or ", Objectives)}"),
        };
        var seed = new Option<long>("--seed") { Description = "Seed of every random choice", HelpName = "NUMBER", DefaultValueFactory = _ => 1 };
        var settings = CommonArguments.Settings();
        var backboneId = new Option<string?>("--backbone-id")
        {
            Description = "Id of the new backbone [default: the objective's name]",
            HelpName = "ID",
            CustomParser = result => CommonArguments.Parse(
                result, text => ResourceName.IsId(text) ? text : null, "a backbone's id is 1 to 63 of a-z, 0-9 and -"),
        };
        var wait = new Option<bool>("--wait") { Description = "Wait for the end and print the name of the backbone" };
        var command = new Command(
            "pretrain", "Learn a backbone from a dataset's items without labels; prints the run's name, with --wait the backbone's")
        {
            name, objective, seed, settings, backboneId, wait,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var wanted = new TrainingRun
            {
                Algorithm = run.Get(objective),
                Seed = run.Get(seed),
                ModelId = run.Get(backboneId) ?? "",
            };
            await TrainCommand.QueueAsync(run, run.Get(name), wanted, run.Get(settings), run.Get(wait), cancellationToken);
        });
        HelpWithExamples.Add(
            command,
            "labeler pretrain gestures --objective bingo --wait",
            "labeler pretrain gestures --objective neo --set backbone=gru --set outputs=3 --backbone-id rhythm --wait",
            "labeler train gestures --model wdn --set pretrained=rhythm --wait");
        return command;
    }
}
