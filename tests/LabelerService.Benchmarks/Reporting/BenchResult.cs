using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace LabelerService.Benchmarks.Reporting;

/// <summary>Something that a bench was to measure and could not.</summary>
/// <param name="What">What it was.</param>
/// <param name="Reason">Why it failed.</param>
internal sealed record BenchFailure(string What, string Reason);

/// <summary>What a bench measured: figures for scripts, tables for people, details for both.</summary>
internal sealed class BenchResult(string bench)
{
    // What goes into a file or a pipe is not folded to some screen's width.
    private const int UnlimitedWidth = 4096;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        Converters = { new FiniteNumber() },
    };

    private readonly List<BenchTable> _tables = [];
    private readonly Dictionary<string, double?> _figures = [];

    /// <summary>What was measured on and how.</summary>
    public Dictionary<string, object> Settings { get; } = [];

    /// <summary>Parts of the document beside the figures.</summary>
    public Dictionary<string, object> Details { get; } = [];

    /// <summary>What failed. The rest was measured nevertheless.</summary>
    public List<BenchFailure> Failures { get; } = [];

    /// <summary>The figures: percent, seconds, milliseconds, MiB or ratios, as the name says; null is not a number.</summary>
    public IReadOnlyDictionary<string, double?> Figures => _figures;

    /// <summary>Adds a figure, rounded to six digits after the point, which is beyond what any bench can tell apart.</summary>
    public void Figure(string name, double value) => _figures.Add(name, double.IsFinite(value) ? Math.Round(value, 6) : null);

    /// <summary>Adds a table for people.</summary>
    public void Table(BenchTable table) => _tables.Add(table);

    /// <summary>Writes the one document, or the tables.</summary>
    public void Write(TextWriter output, bool json)
    {
        if (json)
        {
            var document = new Dictionary<string, object> { ["bench"] = bench, ["settings"] = Settings, ["figures"] = _figures };
            foreach (var (name, detail) in Details)
            {
                document[name] = detail;
            }

            document["failures"] = Failures;
            output.WriteLine(JsonSerializer.Serialize(document, Options));
            output.Flush();
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (Console.IsOutputRedirected || !ReferenceEquals(output, Console.Out))
        {
            console.Profile.Width = UnlimitedWidth;
        }

        foreach (var table in _tables)
        {
            table.Show(console);
        }
    }

    // JSON has no numbers for infinity and not-a-number.
    private sealed class FiniteNumber : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
            {
                writer.WriteNumberValue(value);
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }
}
