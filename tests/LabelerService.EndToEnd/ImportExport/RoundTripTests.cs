using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.ImportExport;

/// <summary>
/// What is exported, imported into a fresh dataset and exported again is the same, byte by byte, in every format that has the fields: CSV, TSV,
/// JSON Lines and Parquet have all; crowd-kit has item, labeler and class; Label Studio all but the confidence; NPY features and keys.
/// </summary>
[Collection(SharedService.Name)]
public sealed class RoundTripTests(ServiceFixture fixture) : IDisposable
{
    private static readonly string[] Classes = ["plain", "with, comma and \"quotes\"", "line\nbreak", "=1+1", "漢字 🏥"];

    private readonly RunningService _service = fixture.Service;
    private readonly ExchangeFiles _files = new(fixture.Service);

    [Theory]
    [InlineData("csv")]
    [InlineData("tsv")]
    [InlineData("jsonl")]
    [InlineData("parquet")]
    public async Task Labels_gold_classes_and_labelers_come_back_exactly(string extension)
    {
        var source = await SourceAsync();
        var copy = await CreateAsync(new ItemType { Vector = new ItemType.Types.Vector { Length = 3 } });
        await _files.ExportAsync("items", source, "items.jsonl");
        await _files.ImportAsync("items", copy, "items.jsonl");
        // Gold classes came with the items: taken away, so that they are seen to come back.
        await ClearGoldAsync(copy);

        foreach (var what in new[] { "labelers", "labels", "gold" })
        {
            await _files.ExportAsync(what, source, $"{what}.{extension}");
            await _files.ImportAsync(what, copy, $"{what}.{extension}");
            await _files.ExportAsync(what, copy, $"{what}-again.{extension}");
            _files.AssertSame($"{what}.{extension}", $"{what}-again.{extension}");
        }

        Assert.Equal(await AnnotationsAsync(source), await AnnotationsAsync(copy));
        Assert.Equal(await _service.CountAsync(source), await _service.CountAsync(copy));
    }

    [Theory]
    [InlineData("crowd.csv", "crowd-kit")]
    [InlineData("tasks.json", "label-studio")]
    public async Task Formats_of_other_tools_keep_what_they_have(string file, string format)
    {
        var source = await SourceAsync();
        var copy = await CreateAsync(new ItemType { Vector = new ItemType.Types.Vector { Length = 3 } });
        await _files.ExportAsync("items", source, "items.jsonl");
        await _files.ImportAsync("items", copy, "items.jsonl");
        await _files.ExportAsync("labelers", source, "labelers.jsonl");
        await _files.ImportAsync("labelers", copy, "labelers.jsonl");

        await _files.ExportAsync("labels", source, file, "--format", format);
        await _files.ImportAsync("labels", copy, file);
        await _files.ExportAsync("labels", copy, $"again-{file}", "--format", format);

        _files.AssertSame(file, $"again-{file}");
        Assert.Equal((await _service.CountAsync(source)).Annotations, (await _service.CountAsync(copy)).Annotations);
    }

    [Theory]
    [InlineData("vector:3", "jsonl")]
    [InlineData("vector:3", "parquet")]
    [InlineData("image:2x3x1", "jsonl")]
    [InlineData("image:2x3x1", "parquet")]
    [InlineData("text", "csv")]
    [InlineData("text", "tsv")]
    [InlineData("text", "jsonl")]
    [InlineData("text", "parquet")]
    [InlineData("sequence:2", "jsonl")]
    [InlineData("sequence:2", "parquet")]
    public async Task Items_come_back_exactly(string type, string extension)
    {
        var itemType = TypeOf(type);
        var (source, copy) = (await CreateAsync(itemType), await CreateAsync(itemType));
        foreach (var batch in Batches(itemType))
        {
            await _service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = source, Batch = batch });
        }

        await _files.ExportAsync("items", source, $"items.{extension}");
        await _files.ImportAsync("items", copy, $"items.{extension}");
        await _files.ExportAsync("items", copy, $"again.{extension}");

        _files.AssertSame($"items.{extension}", $"again.{extension}");
        Assert.Equal(await ItemsAsync(source), await ItemsAsync(copy));
    }

    [Fact]
    public async Task Labels_that_were_taken_back_are_exported_and_imported_as_such()
    {
        var source = await SourceAsync();
        var plain = await File.ReadAllLinesAsync(await _files.ExportAsync("labels", source, "labels.jsonl"));
        var all = await File.ReadAllLinesAsync(await _files.ExportAsync("labels", source, "all.jsonl", "--retracted"));
        var retraction = Assert.Single(all.Except(plain));
        Assert.Contains("\"retracted\":true", retraction, StringComparison.Ordinal);

        // Elsewhere the label still stands: the file takes it back there too.
        var copy = await CreateAsync(new ItemType { Vector = new ItemType.Types.Vector { Length = 3 } });
        await _files.ExportAsync("items", source, "items.jsonl");
        await _files.ImportAsync("items", copy, "items.jsonl");
        var key = System.Text.Json.JsonDocument.Parse(retraction).RootElement;
        await _service.AnnotateAsync(copy, Requests.Says(key.GetProperty("labeler").GetString()!, key.GetProperty("item").GetString()!, Classes[0]));
        await _files.ImportAsync("labels", copy, "all.jsonl");
        await _files.ExportAsync("labels", copy, "all-again.jsonl", "--retracted");

        Assert.Equal(all.Order(), (await File.ReadAllLinesAsync(_files["all-again.jsonl"])).Order());
    }

    [Fact]
    public async Task A_file_for_spreadsheets_runs_no_formula()
    {
        var source = await SourceAsync();

        var lines = await File.ReadAllLinesAsync(await _files.ExportAsync("labels", source, "safe.csv", "--spreadsheet-safe"));

        Assert.Contains(lines, line => line.Contains(",'=1+1", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains(",=", StringComparison.Ordinal) || line.StartsWith('='));
    }

    [Fact]
    public async Task An_export_that_fails_leaves_no_file()
    {
        var outcome = await _files.RunAsync("export", "labels", "no-such-dataset", "--out", _files["none.csv"]);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Empty(_files.Names);
    }

    public void Dispose() => _files.Dispose();

    private static ItemType TypeOf(string text) => text.Split(':') switch
    {
        ["vector", _] => new ItemType { Vector = new ItemType.Types.Vector { Length = 3 } },
        ["image", _] => new ItemType { Image = new ItemType.Types.Image { Height = 2, Width = 3, Channels = 1 } },
        ["sequence", _] => new ItemType { Sequence = new ItemType.Types.Sequence { StepLength = 2 } },
        _ => new ItemType { Text = new ItemType.Types.Text() },
    };

    private static string Key(int i) => (i % 6) switch
    {
        0 => $"item-{i}",
        1 => $"item, \"{i}\"",
        2 => $"two\nlines {i}",
        3 => $"=cmd|{i}",
        4 => $" 患者 {i} 🏥 ",
        _ => $"{i}",
    };

    private static IEnumerable<ItemBatch> Batches(ItemType type)
    {
        var bare = new ItemBatch { ItemIds = { "bare", "bare too" }, Splits = { Split.Test, Split.Train } };
        var batch = new ItemBatch
        {
            ItemIds = { Enumerable.Range(0, 12).Select(Key) },
            Splits = { Enumerable.Range(0, 12).Select(i => (Split)(1 + (i % 3))) },
            GoldClasses = { Enumerable.Range(0, 12).Select(i => i % 2 == 0 ? Classes[i % 5] : "") },
        };
        var random = new Random(5);
        switch (type.KindCase)
        {
            case ItemType.KindOneofCase.Text:
                batch.Texts.AddRange(Enumerable.Range(0, 12).Select(i => $"report {i}:\r\n\t\"no finding\", =1+1 {Key(i)}\n"));
                break;
            case ItemType.KindOneofCase.Sequence:
                batch.Sequences.AddRange(Enumerable.Range(0, 12).Select(
                    i => Requests.Floats([.. Enumerable.Range(0, 2 * (i + 1)).Select(_ => random.NextSingle())], i + 1, 2)));
                break;
            case ItemType.KindOneofCase.Image:
                batch.Images.AddRange(Enumerable.Range(0, 12).Select(i => ByteString.CopyFrom(TinyPng.Grey(3, 2, (y, x) => (byte)((40 * y) + x + i)))));
                yield return new ItemBatch
                {
                    ItemIds = { "values" },
                    Features = Requests.Floats([.. Enumerable.Range(0, 6).Select(_ => random.NextSingle())], 1, 6),
                };
                break;
            default:
                batch.Features = Requests.Floats([.. Enumerable.Range(0, 36).Select(i => i == 0 ? -0f : i == 1 ? 1e-30f : random.NextSingle())], 12, 3);
                break;
        }

        yield return batch;
        yield return bare;
    }

    private async Task<string> CreateAsync(ItemType type)
    {
        var dataset = await _service.Datasets.CreateDatasetAsync(new CreateDatasetRequest
        {
            DatasetId = Requests.NewId(),
            Dataset = new Dataset { Classes = { Classes }, ItemType = type },
        });
        return dataset.Name;
    }

    /// <summary>A dataset with everything that is hard to write down: keys, classes, tags; labels with and without what is optional.</summary>
    private async Task<string> SourceAsync()
    {
        var type = new ItemType { Vector = new ItemType.Types.Vector { Length = 3 } };
        var name = await CreateAsync(type);
        foreach (var batch in Batches(type))
        {
            await _service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = name, Batch = batch });
        }

        string[] labelers = ["anna@clinic.example", "ben, MD", "\"c\"", "d\ne", "+f", "7"];
        await _service.Labelers.BatchCreateLabelersAsync(new BatchCreateLabelersRequest
        {
            Parent = name,
            Labelers =
            {
                labelers.Select((labeler, i) => new Labeler
                {
                    LabelerId = labeler, DisplayName = i % 2 == 0 ? $"Dr. {labeler}, \"{i}\"" : "",
                    Tags = { i % 3 == 0 ? new Dictionary<string, string> { ["site"] = "north, \"1\"", ["a\nb"] = "" } : [] },
                }),
            },
        });
        var annotations = new List<Annotation>();
        for (var i = 0; i < 12; i++)
        {
            for (var l = 0; l < labelers.Length; l++)
            {
                var annotation = Requests.Says(labelers[l], Key(i), Classes[(i + l) % Classes.Length]);
                if ((i + l) % 3 != 0)
                {
                    annotation.Confidence = 1f / (1 + i + l);
                    annotation.Duration = Duration.FromTimeSpan(TimeSpan.FromMilliseconds((1000 * i) + (7 * l) + 1));
                    annotation.AnnotateTime = Timestamp.FromDateTimeOffset(
                        DateTimeOffset.Parse("2026-01-31T12:00:00.000001Z", CultureInfo.InvariantCulture).AddTicks(10 * ((i * 100_003) + l)));
                }

                annotations.Add(annotation);
            }
        }

        await _service.AnnotateAsync(name, [.. annotations]);
        await _service.AnnotateAsync(name, new Annotation { ItemId = Key(3), LabelerId = labelers[2], Retracted = true });
        return name;
    }

    private async Task ClearGoldAsync(string dataset)
    {
        var request = new BatchSetGoldClassesRequest { Parent = dataset };
        request.GoldClasses.Add(Enumerable.Range(0, 12).Select(i => new GoldClass { ItemId = Key(i) }));
        await _service.Items.BatchSetGoldClassesAsync(request);
        Assert.Equal(0, (await _service.CountAsync(dataset)).GoldItems);
    }

    private async Task<List<string>> AnnotationsAsync(string dataset)
    {
        var found = new List<string>();
        using var call = _service.Annotations.ExportAnnotations(new ExportAnnotationsRequest { Parent = dataset });
        while (await call.ResponseStream.MoveNext(default))
        {
            found.AddRange(call.ResponseStream.Current.Annotations.Select(a =>
                $"{a.ItemId}|{a.LabelerId}|{a.ClassName}|{a.HasConfidence} {a.Confidence:R}|{a.Duration}|{a.AnnotateTime}"));
        }

        return found;
    }

    private async Task<List<Item>> ItemsAsync(string dataset)
    {
        var found = new List<Item>();
        using var call = _service.Items.ExportItems(new ExportItemsRequest { Parent = dataset, IncludeFeatures = true, IncludeContents = true });
        while (await call.ResponseStream.MoveNext(default))
        {
            foreach (var item in call.ResponseStream.Current.Items)
            {
                (item.Name, item.CreateTime, item.UpdateTime) = ("", null, null);
                found.Add(item);
            }
        }

        return found;
    }
}
