using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Client.Import;
using LabelerService.Cli.Files;
using LabelerService.Cli.Files.Import;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Import;

/// <summary><c>import items</c>: features from a <c>.npy</c> file, items with any contents from a table, or image files; all or none.</summary>
internal static class ImportItemsCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var features = new Option<string?>("--features")
        {
            Description = "NumPy file, one item a row: float32, float16, float64 or integers, in C order",
            HelpName = "F.npy",
        };
        var images = new Option<string[]>("--images")
        {
            Description = "PNG and JPEG files, or folders of them; an item is called as its file without the extension",
            HelpName = "PATH",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var ids = new Option<string?>("--ids")
        {
            Description = "With --features: keys of the items, one a line [default: row numbers from 0]",
            HelpName = "ids.txt",
        };
        var prefix = new Option<string>("--id-prefix")
        {
            Description = "With --features: put before every key",
            HelpName = "PREFIX",
            DefaultValueFactory = _ => "",
        };
        var split = CommonArguments.Split(Split.Train, "Split of the items, where the file does not say");
        var half = new Option<bool>("--float16")
        {
            Description = "With --features: send and store float16, half the size; files that are float16 always go as they are",
        };
        var command = new Command("items", "Store items with their contents, all of the file or none; the same items again change nothing")
        {
            name, features, images, ids, prefix, split, half,
        };
        var options = FileOptions.AddTo(
            command, RowKind.Items, "columns or keys item[,split,gold] and one of features (list of numbers), text, image (base64 or bytes) and path "
                + "(of a PNG or JPEG file),", required: false);
        command.Validators.Add(result =>
        {
            var file = result.GetResult(options.File) is not null;
            var folder = result.GetResult(images) is { Implicit: false };
            if ((result.GetResult(features) is not null ? 1 : 0) + (file ? 1 : 0) + (folder ? 1 : 0) != 1)
            {
                result.AddError("give one of --features, --file and --images");
            }
            else if ((file || folder) && new Option[] { ids, prefix, half }.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } foreign)
            {
                result.AddError($"{foreign.Name} belongs to --features");
            }
            else if (!file && !folder && result.GetResult(options.OnError) is { Implicit: false })
            {
                result.AddError("--on-error belongs to --file and --images: an array is stored as a whole");
            }
        });
        host.Handle(command, async (run, cancellationToken) =>
        {
            var dataset = await run.DatasetAsync(run.Get(name), cancellationToken);
            if (run.Get(features) is { } array)
            {
                await ImportFeaturesAsync(
                    run, dataset, array, run.Get(ids), run.Get(prefix), run.Get(split), run.Get(half), cancellationToken);
                return;
            }

            var paths = run.Get(images);
            var contents = new ItemContents(
                dataset, paths.Length > 0 ? "" : Path.GetDirectoryName(Path.GetFullPath(run.Get(options.File))) ?? "");
            var file = paths.Length > 0
                ? new ImportFile<ItemRow>(
                    string.Join(' ', paths), "images", ItemSchema.Any, () => (null, new ImageFolderReader(paths, ItemSchema.Any.Columns)), contents.Problem)
                : options.Open(run, ItemSchema.Any, new ReadOptions(), contents.Problem);
            var upload = new ItemFileUpload(run.Service, new ItemMessages(dataset, contents, run.Get(split)));
            await ImportRun.ImportAsync(
                run, dataset.Name, "items", file, options,
                async sending =>
                {
                    var counts = sending.Rejects is null
                        ? await upload.SendAsync(dataset.Name, file, sending.Sent, cancellationToken)
                        : await upload.SendGoodAsync(dataset.Name, file, sending.Rejects, sending.Read, cancellationToken);
                    return new ImportRun.Stored(
                        counts.Created + counts.Updated + counts.Unchanged,
                        [("created", counts.Created), ("updated", counts.Updated), ("unchanged", counts.Unchanged)]);
                },
                cancellationToken);
        });
        HelpWithExamples.Add(
            command,
            "labeler import items scenes --features train.npy --id-prefix train-",
            "labeler import items scenes --features test.npy --ids test-ids.txt --split test --float16",
            "labeler import items scans --images scans/ --split train",
            "labeler import items reports --file reports.csv",
            "labeler import items scenes --file scenes.parquet --on-error skip --rejects rejects.csv");
        return command;
    }

    private static async Task ImportFeaturesAsync(
        CommandRun run, Dataset dataset, string path, string? ids, string prefix, Split split, bool half, CancellationToken cancellationToken)
    {
        if (ItemKeys.Problem(prefix + "0") is { } problem)
        {
            throw new UsageException($"--id-prefix \"{prefix}\" makes keys that cannot be used: a key {problem}");
        }

        using var file = FeatureFile.Open(path);
        using var keys = ids is null ? ItemKeys.Numbered(prefix) : ItemKeys.FromFile(ids, prefix, file.Rows);
        RequireLength(file, dataset);
        var start = run.Time.GetTimestamp();
        var counts = await ProgressBoard.RunAsync(run.Terminal, run.Time, board =>
        {
            var item = board.Add($"{Path.GetFileName(file.Path)} → {dataset.Name}");
            return new ItemUpload(run.Service).SendAsync(
                dataset.Name, file, keys, split, half || file.IsHalf, rows => item.SetCount(rows, file.Rows, "items"), cancellationToken);
        });
        var seconds = run.Time.GetElapsedTime(start).TotalSeconds;
        run.Terminal.Result(
            new
            {
                Dataset = dataset.Name,
                File = file.Path,
                Split = SplitText.Of(split),
                Items = file.Rows,
                counts.Created,
                counts.Updated,
                counts.Unchanged,
                Seconds = Math.Round(seconds, 3),
            },
            $"{file.Rows:N0} items committed in {seconds:0.0} s: "
            + $"{counts.Created:N0} new, {counts.Updated:N0} changed, {counts.Unchanged:N0} as they were");
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
