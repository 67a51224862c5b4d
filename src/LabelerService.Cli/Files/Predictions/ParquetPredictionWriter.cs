using Parquet;
using Parquet.Schema;

namespace LabelerService.Cli.Files.Predictions;

/// <summary>
/// Parquet: the same columns as CSV, text as strings and numbers as float32. Batches are gathered into row groups of a few million cells,
/// so that memory stays bounded and the file is quick to scan.
/// </summary>
internal sealed class ParquetPredictionWriter(Stream stream) : IPredictionWriter
{
    private const int CellsPerGroup = 2_000_000;

    private readonly List<Column> _columns = [];
    private ParquetWriter? _writer;
    private int _rows;

    public async Task WriteAsync(PredictionRows rows, CancellationToken cancellationToken)
    {
        if (_writer is null)
        {
            AddColumns(rows);
            _writer = await ParquetWriter.CreateAsync(
                new ParquetSchema(_columns.Select(column => column.Field)), stream, cancellationToken: cancellationToken);
        }

        Gather(rows);
        if ((long)_rows * _columns.Count >= CellsPerGroup)
        {
            await FlushAsync(_writer, cancellationToken);
        }
    }

    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_writer is not null)
        {
            await FlushAsync(_writer, cancellationToken);
            // Parquet's footer is written by disposal.
            await _writer.DisposeAsync();
            _writer = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }
    }

    private void AddColumns(PredictionRows rows)
    {
        _columns.Add(Column.OfText(PredictionColumns.Item));
        _columns.Add(Column.OfText(PredictionColumns.Predicted));
        _columns.AddRange(rows.Batch.Classes.Select(name => Column.OfNumbers(PredictionColumns.Probability(name))));
        _columns.Add(Column.OfNumbers(PredictionColumns.Entropy));
        if (rows.HasDisagreements)
        {
            _columns.Add(Column.OfNumbers(PredictionColumns.Disagreement));
        }

        foreach (var labeler in rows.Batch.LabelerIds)
        {
            _columns.Add(Column.OfText(PredictionColumns.LabelerClass(labeler)));
            _columns.Add(Column.OfNumbers(PredictionColumns.LabelerWeight(labeler)));
        }
    }

    private void Gather(PredictionRows rows)
    {
        var classes = rows.Batch.Classes;
        for (var i = 0; i < rows.Items.Count; i++)
        {
            var at = 0;
            _columns[at++].Texts.Add(rows.Items[i]);
            _columns[at++].Texts.Add(classes[rows.Batch.PredictedClassIndexes[i]]);
            for (var k = 0; k < rows.Classes; k++)
            {
                _columns[at++].Numbers.Add(rows.Probabilities[(i * rows.Classes) + k]);
            }

            _columns[at++].Numbers.Add(rows.Batch.Entropies[i]);
            if (rows.HasDisagreements)
            {
                _columns[at++].Numbers.Add(rows.Batch.Disagreements[i]);
            }

            for (var r = 0; r < rows.Labelers; r++)
            {
                _columns[at++].Texts.Add(classes[rows.LabelerClass(i, r)]);
                _columns[at++].Numbers.Add(rows.LabelerWeights[(i * rows.Labelers) + r]);
            }
        }

        _rows += rows.Items.Count;
    }

    private async Task FlushAsync(ParquetWriter writer, CancellationToken cancellationToken)
    {
        if (_rows == 0)
        {
            return;
        }

        using (var group = writer.CreateRowGroup())
        {
            foreach (var column in _columns)
            {
                if (column.IsText)
                {
                    await group.WriteAsync(column.Field, column.Texts);
                    column.Texts.Clear();
                }
                else
                {
                    await group.WriteAsync<float>(column.Field, column.Numbers.ToArray(), cancellationToken: cancellationToken);
                    column.Numbers.Clear();
                }
            }
        }

        _rows = 0;
    }

    private sealed class Column
    {
        private Column(DataField field, bool isText)
        {
            Field = field;
            IsText = isText;
        }

        public DataField Field { get; }

        public bool IsText { get; }

        public List<string> Texts { get; } = [];

        public List<float> Numbers { get; } = [];

        public static Column OfText(string name) => new(new DataField(name, typeof(string), isNullable: false), isText: true);

        public static Column OfNumbers(string name) => new(new DataField<float>(name), isText: false);
    }
}
