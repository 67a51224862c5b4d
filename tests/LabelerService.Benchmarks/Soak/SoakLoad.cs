using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Benchmarks.Soak;

/// <summary>
/// What the clients of a service do in a year, at a pace of minutes: a dataset that stays, whose annotations are revised and retracted and on which runs
/// follow each other, and datasets that come and go. Both have a size that they do not outgrow, so that what grows nevertheless is a leak.
/// </summary>
internal sealed class SoakLoad(ServiceConnection service, HttpClient http, Uri httpAddress)
{
    private const string Stays = "datasets/soak";
    private const int Items = 2_000;
    private const int Labelers = 20;
    private const int Classes = 4;
    private const int Length = 16;
    private const int KeptVersions = 4;
    private static readonly string[] Pages =
    [
        "", "v1/datasets", "v1/datasets/soak", "v1/datasets/soak/items?pageSize=50", "v1/datasets/soak/labelers?pageSize=50",
        "v1/datasets/soak/annotations?pageSize=50", "v1/datasets/soak/models", "v1/datasets/soak/models/wdn/versions", "v1/datasets/soak/trainingRuns?pageSize=20",
        "v1/trainers", "v1/algorithms", "readyz",
    ];

    private int _page;
    private int _visitors;

    /// <summary>All of it.</summary>
    public IReadOnlyList<SoakActivity> Activities() =>
    [
        new("annotations, acknowledged stream", TimeSpan.FromSeconds(5), IngestAsync),
        new("annotations, call with request id", TimeSpan.FromSeconds(1), AnnotateAsync),
        new("annotations, client stream", TimeSpan.FromSeconds(10), ImportAsync),
        new("items that change", TimeSpan.FromSeconds(4), ChangeItemsAsync),
        new("prediction of one item", TimeSpan.FromMilliseconds(250), PredictAsync),
        new("prediction of 64 items", TimeSpan.FromSeconds(1), PredictManyAsync),
        new("prediction stream", TimeSpan.FromSeconds(7), PredictStreamAsync),
        new("insight", TimeSpan.FromSeconds(30), LookAsync),
        new("training run and promotion", TimeSpan.FromSeconds(45), TrainAsync),
        new("export", TimeSpan.FromSeconds(20), ExportAsync),
        new("dashboard call", TimeSpan.FromSeconds(1), VisitAsync),
        new("watcher", TimeSpan.FromSeconds(6), WatchAsync),
        new("dataset that comes and goes", TimeSpan.FromSeconds(60), ComeAndGoAsync),
    ];

    /// <summary>Makes the dataset that stays, with a model that answers.</summary>
    public async Task PrepareAsync(CancellationToken cancel)
    {
        var random = new Random(1);
        await CreateAsync(Stays, Items, random, cancel);
        for (var from = 0; from < Items; from += 500)
        {
            await service.Annotations.BatchCreateAnnotationsAsync(Request(Stays, random, Enumerable.Range(from, 500), 5), cancellationToken: cancel);
        }

        await TrainAsync(random, cancel);
    }

    private async Task CreateAsync(string name, int items, Random random, CancellationToken cancel)
    {
        await service.Datasets.CreateDatasetAsync(
            new CreateDatasetRequest
            {
                DatasetId = name["datasets/".Length..],
                Dataset = new Dataset
                {
                    Classes = { Enumerable.Range(0, Classes).Select(index => $"class-{index}") },
                    ItemType = new ItemType { Vector = new ItemType.Types.Vector { Length = Length } },
                },
            },
            cancellationToken: cancel);
        await service.Items.BatchCreateItemsAsync(
            new BatchCreateItemsRequest { Parent = name, Batch = Batch(Enumerable.Range(0, items), random) }, cancellationToken: cancel);
    }

    private async Task<int> IngestAsync(Random random, CancellationToken cancel)
    {
        const int messages = 8;
        using var call = service.Annotations.IngestAnnotations(cancellationToken: cancel);
        for (var message = 1; message <= messages; message++)
        {
            var request = new IngestAnnotationsRequest { Parent = Stays, Sequence = message };
            request.Annotations.AddRange(Say(random, Some(random, Items, 100), 1));
            await call.RequestStream.WriteAsync(request, cancel);
        }

        await call.RequestStream.CompleteAsync();
        var acknowledged = 0L;
        await foreach (var answer in call.ResponseStream.ReadAllAsync(cancel))
        {
            acknowledged = answer.AcknowledgedSequence;
        }

        return acknowledged == messages ? messages : throw new SoakException($"{acknowledged} of {messages} messages were acknowledged");
    }

    private async Task<int> AnnotateAsync(Random random, CancellationToken cancel)
    {
        var request = Request(Stays, random, Some(random, Items, 20), 1);
        request.RequestId = Guid.NewGuid().ToString();
        var first = await service.Annotations.BatchCreateAnnotationsAsync(request, cancellationToken: cancel);
        var second = await service.Annotations.BatchCreateAnnotationsAsync(request, cancellationToken: cancel);
        return first.Equals(second) ? 2 : throw new SoakException("a repeated request was answered differently");
    }

    private async Task<int> ImportAsync(Random random, CancellationToken cancel)
    {
        using var call = service.Annotations.StreamAnnotations(cancellationToken: cancel);
        for (var message = 0; message < 4; message++)
        {
            var request = new StreamAnnotationsRequest { Parent = Stays };
            request.Annotations.AddRange(Say(random, Some(random, Items, 100), 1));
            await call.RequestStream.WriteAsync(request, cancel);
        }

        await call.RequestStream.CompleteAsync();
        await call.ResponseAsync;
        return 1;
    }

    private async Task<int> ChangeItemsAsync(Random random, CancellationToken cancel)
    {
        await service.Items.BatchCreateItemsAsync(
            new BatchCreateItemsRequest { Parent = Stays, Batch = Batch(Some(random, Items, 20), random) }, cancellationToken: cancel);
        return 1;
    }

    private async Task<int> PredictAsync(Random random, CancellationToken cancel)
    {
        var answer = await service.Predictions.PredictAsync(
            new PredictRequest { Dataset = Stays, Model = Champion(), ItemId = Id(random.Next(Items)), IncludeLabelers = random.Next(4) == 0 },
            cancellationToken: cancel);
        Check(answer.Prediction.Probabilities);
        return 1;
    }

    private async Task<int> PredictManyAsync(Random random, CancellationToken cancel)
    {
        var answer = await service.Predictions.BatchPredictAsync(Many(random), cancellationToken: cancel);
        Check(MemoryMarshal.Cast<byte, float>(answer.Predictions.Probabilities.Data.Span)[..Classes].ToArray());
        return 1;
    }

    private async Task<int> PredictStreamAsync(Random random, CancellationToken cancel)
    {
        const int messages = 4;
        using var call = service.Predictions.StreamPredict(cancellationToken: cancel);
        for (var message = 0; message < messages; message++)
        {
            await call.RequestStream.WriteAsync(new StreamPredictRequest { Request = Many(random) }, cancel);
        }

        await call.RequestStream.CompleteAsync();
        var answers = 0;
        await foreach (var answer in call.ResponseStream.ReadAllAsync(cancel))
        {
            answers++;
        }

        return answers == messages ? messages : throw new SoakException($"{answers} of {messages} messages were answered");
    }

    private async Task<int> LookAsync(Random random, CancellationToken cancel)
    {
        await service.Insight.ListItemConsensusAsync(new ListItemConsensusRequest { Parent = Stays, PageSize = 100 }, cancellationToken: cancel);
        await service.Insight.ListLabelerInsightsAsync(new ListLabelerInsightsRequest { Parent = Stays }, cancellationToken: cancel);
        await service.Insight.ListSuspectedAnnotationsAsync(new ListSuspectedAnnotationsRequest { Parent = Stays, PageSize = 50 }, cancellationToken: cancel);
        await service.Insight.GetAgreementAsync(new GetAgreementRequest { Name = $"{Stays}/agreement" }, cancellationToken: cancel);
        await service.Insight.SuggestAnnotationsAsync(new SuggestAnnotationsRequest { Parent = Stays, Count = 20 }, cancellationToken: cancel);
        return 5;
    }

    private async Task<int> TrainAsync(Random random, CancellationToken cancel)
    {
        var created = new TrainingRun { Algorithm = "wdn", ModelId = "wdn", Seed = random.Next(1_000) };
        foreach (var (setting, value) in (ReadOnlySpan<(string, string)>)[("epochs", "5"), ("hidden", "32"), ("bootstrap_resamples", "50"), ("weight_resamples", "0")])
        {
            created.Settings.Add(setting, value);
        }

        var run = await service.Training.CreateTrainingRunAsync(new CreateTrainingRunRequest { Parent = Stays, TrainingRun = created }, cancellationToken: cancel);
        using (var watch = service.Training.WatchTrainingRun(new WatchTrainingRunRequest { Name = run.Name }, cancellationToken: cancel))
        {
            await foreach (var _ in watch.ResponseStream.ReadAllAsync(cancel))
            {
                // To its end.
            }
        }

        run = await service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = run.Name }, cancellationToken: cancel);
        if (run.State != TrainingRun.Types.State.Succeeded)
        {
            throw new SoakException($"run {run.Name} is {run.State}: {run.FailureMessage}");
        }

        await service.Models.PromoteModelVersionAsync(new PromoteModelVersionRequest { Name = run.ModelVersion, Reason = "soak" }, cancellationToken: cancel);
        var versions = await service.Models.ListModelVersionsAsync(
            new ListModelVersionsRequest { Parent = $"{Stays}/models/wdn", PageSize = 100 }, cancellationToken: cancel);
        foreach (var old in versions.Versions.Where(version => version.State == ModelVersion.Types.State.Ready)
            .OrderByDescending(version => int.Parse(version.Name[(version.Name.LastIndexOf('/') + 1)..], System.Globalization.CultureInfo.InvariantCulture)).Skip(KeptVersions))
        {
            await service.Models.DeleteModelVersionAsync(new DeleteModelVersionRequest { Name = old.Name }, cancellationToken: cancel);
        }

        return 5;
    }

    private async Task<int> ExportAsync(Random random, CancellationToken cancel)
    {
        using var annotations = service.Annotations.ExportAnnotations(new ExportAnnotationsRequest { Parent = Stays, ShowRetracted = true }, cancellationToken: cancel);
        await foreach (var _ in annotations.ResponseStream.ReadAllAsync(cancel))
        {
            // All of it.
        }

        var count = 0;
        using var items = service.Items.ExportItems(new ExportItemsRequest { Parent = Stays, IncludeFeatures = true }, cancellationToken: cancel);
        await foreach (var part in items.ResponseStream.ReadAllAsync(cancel))
        {
            count += part.Items.Count;
        }

        return count == Items ? 2 : throw new SoakException($"{count} of {Items} items were exported");
    }

    private async Task<int> VisitAsync(Random random, CancellationToken cancel)
    {
        using var answer = await http.GetAsync(new Uri(httpAddress, Pages[_page++ % Pages.Length]), cancel);
        answer.EnsureSuccessStatusCode();
        await answer.Content.ReadAsByteArrayAsync(cancel);
        return 1;
    }

    // Half of them leave without a word.
    private async Task<int> WatchAsync(Random random, CancellationToken cancel)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var watch = service.Datasets.WatchDatasetActivity(new WatchDatasetActivityRequest { Name = Stays, MaxMessages = 2 }, cancellationToken: leaving.Token);
        while (await watch.ResponseStream.MoveNext(leaving.Token))
        {
            if (random.Next(2) == 0)
            {
                break;
            }
        }

        await leaving.CancelAsync();
        return 1;
    }

    private async Task<int> ComeAndGoAsync(Random random, CancellationToken cancel)
    {
        var name = $"datasets/guest-{Interlocked.Increment(ref _visitors)}";
        await CreateAsync(name, 500, random, cancel);
        await service.Annotations.BatchCreateAnnotationsAsync(Request(name, random, Enumerable.Range(0, 500), 3), cancellationToken: cancel);
        await service.Insight.ListItemConsensusAsync(new ListItemConsensusRequest { Parent = name, PageSize = 100 }, cancellationToken: cancel);
        var found = await service.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = name }, cancellationToken: cancel);
        await service.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Name = name }, cancellationToken: cancel);
        return found.Counts.Annotations == 1_500 ? 6 : throw new SoakException($"{name} has {found.Counts.Annotations} annotations, not 1500");
    }

    private static BatchCreateAnnotationsRequest Request(string dataset, Random random, IEnumerable<int> items, int each)
    {
        var request = new BatchCreateAnnotationsRequest { Parent = dataset, UnknownLabelers = UnknownLabelers.Register };
        request.Annotations.AddRange(Say(random, items, each));
        return request;
    }

    // The same labelers say something of an item again and again: that makes revisions. An item's class is its number's.
    private static IEnumerable<Annotation> Say(Random random, IEnumerable<int> items, int each)
    {
        foreach (var item in items)
        {
            var first = random.Next(5);
            for (var turn = 0; turn < each; turn++)
            {
                var annotation = new Annotation { ItemId = Id(item), LabelerId = $"labeler-{((item * 3) + first + turn) % Labelers}" };
                if (each == 1 && random.Next(20) == 0)
                {
                    annotation.Retracted = true;
                }
                else
                {
                    annotation.ClassIndex = random.Next(4) == 0 ? random.Next(Classes) : item % Classes;
                }

                yield return annotation;
            }
        }
    }

    private static ItemBatch Batch(IEnumerable<int> items, Random random)
    {
        int[] numbers = [.. items];
        var values = new float[numbers.Length * Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (i % Length == numbers[i / Length] % Classes ? 2 : 0) + (float)random.NextDouble();
        }

        return new ItemBatch
        {
            ItemIds = { numbers.Select(Id) },
            Features = new Tensor
            {
                DataType = Tensor.Types.DataType.Float32,
                Shape = { numbers.Length, Length },
                Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
            },
        };
    }

    private static BatchPredictRequest Many(Random random) => new()
    {
        Dataset = Stays,
        Model = Champion(),
        Features = Batch(Some(random, Items, 64), random).Features,
    };

    private static IEnumerable<int> Some(Random random, int of, int count)
    {
        var first = random.Next(of);
        return Enumerable.Range(first, count).Select(number => number % of);
    }

    private static ModelSelector Champion() => new() { Model = $"{Stays}/models/wdn" };

    private static void Check(IReadOnlyCollection<float> probabilities)
    {
        if (probabilities.Count != Classes || Math.Abs(probabilities.Sum() - 1) > 1e-3)
        {
            throw new SoakException($"a prediction is no distribution over {Classes} classes");
        }
    }

    private static string Id(int item) => $"item-{item}";
}
