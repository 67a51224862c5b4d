using LabelerService.Formats.Tables;
using Parquet;
using Parquet.Schema;

namespace LabelerService.Formats.Parquet;

/// <summary>Writes Parquet; rows are gathered into row groups of bounded size, so that both writing and reading need bounded memory.</summary>
internal sealed class ParquetTableWriter(Stream stream, IReadOnlyList<Column> columns) : TableWriter
{
    private const int GroupRows = 1 << 16;
    private const long GroupBytes = 64L << 20;

    private readonly ParquetOutput[] _outputs = [.. columns.Select(ParquetOutput.Create)];
    private ParquetWriter? _file;
    private long _bytes;
    private int _rows;

    public override async ValueTask WriteAsync(ReadOnlyMemory<Cell> cells, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _outputs.Length; i++)
        {
            _bytes += _outputs[i].Add(cells.Span[i]);
        }

        _rows++;
        if (_rows >= GroupRows || _bytes >= GroupBytes)
        {
            await FlushAsync(cancellationToken);
        }
    }

    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_rows > 0 || _file is null)
        {
            await FlushAsync(cancellationToken);
        }

        // The footer is written by disposal.
        await _file!.DisposeAsync();
        _file = null;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_file is not null)
        {
            await _file.DisposeAsync();
            _file = null;
        }

        await base.DisposeAsync();
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        _file ??= await ParquetWriter.CreateAsync(
            new ParquetSchema(_outputs.Select(output => output.Field)), stream, cancellationToken: cancellationToken);
        if (_rows == 0)
        {
            return;
        }

        using var group = _file.CreateRowGroup();
        foreach (var output in _outputs)
        {
            await output.WriteAsync(group, cancellationToken);
        }

        (_rows, _bytes) = (0, 0);
    }
}
