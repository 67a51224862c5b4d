using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Import;

/// <summary><c>import items</c>: features from a <c>.npy</c> file, all or none.</summary>
internal static class ImportItemsCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var features = new Option<string>("--features")
        {
            Description = "NumPy file, one item a row: float32, float16, float64 or integers, in C order",
            HelpName = "F.npy",
            Required = true,
        };
        var ids = new Option<string?>("--ids")
        {
            Description = "Keys of the items, one a line [default: row numbers from 0]",
            HelpName = "ids.txt",
        };
        var prefix = new Option<string>("--id-prefix")
        {
            Description = "Put before every key",
            HelpName = "PREFIX",
            DefaultValueFactory = _ => "",
        };
        var split = CommonArguments.Split(Split.Train, "Split that the items belong to [default: train]");
        var half = new Option<bool>("--float16")
        {
            Description = "Send and store float16: half the size; files that are float16 always go as they are",
        };
        var command = new Command("items", "Store items with their features; the same items again change nothing")
        {
            name, features, ids, prefix, split, half,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            using var file = FeatureFile.Open(run.Get(features));
            using var keys = run.Get(ids) is { } idFile
                ? ItemKeys.FromFile(idFile, run.Get(prefix), file.Rows)
                : ItemKeys.Numbered(run.Get(prefix));
            if (ItemKeys.Problem(run.Get(prefix) + "0") is { } problem)
            {
                throw new UsageException($"--id-prefix \"{run.Get(prefix)}\" makes keys that cannot be used: a key {problem}");
            }

            var dataset = await run.DatasetAsync(run.Get(name), cancellationToken);
            RequireLength(file, dataset);
            var start = run.Time.GetTimestamp();
            var counts = await ProgressBoard.RunAsync(run.Terminal, run.Time, board =>
            {
                var item = board.Add($"{Path.GetFileName(file.Path)} → {dataset.Name}");
                return new ItemUpload(run.Service).SendAsync(
                    dataset.Name, file, keys, run.Get(split), run.Get(half) || file.IsHalf,
                    rows => item.SetCount(rows, file.Rows, "items"), cancellationToken);
            });
            var seconds = run.Time.GetElapsedTime(start).TotalSeconds;
            run.Terminal.Result(
                new
                {
                    Dataset = dataset.Name,
                    File = file.Path,
                    Split = SplitText.Of(run.Get(split)),
                    Items = file.Rows,
                    counts.Created,
                    counts.Updated,
                    counts.Unchanged,
                    Seconds = Math.Round(seconds, 3),
                },
                $"{file.Rows:N0} items committed in {seconds:0.0} s: "
                + $"{counts.Created:N0} new, {counts.Updated:N0} changed, {counts.Unchanged:N0} as they were");
        });
        HelpWithExamples.Add(
            command,
            "labeler import items scenes --features train.npy --id-prefix train-",
            "labeler import items scenes --features test.npy --ids test-ids.txt --split test --float16");
        return command;
    }

    private static void RequireLength(FeatureFile file, Dataset dataset)
    {
        var wanted = ItemTypeText.FeatureLength(dataset.ItemType) ?? throw new CommandException(
            $"{dataset.Name} has items of type {ItemTypeText.Of(dataset.ItemType)}; a .npy file holds vectors or images");
        if (file.Length != wanted)
        {
            throw new CommandException(
                $"{file.Path} has {file.Length} values a row but items of {dataset.Name} ({ItemTypeText.Of(dataset.ItemType)}) have {wanted}; "
                + "nothing was stored");
        }
    }
}
