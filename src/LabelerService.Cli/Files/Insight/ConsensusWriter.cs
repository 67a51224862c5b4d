using System.Runtime.InteropServices;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Files.Insight;

/// <summary>
/// Consensus as a table in any format that holds one: item, class, a probability a class, probability of being wrong, difficulty, number of
/// annotations, and the interval of the class's probability where there is one.
/// </summary>
/// <param name="stream">Where to; stays the caller's.</param>
/// <param name="format">The format.</param>
/// <param name="options">How to write.</param>
internal sealed class ConsensusWriter(Stream stream, ITableFormat format, WriteOptions options) : IAsyncDisposable
{
    private TableWriter? _writer;
    private Cell[] _classes = [];
    private Cell[] _cells = [];
    private bool _intervals;

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>Appends a block; the first says what the classes are.</summary>
    public async Task WriteAsync(ExportItemConsensusResponse block, CancellationToken cancellationToken)
    {
        if (_writer is null)
        {
            _intervals = block.ProbabilityLows.Count > 0;
            _classes = [.. block.Classes.Select(name => Cell.Of(name))];
            Column[] columns = [.. Columns(block.Classes)];
            _cells = new Cell[columns.Length];
            _writer = format.OpenWriter(stream, RowKind.Predictions, columns, options);
        }

        for (var i = 0; i < block.ItemIds.Count; i++)
        {
            Fill(block, i);
            await _writer.WriteAsync(_cells, cancellationToken);
            Rows++;
        }
    }

    /// <summary>Ends the file.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_writer is not null)
        {
            await _writer.CompleteAsync(cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _writer?.DisposeAsync() ?? ValueTask.CompletedTask;

    private IEnumerable<Column> Columns(IEnumerable<string> classes)
    {
        yield return new Column("item");
        yield return new Column("class");
        foreach (var name in classes)
        {
            yield return new Column($"p_{name}", ColumnType.Single);
        }

        yield return new Column("probability_wrong", ColumnType.Single);
        yield return new Column("difficulty", ColumnType.Single);
        yield return new Column("annotations", ColumnType.Double);
        if (_intervals)
        {
            yield return new Column("probability_low", ColumnType.Single);
            yield return new Column("probability_high", ColumnType.Single);
        }
    }

    private void Fill(ExportItemConsensusResponse block, int i)
    {
        var at = 0;
        _cells[at++] = Cell.Of(block.ItemIds[i]);
        _cells[at++] = _classes[block.ClassIndices[i]];
        var values = MemoryMarshal.Cast<byte, float>(block.Probabilities.Data.Span).Slice(i * _classes.Length, _classes.Length);
        foreach (var value in values)
        {
            _cells[at++] = Cell.Of((double)value);
        }

        _cells[at++] = Cell.Of((double)block.ProbabilitiesWrong[i]);
        _cells[at++] = Cell.Of((double)block.Difficulties[i]);
        _cells[at++] = Cell.Of((double)block.AnnotationCounts[i]);
        if (_intervals)
        {
            _cells[at++] = Cell.Of((double)block.ProbabilityLows[i]);
            _cells[at] = Cell.Of((double)block.ProbabilityHighs[i]);
        }
    }
}
