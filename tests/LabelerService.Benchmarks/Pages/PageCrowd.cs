using System.Diagnostics;
using System.Runtime.InteropServices;
using Google.Protobuf;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Ingest;
using LabelerService.Cli.Demo;
using LabelerService.Contracts.V1;

namespace LabelerService.Benchmarks.Pages;

/// <summary>
/// A large crowd of 8 classes: each item is annotated by as many labelers drawn at random, who are right with a probability of their own, 0.45 to
/// 0.95; one item in a hundred has a gold class. The same numbers give the same crowd.
/// </summary>
internal sealed class PageCrowd(int items, int labelers, int each)
{
    private const int Classes = 8;
    private const int Length = 16;
    private const int BatchRows = 10_000;
    private const int Epochs = 2;

    public int Items => items;

    public int Labelers => labelers;

    public long Annotations => (long)items * each;

    public static string ItemId(int item) => $"item-{item}";

    public static string LabelerId(int labeler) => $"labeler-{labeler}";

    /// <summary>A run that has ended, and the model it made.</summary>
    internal sealed record Trained(string RunId, string ModelId);

    /// <summary>Puts the crowd into a new dataset.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> SendAsync(BenchRun run, ServiceUnderTest service, CancellationToken cancel)
    {
        var dataset = await service.CreateDatasetAsync(Length, Classes, cancel);
        var parent = $"datasets/{dataset}";
        var random = new Random(9);
        var truth = new int[items];
        for (var from = 0; from < items; from += BatchRows)
        {
            var count = Math.Min(BatchRows, items - from);
            var values = new float[count * Length];
            var gold = new BatchSetGoldClassesRequest { Parent = parent };
            for (var i = 0; i < count; i++)
            {
                var item = from + i;
                truth[item] = random.Next(Classes);
                for (var d = 0; d < Length; d++)
                {
                    values[(i * Length) + d] = (float)((d % Classes == truth[item] ? 2 : 0) + random.NextDouble() - 0.5);
                }

                if (item % 100 == 0)
                {
                    gold.GoldClasses.Add(new GoldClass { ItemId = ItemId(item), ClassIndex = truth[item] });
                }
            }

            var batch = new ItemBatch
            {
                Features = new Tensor
                {
                    DataType = Tensor.Types.DataType.Float32,
                    Shape = { count, Length },
                    Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
                },
            };
            batch.ItemIds.AddRange(Enumerable.Range(from, count).Select(ItemId));
            await service.Service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = parent, Batch = batch }, cancellationToken: cancel);
            await service.Service.Items.BatchSetGoldClassesAsync(gold, cancellationToken: cancel);
        }

        run.Note($"{items:N0} items stored");
        var request = new BatchCreateAnnotationsRequest { Parent = parent, UnknownLabelers = UnknownLabelers.Register };
        var turns = new int[each];
        for (var item = 0; item < items; item++)
        {
            Draw(random, turns);
            foreach (var labeler in turns)
            {
                var right = random.NextDouble() < 0.45 + (0.5 * labeler / labelers);
                request.Annotations.Add(new Annotation
                {
                    ItemId = ItemId(item),
                    LabelerId = LabelerId(labeler),
                    ClassIndex = right ? truth[item] : (truth[item] + 1 + random.Next(Classes - 1)) % Classes,
                });
            }

            if (request.Annotations.Count + each > BatchRows || item == items - 1)
            {
                await service.Service.Annotations.BatchCreateAnnotationsAsync(request, cancellationToken: cancel);
                request.Annotations.Clear();
            }
        }

        run.Note($"{Annotations:N0} annotations stored");
        return dataset;
    }

    /// <summary>Trains a small model with a trainer of its own.</summary>
    public async Task<Trained> TrainAsync(BenchRun run, ServiceUnderTest service, string dataset, CancellationToken cancel)
    {
        var assembly = run.Host.Variable("LABELER_TRAINER_DLL")
            ?? ServerLocator.Server(run.Host.Variable).Replace("LabelerService.Server", "LabelerService.Trainer", StringComparison.Ordinal);
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { assembly, "--exit-with-stdin" },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["LABELER_POSTGRES"] = service.ConnectionString;
        using var trainer = Process.Start(start) ?? throw new IOException("the trainer could not be started");
        trainer.BeginOutputReadLine();
        trainer.BeginErrorReadLine();
        var created = await service.Service.Training.CreateTrainingRunAsync(
            new CreateTrainingRunRequest
            {
                Parent = $"datasets/{dataset}",
                TrainingRun = new TrainingRun { Algorithm = "consensus", Seed = 1, Settings = { ["epochs"] = $"{Epochs}", ["hidden"] = "16" } },
            },
            cancellationToken: cancel);
        using var watch = service.Service.Training.WatchTrainingRun(new WatchTrainingRunRequest { Name = created.Name }, cancellationToken: cancel);
        while (await watch.ResponseStream.MoveNext(cancel))
        {
            // Until it ends.
        }

        var ended = await service.Service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = created.Name }, cancellationToken: cancel);
        trainer.StandardInput.Close();
        await trainer.WaitForExitAsync(cancel);
        if (ended.State != TrainingRun.Types.State.Succeeded)
        {
            throw new IOException($"the run {ended.State}: {ended.FailureMessage}");
        }

        run.Note("a model is trained");
        return new Trained(ended.Name.Split('/')[^1], ended.ModelVersion.Split('/')[3]);
    }

    // Without replacement; few of many, so that drawing again where one came twice is cheap.
    private void Draw(Random random, int[] turns)
    {
        for (var i = 0; i < turns.Length; i++)
        {
            do
            {
                turns[i] = random.Next(labelers);
            }
            while (turns.AsSpan(0, i).Contains(turns[i]));
        }
    }
}
