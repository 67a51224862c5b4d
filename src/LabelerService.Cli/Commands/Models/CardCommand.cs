using System.CommandLine;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Models;

/// <summary><c>model card</c>: a version's model card.</summary>
internal static class CardCommand
{
    public static Command Create(CommandHost host)
    {
        var model = CommonArguments.Model();
        var format = new Option<GetModelCardRequest.Types.Format>("--format")
        {
            Description = "md: for people; json: for programs, as ModelCard in protos/labeler/v1/model_card.proto describes it [default: md]",
            HelpName = "md|json",
            DefaultValueFactory = _ => GetModelCardRequest.Types.Format.Markdown,
            CustomParser = result => CommonArguments.Parse<GetModelCardRequest.Types.Format?>(result, FormatOf, "a format is md or json")
                ?? GetModelCardRequest.Types.Format.Markdown,
        };
        var target = new Option<string?>("--out") { Description = "File to write [default: standard output]", HelpName = "FILE" };
        var command = new Command("card", "Write a version's model card: data, labelers, metrics, intended use and limits") { model, format, target };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var body = await run.Service.Models.GetModelCardAsync(
                new GetModelCardRequest { Name = run.Get(model).Text, Format = run.Get(format) }, cancellationToken: cancellationToken);
            if (run.Get(target) is not { } path)
            {
                run.Terminal.Result(
                    new { body.ContentType, Card = body.Data.ToStringUtf8() }, console => console.Profile.Out.Writer.Write(body.Data.ToStringUtf8()));
                return;
            }

            await using var file = AtomicFile.Create(path);
            await file.Stream.WriteAsync(body.Data.Memory, cancellationToken);
            await file.CompleteAsync(cancellationToken);
            run.Terminal.Result(new { File = path, Bytes = body.Data.Length }, $"{path} is written");
        });
        HelpWithExamples.Add(
            command,
            "labeler model card datasets/scenes/models/wdn > MODEL_CARD.md",
            "labeler model card datasets/scenes/models/wdn/versions/3 --format json --out card.json");
        return command;
    }

    private static GetModelCardRequest.Types.Format? FormatOf(string text) => text.ToLowerInvariant() switch
    {
        "md" or "markdown" => GetModelCardRequest.Types.Format.Markdown,
        "json" => GetModelCardRequest.Types.Format.Json,
        _ => null,
    };
}
