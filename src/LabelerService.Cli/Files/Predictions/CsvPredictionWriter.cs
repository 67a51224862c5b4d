using System.Globalization;
using System.Text;

namespace LabelerService.Cli.Files.Predictions;

/// <summary>
/// CSV: item, predicted class, one probability a class, entropy and, where it is known, disagreement in nats; then class and weight of
/// every head if asked for. Numbers have as many digits as it takes to read the same float32 again.
/// </summary>
internal sealed class CsvPredictionWriter(Stream stream, bool raw) : IPredictionWriter
{
    private readonly StreamWriter _writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true)
    {
        NewLine = "\n",
    };

    private bool _headed;

    public async Task WriteAsync(PredictionRows rows, CancellationToken cancellationToken)
    {
        if (!_headed)
        {
            await _writer.WriteLineAsync(string.Join(',', Header(rows)).AsMemory(), cancellationToken);
            _headed = true;
        }

        var classes = rows.Batch.Classes.Select(name => CsvText.Cell(name, raw)).ToArray();
        var line = new StringBuilder();
        for (var i = 0; i < rows.Items.Count; i++)
        {
            AppendRow(line.Clear(), rows, i, classes);
            await _writer.WriteLineAsync(line, cancellationToken);
        }
    }

    public Task CompleteAsync(CancellationToken cancellationToken) => _writer.FlushAsync(cancellationToken);

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private void AppendRow(StringBuilder line, PredictionRows rows, int i, string[] classes)
    {
        line.Append(CsvText.Cell(rows.Items[i], raw)).Append(',').Append(classes[rows.Batch.PredictedClassIndexes[i]]);
        foreach (var probability in rows.Probabilities.Slice(i * rows.Classes, rows.Classes))
        {
            Append(line, probability);
        }

        Append(line, rows.Batch.Entropies[i]);
        if (rows.HasDisagreements)
        {
            Append(line, rows.Batch.Disagreements[i]);
        }

        for (var r = 0; r < rows.Labelers; r++)
        {
            line.Append(',').Append(classes[rows.LabelerClass(i, r)]);
            Append(line, rows.LabelerWeights[(i * rows.Labelers) + r]);
        }
    }

    private static void Append(StringBuilder line, float value) => line.Append(',').Append(CultureInfo.InvariantCulture, $"{value:R}");

    private IEnumerable<string> Header(PredictionRows rows) =>
    [
        PredictionColumns.Item,
        PredictionColumns.Predicted,
        .. rows.Batch.Classes.Select(name => CsvText.Cell(PredictionColumns.Probability(name), raw)),
        PredictionColumns.Entropy,
        .. rows.HasDisagreements ? [PredictionColumns.Disagreement] : Array.Empty<string>(),
        .. rows.Batch.LabelerIds.SelectMany(id => new[]
        {
            CsvText.Cell(PredictionColumns.LabelerClass(id), raw), CsvText.Cell(PredictionColumns.LabelerWeight(id), raw),
        }),
    ];
}
