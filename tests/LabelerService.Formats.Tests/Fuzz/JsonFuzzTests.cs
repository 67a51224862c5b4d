using System.Text;
using System.Text.Json;
using CsCheck;
using LabelerService.Formats.JsonLines;
using LabelerService.Formats.LabelStudio;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;
using LabelerService.Formats.Tests.Rows;

namespace LabelerService.Formats.Tests.Fuzz;

/// <summary>Broken JSON Lines and Label Studio files, against the platform's document parser.</summary>
[Trait("Suite", "security")]
public class JsonFuzzTests
{
    private static readonly ITableFormat Jsonl = new JsonLinesFormat();
    private static readonly ITableFormat Studio = new LabelStudioFormat();

    [Fact]
    public Task Every_mutated_line_is_a_row_as_it_stands_there_or_a_problem() =>
        Generators.Label.Array[1, 4]
            .SelectMany(rows => Mutations.Of(TestFile.WriteAsync(Jsonl, rows, TestFile.Labels).GetAwaiter().GetResult()))
            .SampleAsync(
                async file =>
                {
                    var read = await TestFile.ReadAsync(Jsonl, file, TestFile.Labels);
                    if (read.Failure is not null)
                    {
                        Assert.True(file is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..]);
                        return;
                    }

                    var lines = Lines(file);
                    Assert.Equal(lines.Select(line => $"line {line.Number}"), read.Rows.Select(row => row.Place.ToString()));
                    foreach (var (line, row) in lines.Zip(read.Rows))
                    {
                        CheckRow(line.Bytes, row.Row);
                    }
                },
                iter: Effort.Fast);

    [Fact]
    public Task A_mutated_Label_Studio_file_gives_the_annotations_that_stand_there_or_ends_with_a_problem() =>
        Generators.Label.Where(row => !row.Retracted).Array[1, 4]
            .SelectMany(rows => Mutations.Of(TestFile.WriteAsync(Studio, rows, TestFile.Labels).GetAwaiter().GetResult()))
            .SampleAsync(
                async file =>
                {
                    using var slow = new TricklingStream(file);
                    var read = await TestFile.ReadAsync(Studio, file, TestFile.Labels);
                    var trickled = await TestFile.ReadAsync(Studio, slow, TestFile.Labels);
                    Assert.Equal(read.Good, trickled.Good);
                    Assert.Equal(read.Failure?.Message, trickled.Failure?.Message);
                    if (Parse(file[(file is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0)..]) is not { RootElement.ValueKind: JsonValueKind.Array } document)
                    {
                        Assert.True(read.Failure is not null || read.Problems.Any());
                        return;
                    }

                    using (document)
                    {
                        Assert.Null(read.Failure);
                        var given = Annotations(document.RootElement).ToList();
                        if (read.Problems.Any())
                        {
                            // A task that cannot be used takes its annotations with it; what is given still stands there, in order.
                            Assert.All(read.Good, row => Assert.True(given.Remove((row.Item, row.Labeler, row.Label))));
                        }
                        else
                        {
                            Assert.Equal(given, read.Good.Select(row => (row.Item, row.Labeler, row.Label)));
                        }
                    }
                },
                iter: Effort.Fast / 2);

    private static void CheckRow(byte[] line, LabelRow? row)
    {
        using var document = Parse(line);
        if (document is null || document.RootElement.ValueKind != JsonValueKind.Object)
        {
            Assert.Null(row);
            return;
        }

        if (row is null)
        {
            return;
        }

        var root = document.RootElement;
        Assert.Equal(row.Item, Text(root, "item", "task"));
        Assert.Equal(row.Labeler, Text(root, "labeler", "worker", "performer"));
        Assert.Equal(row.Label, Text(root, "label"));
        if (row.Confidence is { } confidence)
        {
            Assert.Equal(confidence, (float)double.Parse(Text(root, "confidence"), System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private static string Text(JsonElement root, params string[] names)
    {
        var found = root.EnumerateObject().Where(property => names.Contains(property.Name, StringComparer.OrdinalIgnoreCase)).ToArray();
        Assert.True(found.Length <= 1);
        return found.Length == 0 || found[0].Value.ValueKind == JsonValueKind.Null ? ""
            : found[0].Value.ValueKind switch
            {
                JsonValueKind.True => "true",
                JsonValueKind.False => "false",
                // Whole numbers are ids, too; 1e3 is 1000.
                JsonValueKind.Number when found[0].Value.TryGetInt64(out var number) => $"{number}",
                JsonValueKind.Number => found[0].Value.GetRawText(),
                _ => found[0].Value.GetString()!,
            };
    }

    private static IEnumerable<(string Item, string Labeler, string Label)> Annotations(JsonElement tasks)
    {
        foreach (var task in tasks.EnumerateArray().Where(task => task.ValueKind == JsonValueKind.Object && IsUnicode(task)))
        {
            if (!task.TryGetProperty("annotations", out var annotations) || annotations.ValueKind != JsonValueKind.Array)
            {
                continue;
            }

            foreach (var annotation in annotations.EnumerateArray())
            {
                (string, string, string)? found;
                try
                {
                    found = Read(task, annotation);
                }
                catch (InvalidOperationException)
                {
                    // Text that is not Unicode.
                    continue;
                }

                if (found is not null)
                {
                    yield return found.Value;
                }
            }
        }
    }

    /// <summary>The annotation in the way of the schema; null if the schema does not take it.</summary>
    private static (string, string, string)? Read(JsonElement task, JsonElement annotation)
    {
        if (annotation.ValueKind != JsonValueKind.Object
            || (annotation.TryGetProperty("was_cancelled", out var cancelled) && cancelled.ValueKind == JsonValueKind.True))
        {
            return null;
        }

        var fields = new LabelStudioFields(new ReadOptions());
        Cell[] cells =
        [
            fields.TaskItem(task), LabelStudioFields.Person(annotation, "completed_by"), fields.Choice(annotation),
            LabelStudioFields.FirstOf(annotation, "updated_at", "created_at"), default, LabelStudioFields.FirstOf(annotation, "lead_time"), default,
        ];
        return TestFile.Labels.TryRead(cells, out var row, out _) ? (row.Item, row.Labeler, row.Label) : null;
    }

    private static bool IsUnicode(JsonElement task)
    {
        try
        {
            return task.EnumerateObject().All(property => property.Name is not null);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static JsonDocument? Parse(byte[] bytes)
    {
        try
        {
            // Strict about UTF-8, which the parser is only where text is asked for.
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(bytes);
            return JsonDocument.Parse(bytes);
        }
        catch (Exception exception) when (exception is JsonException or DecoderFallbackException)
        {
            return null;
        }
    }

    private static (int Number, byte[] Bytes)[] Lines(byte[] file)
    {
        var content = file is [0xEF, 0xBB, 0xBF, ..] ? file[3..] : file;
        var lines = new List<(int, byte[])>();
        var (start, number) = (0, 1);
        for (var i = 0; i <= content.Length; i++)
        {
            if (i == content.Length || content[i] == '\n')
            {
                lines.Add((number++, content[start..i]));
                start = i + 1;
            }
        }

        return [.. lines.Where(line => line.Item2.Any(c => c is not ((byte)' ' or (byte)'\t' or (byte)'\r')))];
    }
}
