using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Client.Predictions;
using LabelerService.Cli.Files;
using LabelerService.Cli.Files.Predictions;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands;

/// <summary><c>predict</c>: predictions for the items of a file, written to a file.</summary>
internal static class PredictCommand
{
    public static Command Create(CommandHost host)
    {
        var model = CommonArguments.Model();
        var features = new Option<string>("--features")
        {
            Description = "Vectors or images: NumPy file, one item a row",
            HelpName = "F.npy",
        };
        var texts = new Option<string>("--texts")
        {
            Description = "Texts: .txt file with one a line, or a file as import items reads it, with columns or keys item and text",
            HelpName = "FILE",
        };
        var sequences = new Option<string>("--sequences")
        {
            Description = "Sequences: file as import items reads it, with columns or keys item and features",
            HelpName = "FILE",
        };
        var images = new Option<string[]>("--images")
        {
            Description = "Images: PNG and JPEG files, or folders of them; an item is called as its file without the extension",
            HelpName = "PATH",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var items = new Option<string>("--items")
        {
            Description = "Stored items: file of their keys, one a line (for all of a dataset: labeler predictions start)",
            HelpName = "ids.txt",
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
            Description = "With --features and --texts FILE.txt: put before the row numbers that name the items",
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
        var command = new Command("predict", "Predict items from a file: vectors, texts, sequences, images, or stored items by their keys")
        {
            model, features, texts, sequences, images, items, target, prefix, labelers, distilled, raw,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(labelers) && result.GetValue(distilled))
            {
                result.AddError("--labelers and --distilled exclude each other: the distilled head does not know what labelers' heads say");
            }

            Option[] sources = [features, texts, sequences, images, items];
            if (sources.Count(source => result.GetResult(source) is { Implicit: false }) != 1)
            {
                result.AddError("give one of --features, --texts, --sequences, --images and --items");
            }
        });
        host.Handle(command, async (run, cancellationToken) =>
        {
            if (run.Get(labelers) && !PredictionWriters.HoldsLabelers(run.Get(target)))
            {
                throw new UsageException("--labelers needs a .csv or .parquet file: .npy holds the ensemble's probabilities only");
            }

            var predictor = new ModelPredictor(run.Service);
            var version = await predictor.ResolveAsync(run.Get(model), cancellationToken);
            var dataset = await run.DatasetAsync(ModelPredictor.DatasetOf(version), cancellationToken);
            using IPredictionSource source = run switch
            {
                _ when run.Has(texts) => await FileSource.TextsAsync(run.Get(texts), run.Get(prefix), dataset, version, cancellationToken),
                _ when run.Has(sequences) => await FileSource.SequencesAsync(run.Get(sequences), dataset, version, cancellationToken),
                _ when run.Has(images) => await FileSource.ImagesAsync(run.Get(images), dataset, version, cancellationToken),
                _ when run.Has(items) => ItemIdSource.Open(run.Get(items)),
                _ => FeatureSource.Open(run.Get(features), run.Get(prefix), dataset, version),
            };
            var start = run.Time.GetTimestamp();
            await using var output = AtomicFile.Create(run.Get(target));
            await using (var writer = PredictionWriters.Create(run.Get(target), output.Stream, source.Count, run.Get(raw)))
            {
                await ProgressBoard.RunAsync(run.Terminal, run.Time, async board =>
                {
                    var item = board.Add($"{Path.GetFileName(source.Path)} → {Path.GetFileName(run.Get(target))}");
                    var done = 0L;
                    await foreach (var batch in predictor.PredictAsync(version, source, run.Get(labelers), run.Get(distilled), cancellationToken))
                    {
                        await writer.WriteAsync(new PredictionRows(batch.Keys, batch.Batch), cancellationToken);
                        done += batch.Keys.Count;
                        item.SetCount(done, source.Count, "items");
                    }

                    return true;
                });
                await writer.CompleteAsync(cancellationToken);
            }

            await output.CompleteAsync(cancellationToken);
            var seconds = run.Time.GetElapsedTime(start).TotalSeconds;
            run.Terminal.Result(
                new { ModelVersion = version.Name, File = run.Get(target), Items = source.Count, version.Classes, Seconds = Math.Round(seconds, 3) },
                $"{source.Count:N0} predictions by {version.Name} in {run.Get(target)} ({seconds:0.0} s)");
        });
        HelpWithExamples.Add(
            command,
            "labeler predict datasets/scenes/models/wdn --features test.npy --out predictions.csv --id-prefix test-",
            "labeler predict datasets/scenes/models/wdn/versions/2 --features test.npy --out who-said-what.parquet --labelers",
            "labeler predict datasets/scenes/models/consensus --features test.npy --out predictions.npy --distilled",
            "labeler predict datasets/reports/models/wdn --texts new.txt --out predictions.csv",
            "labeler predict datasets/scans/models/wdn --images scans/ --out predictions.parquet");
        return command;
    }
}
