using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;

namespace LabelerService.Cli.Commands.Models;

/// <summary><c>model download</c>: a version's ONNX file, alone or as a Triton model repository.</summary>
internal static class DownloadCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Model();
        var target = new Option<string?>("--out") { Description = "File to write [default: MODEL-VERSION.onnx]", HelpName = "FILE" };
        var triton = new Option<string?>("--triton")
        {
            Description = "Write it into a Triton model repository: DIR/MODEL/VERSION/model.onnx with config.pbtxt and the names of the classes",
            HelpName = "DIR",
        };
        var command = new Command("download", "Download a version as one self-contained ONNX file, its hash verified") { name, target, triton };
        host.Handle(command, async (run, cancellationToken) =>
        {
            if (run.Has(target) && run.Has(triton))
            {
                throw new UsageException("give either --out or --triton");
            }

            var version = await new ModelPredictor(run.Service).ResolveAsync(run.Get(name), cancellationToken);
            if (!ResourceName.TryParseModelVersion(version.Name, out _, out var model, out var number))
            {
                throw new CommandException($"the service named a version \"{version.Name}\", which is not a version's name");
            }

            Task FetchAsync(string file, CancellationToken token) => ProgressBoard.RunAsync(run.Terminal, run.Time, async board =>
            {
                var item = board.Add($"{model} {number}");
                await new ModelDownload(run.Service).WriteAsync(version.Name, file, item.SetBytes, token);
                return true;
            });
            if (run.Get(triton) is { } folder)
            {
                var written = await TritonRepository.WriteAsync(
                    folder, model, number, version, FetchAsync, cancellationToken);
                run.Terminal.Result(new { version.Name, Files = written, Sha256 = version.ArtefactSha256 }, string.Join(Environment.NewLine, written));
                return;
            }

            var path = run.Get(target) ?? $"{model}-{number}.onnx";
            await FetchAsync(path, cancellationToken);
            run.Terminal.Result(
                new { version.Name, Files = new[] { path }, Sha256 = version.ArtefactSha256 }, $"{path}: {version.Name}, sha256 {version.ArtefactSha256}");
        });
        HelpWithExamples.Add(
            command,
            "labeler model download datasets/scenes/models/wdn --out wdn.onnx",
            "labeler model download datasets/scenes/models/wdn/versions/3 --triton /srv/triton");
        return command;
    }
}
