using LabelerService.Formats.Tables;
using Parquet;

namespace LabelerService.Formats.Parquet;

/// <summary>
/// Reads Parquet row group by row group, only the columns that mean something. A row group that cannot be read costs its rows and no others.
/// </summary>
internal sealed class ParquetTableReader(Stream stream, IReadOnlyList<Column> columns) : TableReader(columns)
{
    private readonly List<(int Column, ParquetColumn Reader)> _readers = [];
    private IReadOnlyList<string> _unknown = [];
    private ParquetReader? _file;
    private int _group = -1;
    private long _groupRows;
    private long _rowInGroup;
    private long _row;

    public override IReadOnlyList<string> UnknownColumns => _unknown;

    public override async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (_file is null)
        {
            await OpenAsync(cancellationToken);
        }

        while (_rowInGroup == _groupRows)
        {
            if (++_group >= _file!.RowGroupCount)
            {
                return false;
            }

            if (await LoadAsync(cancellationToken) is { } problem)
            {
                return Refuse(new RowPlace(RowPlaceKind.Row, _row, _group), problem);
            }
        }

        Place = new RowPlace(RowPlaceKind.Row, _row, _group);
        Problem = null;
        Array.Clear(Cells);
        try
        {
            foreach (var (column, reader) in _readers)
            {
                Cells[column] = reader.Next();
            }
        }
        catch (Exception exception) when (IsBadData(exception))
        {
            var lost = _groupRows - _rowInGroup;
            Refuse(Place, $"row group {_group} cannot be read from here on ({lost} rows): {Words(exception)}");
            (_row, _rowInGroup) = (_row + lost, _groupRows);
            return true;
        }

        _row++;
        _rowInGroup++;
        return true;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_file is not null)
        {
            await _file.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        ParquetGuard.CheckFooter(stream);
        try
        {
            _file = await ParquetReader.CreateAsync(new EndIsAnErrorStream(stream), parquetOptions: null, leaveStreamOpen: true, cancellationToken);
            var fields = _file.Schema.Fields;
            (var columnOf, _unknown) = Header.Match([.. fields.Select(field => field.Name)], Columns, default);
            for (var i = 0; i < fields.Count; i++)
            {
                if (columnOf[i] >= 0)
                {
                    _readers.Add((columnOf[i], ParquetColumn.Create(fields[i], Columns[columnOf[i]])));
                }
            }
        }
        catch (Exception exception) when (IsBadData(exception))
        {
            throw new FileFormatException(default, $"cannot be read as Parquet: {Words(exception)}");
        }
    }

    /// <summary>Reads the columns of the current group; what is wrong with them.</summary>
    private async ValueTask<string?> LoadAsync(CancellationToken cancellationToken)
    {
        (_groupRows, _rowInGroup) = (0, 0);
        try
        {
            using var group = _file!.OpenRowGroupReader(_group);
            foreach (var (_, reader) in _readers)
            {
                reader.CheckStored(group);
            }

            ParquetGuard.CheckGroup(
                stream, group.RowCount, _readers.Select(entry => (entry.Reader.Name, entry.Reader.Repeats, entry.Reader.Metadata(group))));
            foreach (var (_, reader) in _readers)
            {
                await reader.LoadAsync(group, cancellationToken);
            }

            _groupRows = group.RowCount;
            return null;
        }
        catch (Exception exception) when (IsBadData(exception))
        {
            var rows = _file!.Metadata?.RowGroups[_group].NumRows ?? 0;
            _row += Math.Max(0, rows);
            return $"row group {_group} cannot be read ({rows} rows): {Words(exception)}";
        }
    }

    // The library has no exception of its own for broken data: it fails where the data lead it.
    private static bool IsBadData(Exception exception) =>
        exception is not (OperationCanceledException or OutOfMemoryException or FileFormatException);

    private static string Words(Exception exception) => Header.Shorten(exception.Message.ReplaceLineEndings(" "));
}
