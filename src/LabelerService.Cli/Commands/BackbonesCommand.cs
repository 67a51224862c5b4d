using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using LabelerService.Cli.Client;
using LabelerService.Cli.Completion;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using Spectre.Console;

namespace LabelerService.Cli.Commands;

/// <summary><c>backbones add|list|show|delete</c>.</summary>
internal static class BackbonesCommand
{
    private const int PieceBytes = 512 * 1024;

    public static Command Create(CommandHost host)
    {
        var command = new Command("backbones", "Add, list, show and delete what training can start from: uploaded extractors and pretrained nets")
        {
            Add(host), List(host), Show(host), Delete(host),
        };
        HelpWithExamples.Add(
            command,
            "labeler backbones add scenes resnet --file resnet.onnx --layout nchw --mean 0.485,0.456,0.406 --deviation 0.229,0.224,0.225",
            "labeler train scenes --model auto --set pretrained=resnet --wait",
            "labeler backbones list scenes");
        return command;
    }

    private static Command Add(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var id = new Argument<string>("ID")
        {
            Description = "Id of the backbone",
            CustomParser = result => CommonArguments.Parse(result, text => ResourceName.IsId(text) ? text : null, "an id is 1 to 63 of a-z, 0-9 and -"),
        };
        var file = new Option<FileInfo>("--file") { Description = "The ONNX model, in one file", HelpName = "FILE", Required = true };
        var input = new Option<string?>("--input") { Description = "Its input [default: the only one]", HelpName = "NAME" };
        var output = new Option<string?>("--output") { Description = "Its output that holds the features [default: the only one]", HelpName = "NAME" };
        var layout = new Option<ExtractorSpec.Types.Layout>("--layout")
        {
            Description = "Order of an image's values in its input [default: as its shape says]",
            HelpName = "nhwc|nchw",
            CustomParser = result => CommonArguments.Parse<ExtractorSpec.Types.Layout?>(result, LayoutOf, "a layout is nhwc or nchw") ?? default,
        };
        var mean = Scale("--mean", "Subtracted from the values, which are 0 to 1 for images: one number, or one for each channel");
        var deviation = Scale("--deviation", "What is left is divided by these: one number, or one for each channel");
        var display = new Option<string?>("--display-name") { Description = "Name for people", HelpName = "TEXT" };
        var command = new Command("add", "Upload an ONNX model as an extractor of features, for images or vectors. Needs an admin's key")
        {
            name, id, file, input, output, layout, mean, deviation, display,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var spec = new ExtractorSpec { Input = run.Get(input) ?? "", Output = run.Get(output) ?? "", Layout = run.Get(layout) };
            spec.Mean.Add(run.Get(mean) ?? []);
            spec.Deviation.Add(run.Get(deviation) ?? []);
            var first = new CreateBackboneRequest
            {
                Parent = run.Get(name),
                BackboneId = run.Get(id),
                Backbone = new Backbone { DisplayName = run.Get(display) ?? "", Extractor = spec },
                RequestId = ServiceConnection.NewRequestId(),
            };
            using var call = run.Service.Backbones.CreateBackbone(cancellationToken: cancellationToken);
            var path = run.Get(file)!.FullName;
            var created = await ProgressBoard.RunAsync(run.Terminal, run.Time, async board =>
            {
                var item = board.Add($"{Path.GetFileName(path)} → {run.Get(name)}");
                return await ClientStream.SendAsync(call, PiecesAsync(first, path, item, cancellationToken), cancellationToken);
            });
            run.Terminal.Note($"{created.Name} makes {created.FeatureLength:N0} features of an item; train with --set pretrained={run.Get(id)}");
            run.Terminal.Result(Document(created), created.Name);
        });
        HelpWithExamples.Add(
            command,
            "labeler backbones add scenes resnet --file resnet.onnx --layout nchw --mean 0.485,0.456,0.406 --deviation 0.229,0.224,0.225",
            "labeler backbones add signals encoder --file encoder.onnx --output embedding");
        return command;
    }

    private static Command List(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var command = new Command("list", "List a dataset's backbones") { name };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var backbones = await Paging.AllAsync<Backbone>(async token =>
            {
                var page = await run.Service.Backbones.ListBackbonesAsync(
                    new ListBackbonesRequest { Parent = run.Get(name), PageSize = Paging.PageSize, PageToken = token }, cancellationToken: cancellationToken);
                return (page.Backbones, page.NextPageToken);
            }, cancellationToken).ToListAsync(cancellationToken);
            run.Terminal.Result(new { Backbones = backbones.Select(Document) }, console =>
            {
                var table = Tables.Create("backbone", "kind", "features", "bytes", "created");
                foreach (var backbone in backbones)
                {
                    table.AddTextRow(
                        backbone.Name, KindOf(backbone), $"{backbone.FeatureLength:N0}", $"{backbone.ArtefactBytes:N0}", Tables.Time(backbone.CreateTime));
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(command, "labeler backbones list scenes", "labeler backbones list scenes --json");
        return command;
    }

    private static Command Show(CommandHost host)
    {
        var name = Name();
        var command = new Command("show", "Show a backbone: how it reads items, or how it was trained and what was measured") { name };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var backbone = await run.Service.Backbones.GetBackboneAsync(new GetBackboneRequest { Name = run.Get(name) }, cancellationToken: cancellationToken);
            run.Terminal.Result(Document(backbone), console =>
            {
                console.MarkupLineInterpolated($"[bold]{backbone.Name}[/] {backbone.DisplayName}");
                foreach (var (key, value) in Lines(backbone))
                {
                    console.Write(new Text(string.Create(CultureInfo.InvariantCulture, $"{key,-12}{value}\n")));
                }
            });
        });
        HelpWithExamples.Add(command, "labeler backbones show datasets/scenes/backbones/resnet");
        return command;
    }

    private static Command Delete(CommandHost host)
    {
        var name = Name();
        var yes = new Option<bool>("--yes") { Description = "Delete without being asked" };
        var command = new Command("delete", "Delete a backbone. Versions trained with it go on serving. Needs an admin's key") { name, yes };
        host.Handle(command, async (run, cancellationToken) =>
        {
            if (!run.Get(yes))
            {
                throw new UsageException("deleting cannot be undone: say --yes");
            }

            await run.Service.Backbones.DeleteBackboneAsync(new DeleteBackboneRequest { Name = run.Get(name) }, cancellationToken: cancellationToken);
            run.Terminal.Result(new { Deleted = run.Get(name) }, $"{run.Get(name)} is deleted");
        });
        HelpWithExamples.Add(command, "labeler backbones delete datasets/scenes/backbones/resnet --yes");
        return command;
    }

    private static Argument<string> Name() => new Argument<string>("BACKBONE")
    {
        Description = "Backbone datasets/D/backbones/B",
        CustomParser = result => CommonArguments.Parse(
            result, text => ResourceName.TryParseBackbone(text, out _, out _) ? text : null, "a backbone is named datasets/D/backbones/B"),
    }.Names(NameKind.Backbone);

    private static Option<float[]?> Scale(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "NUMBER[,NUMBER…]",
        CustomParser = result => CommonArguments.Parse(result, ReadNumbers, "numbers are separated by commas: 0.5 or 0.485,0.456,0.406"),
    };

    private static float[]? ReadNumbers(string text)
    {
        var numbers = new List<float>();
        foreach (var part in text.Split(','))
        {
            if (!float.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    private static ExtractorSpec.Types.Layout? LayoutOf(string text) => text switch
    {
        "nhwc" => ExtractorSpec.Types.Layout.Nhwc,
        "nchw" => ExtractorSpec.Types.Layout.Nchw,
        _ => null,
    };

    private static async IAsyncEnumerable<CreateBackboneRequest> PiecesAsync(
        CreateBackboneRequest first, string path, ProgressItem item, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var file = Open(path);
        var piece = new byte[PieceBytes];
        var message = first;
        while (await file.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancellationToken) is > 0 and var length)
        {
            message.Content = ByteString.CopyFrom(piece, 0, length);
            yield return message;
            item.SetBytes(file.Position, file.Length);
            message = new CreateBackboneRequest();
        }

        if (ReferenceEquals(message, first))
        {
            throw new CommandException($"{path} is empty");
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be read: {error.Message}");
        }
    }

    private static string KindOf(Backbone backbone) => backbone.Kind == Backbone.Types.Kind.Extractor ? "extractor" : $"pretrained by {backbone.Algorithm}";

    private static IEnumerable<(string Key, string Value)> Lines(Backbone backbone)
    {
        yield return ("kind", KindOf(backbone));
        yield return ("features", $"{backbone.FeatureLength}");
        yield return ("file", $"{backbone.ArtefactBytes:N0} bytes, SHA-256 {backbone.ArtefactSha256}");
        yield return ("created", Tables.Time(backbone.CreateTime));
        if (backbone.Extractor is { } spec)
        {
            yield return ("input", spec.Input.Length == 0 ? "the only one" : spec.Input);
            yield return ("output", spec.Output.Length == 0 ? "the only one" : spec.Output);
            yield return ("layout", LayoutText(spec));
            yield return ("mean", Numbers(spec.Mean));
            yield return ("deviation", Numbers(spec.Deviation));
        }

        if (backbone.TrainingRun.Length > 0)
        {
            yield return ("trained", $"{backbone.TrainingRun}, snapshot {backbone.SnapshotId}");
            yield return ("settings", string.Join(' ', backbone.Settings.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")));
            foreach (var (name, value) in backbone.Metrics.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                yield return (name, value.ToString("0.####", CultureInfo.InvariantCulture));
            }
        }
    }

    private static string LayoutText(ExtractorSpec spec) =>
        spec.Layout == ExtractorSpec.Types.Layout.Unspecified ? "as its shape says" : spec.Layout.ToString().ToLowerInvariant();

    private static string Numbers(IEnumerable<float> values) =>
        string.Join(", ", values.Select(value => value.ToString(CultureInfo.InvariantCulture))) is { Length: > 0 } text ? text : "none";

    private static object Document(Backbone backbone) => new
    {
        backbone.Name,
        Kind = backbone.Kind.ToString().ToLowerInvariant(),
        backbone.DisplayName,
        backbone.FeatureLength,
        backbone.ArtefactSha256,
        backbone.ArtefactBytes,
        Extractor = backbone.Extractor is not { } spec ? null : new { spec.Input, spec.Output, Layout = LayoutText(spec), Mean = spec.Mean.ToArray(), Deviation = spec.Deviation.ToArray() },
        backbone.Algorithm,
        Settings = new SortedDictionary<string, string>(backbone.Settings, StringComparer.Ordinal),
        Metrics = new SortedDictionary<string, double>(backbone.Metrics, StringComparer.Ordinal),
        backbone.SnapshotId,
        backbone.TrainingRun,
        CreateTime = backbone.CreateTime.ToDateTimeOffset(),
    };
}
