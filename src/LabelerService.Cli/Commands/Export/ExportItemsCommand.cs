using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Client.Export;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;
using LabelerService.Core.Datasets;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;
using Split = LabelerService.Contracts.V1.Split;

namespace LabelerService.Cli.Commands.Export;

/// <summary><c>export items</c>: items with their contents, or the features alone as <c>.npy</c>.</summary>
internal static class ExportItemsCommand
{
    private const string Npy = "npy";
    private const int ProgressEvery = 256;

    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var split = CommonArguments.Split(Split.Unspecified, "Only items of this split [default: all]");
        var ids = new Option<string?>("--ids")
        {
            Description = "With .npy: file for the items' keys, one a line, as `import items --features F.npy --ids FILE` reads it",
            HelpName = "ids.txt",
        };
        var command = new Command(
            "items", "Write items: item,split,gold and features, text or image file (CSV: no features and images); .npy: features, float32 [N, D]")
        {
            name, split, ids,
        };
        var options = TargetOptions.AddTo(command, RowKind.Items, Npy);
        host.Handle(command, async (run, cancellationToken) =>
        {
            if (run.Has(ids) && !options.Is(run, Npy))
            {
                throw new UsageException("--ids belongs to .npy: other files have the keys themselves");
            }

            if (!options.Is(run, Npy))
            {
                _ = options.Choose(run);
            }

            var dataset = await run.DatasetAsync(run.Get(name), cancellationToken);
            if (options.Is(run, Npy))
            {
                await ExportArrayAsync(run, dataset, options, run.Get(split), run.Get(ids), cancellationToken);
                return;
            }

            var kind = KindOf(dataset.ItemType);
            var table = options.Choose(run).Name is not ("csv" or "tsv");
            if (!table && kind != ItemKind.Text)
            {
                run.Terminal.Warn("CSV has no room for features and images: only item,split,gold are written; use .jsonl, .parquet or .npy for all");
            }

            var rows = new ItemExport(run.Service, dataset).ReadAsync(
                run.Get(split), features: table && kind != ItemKind.Text, contents: kind == ItemKind.Text || (table && kind == ItemKind.Image),
                cancellationToken);
            await ExportRun.ExportAsync(
                run, dataset.Name, "items", Expected(dataset, run.Get(split)), rows,
                table || kind == ItemKind.Text ? ItemSchema.For(kind) : ItemSchema.Bare, options, cancellationToken);
        });
        HelpWithExamples.Add(
            command,
            "labeler export items reports --out reports.jsonl",
            "labeler export items scans --out scans.parquet --split test",
            "labeler export items scenes --out train.npy --ids train-ids.txt --split train");
        return command;
    }

    private static async Task ExportArrayAsync(
        CommandRun run, Dataset dataset, TargetOptions options, Split split, string? idFile, CancellationToken cancellationToken)
    {
        var shape = dataset.ItemType.KindCase switch
        {
            ItemType.KindOneofCase.Vector => new[] { dataset.ItemType.Vector.Length },
            ItemType.KindOneofCase.Image => [dataset.ItemType.Image.Height, dataset.ItemType.Image.Width, dataset.ItemType.Image.Channels],
            _ => throw new CommandException(
                $"{dataset.Name} has items of type {ItemTypeText.Of(dataset.ItemType)}; a .npy file holds vectors or images: use .jsonl or .parquet"),
        };
        var start = run.Time.GetTimestamp();
        await using var output = AtomicFile.Create(run.Get(options.Out));
        await using var idOutput = idFile is null ? null : AtomicFile.Create(idFile);
        var file = new NpyFeatureFile(output, idOutput, shape);
        var (written, without) = await ProgressBoard.RunAsync(run.Terminal, run.Time, async board =>
        {
            var item = board.Add($"{dataset.Name} → {Path.GetFileName(run.Get(options.Out))}");
            var (count, missing) = (0L, 0L);
            await foreach (var row in new ItemExport(run.Service, dataset).ReadAsync(split, features: true, contents: false, cancellationToken))
            {
                if (row.Features is null)
                {
                    missing++;
                    continue;
                }

                file.Write(row.Item, row.Features.Values);
                if (++count % ProgressEvery == 0)
                {
                    item.SetCount(count, Math.Max(count, Expected(dataset, split)), "items");
                }
            }

            return (count, missing);
        });
        await file.CompleteAsync(cancellationToken);
        if (without > 0)
        {
            run.Terminal.Warn($"{without:N0} items have no features and are not in the file");
        }

        ExportRun.Tell(run, dataset.Name, "items", options, Npy, written, start);
    }

    private static ItemKind KindOf(ItemType type) => type.KindCase switch
    {
        ItemType.KindOneofCase.Image => ItemKind.Image,
        ItemType.KindOneofCase.Text => ItemKind.Text,
        ItemType.KindOneofCase.Sequence => ItemKind.Sequence,
        _ => ItemKind.Vector,
    };

    private static long Expected(Dataset dataset, Split split) => dataset.Counts is not { } counts ? 0 : split switch
    {
        Split.Train => counts.TrainItems,
        Split.Validation => counts.ValidationItems,
        Split.Test => counts.TestItems,
        _ => counts.Items,
    };
}
