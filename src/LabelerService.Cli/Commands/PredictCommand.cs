using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Files;
using LabelerService.Cli.Files.Predictions;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands;

/// <summary><c>predict</c>: predictions for a feature file, written to a file.</summary>
internal static class PredictCommand
{
    public static Command Create(CommandHost host)
    {
        var model = CommonArguments.Model();
        var features = new Option<string>("--features")
        {
            Description = "NumPy file, one item a row",
            HelpName = "F.npy",
            Required = true,
        };
        var target = new Option<string>("--out")
        {
            Description = "Where to: .csv and .parquet hold item, predicted class, probabilities, entropy and disagreement (nats); "
                + ".npy the probabilities, float32 [N, K]",
            HelpName = "P.csv|.npy|.parquet",
            Required = true,
        };
        target.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !PredictionWriters.IsKnown(result.Tokens[0].Value))
            {
                result.AddError($"--out takes a {PredictionWriters.Extensions} file, not \"{result.Tokens[0].Value}\"");
            }
        });
        var prefix = new Option<string>("--id-prefix")
        {
            Description = "Put before the row numbers that name the items",
            HelpName = "PREFIX",
            DefaultValueFactory = _ => "",
        };
        var labelers = new Option<bool>("--labelers") { Description = "Also what each labeler's head says, and its weight" };
        var distilled = new Option<bool>("--distilled")
        {
            Description = "The distilled head answers, of a model trained with --set distil=on: one head for all labelers, and no disagreement",
        };
        var raw = new Option<bool>("--raw")
        {
            Description = "CSV: leave text as it is that a spreadsheet would run as a formula (= + - @ in front); otherwise it gets an apostrophe",
        };
        var command = new Command("predict", "Predict the rows of a feature file") { model, features, target, prefix, labelers, distilled, raw };
        command.Validators.Add(result =>
        {
            if (result.GetValue(labelers) && result.GetValue(distilled))
            {
                result.AddError("--labelers and --distilled exclude each other: the distilled head does not know what labelers' heads say");
            }
        });
        host.Handle(command, async (run, cancellationToken) =>
        {
            if (run.Get(labelers) && !PredictionWriters.HoldsLabelers(run.Get(target)))
            {
                throw new UsageException("--labelers needs a .csv or .parquet file: .npy holds the ensemble's probabilities only");
            }

            using var file = FeatureFile.Open(run.Get(features));
            var predictor = new ModelPredictor(run.Service);
            var version = await predictor.ResolveAsync(run.Get(model), cancellationToken);
            if (file.Length != version.FeatureLength)
            {
                throw new CommandException($"{file.Path} has {file.Length} values a row but {version.Name} takes {version.FeatureLength}");
            }

            var start = run.Time.GetTimestamp();
            await using var output = AtomicFile.Create(run.Get(target));
            await using (var writer = PredictionWriters.Create(run.Get(target), output.Stream, file.Rows, run.Get(raw)))
            {
                await ProgressBoard.RunAsync(run.Terminal, run.Time, async board =>
                {
                    var item = board.Add($"{Path.GetFileName(file.Path)} → {Path.GetFileName(run.Get(target))}");
                    await foreach (var batch in predictor.PredictAsync(
                        version, file, run.Get(labelers), run.Get(distilled), cancellationToken))
                    {
                        var keys = Enumerable.Range(0, batch.Count).Select(i => $"{run.Get(prefix)}{batch.FirstRow + i}").ToArray();
                        await writer.WriteAsync(new PredictionRows(keys, batch.Batch), cancellationToken);
                        item.SetCount(batch.FirstRow + batch.Count, file.Rows, "items");
                    }

                    return true;
                });
                await writer.CompleteAsync(cancellationToken);
            }

            await output.CompleteAsync(cancellationToken);
            var seconds = run.Time.GetElapsedTime(start).TotalSeconds;
            run.Terminal.Result(
                new { ModelVersion = version.Name, File = run.Get(target), Items = file.Rows, version.Classes, Seconds = Math.Round(seconds, 3) },
                $"{file.Rows:N0} predictions by {version.Name} in {run.Get(target)} ({seconds:0.0} s)");
        });
        HelpWithExamples.Add(
            command,
            "labeler predict datasets/scenes/models/wdn --features test.npy --out predictions.csv --id-prefix test-",
            "labeler predict datasets/scenes/models/wdn/versions/2 --features test.npy --out who-said-what.parquet --labelers",
            "labeler predict datasets/scenes/models/consensus --features test.npy --out predictions.npy --distilled");
        return command;
    }
}
