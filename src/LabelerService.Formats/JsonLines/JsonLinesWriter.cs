using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.JsonLines;

/// <summary>Writes JSON Lines; what a row does not have is left out. Numbers have as many digits as it takes to read the same again.</summary>
internal sealed class JsonLinesWriter : TableWriter
{
    private const int FlushAt = 1 << 16;

    // Escapes what JSON must have escaped and nothing else: the file is no part of an HTML page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Stream _stream;
    private readonly IReadOnlyList<Column> _columns;
    private readonly JsonEncodedText[] _names;
    private readonly ArrayBufferWriter<byte> _bytes = new(FlushAt);
    private readonly Utf8JsonWriter _json;

    public JsonLinesWriter(Stream stream, IReadOnlyList<Column> columns)
    {
        _stream = stream;
        _columns = columns;
        _names = [.. columns.Select(column => JsonEncodedText.Encode(column.Name))];
        _json = new Utf8JsonWriter(_bytes, Options);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<Cell> cells, CancellationToken cancellationToken)
    {
        _json.Reset();
        _json.WriteStartObject();
        for (var i = 0; i < _columns.Count; i++)
        {
            var cell = cells.Span[i];
            if (cell.Kind != CellKind.None)
            {
                _json.WritePropertyName(_names[i]);
                Write(cell, _columns[i].Type);
            }
        }

        _json.WriteEndObject();
        _json.Flush();
        _bytes.Write("\n"u8);
        if (_bytes.WrittenCount >= FlushAt)
        {
            await FlushAsync(cancellationToken);
        }
    }

    public override ValueTask CompleteAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await _json.DisposeAsync();
        await base.DisposeAsync();
    }

    private void Write(in Cell cell, ColumnType type)
    {
        switch (cell.Kind)
        {
            case CellKind.Text when type == ColumnType.Json:
                _json.WriteRawValue(cell.Text);
                break;
            case CellKind.Integer:
                _json.WriteNumberValue(cell.Integer);
                break;
            case CellKind.Real when type == ColumnType.Single:
                _json.WriteNumberValue((float)cell.Real);
                break;
            case CellKind.Real:
                _json.WriteNumberValue(cell.Real);
                break;
            case CellKind.Boolean:
                _json.WriteBooleanValue(cell.Boolean);
                break;
            case CellKind.Bytes:
                _json.WriteBase64StringValue(cell.Bytes.Span);
                break;
            case CellKind.Numbers:
                WriteNumbers(cell.Numbers);
                break;
            default:
                _json.WriteStringValue(cell.ToString());
                break;
        }
    }

    private void WriteNumbers(NumberBlock block)
    {
        var length = block.Steps > 0 ? block.Values.Length / block.Steps : block.Values.Length;
        _json.WriteStartArray();
        for (var i = 0; i < block.Values.Length; i++)
        {
            if (block.Steps > 0 && i % length == 0)
            {
                _json.WriteStartArray();
            }

            _json.WriteNumberValue(block.Values[i]);
            if (block.Steps > 0 && (i + 1) % length == 0)
            {
                _json.WriteEndArray();
            }
        }

        _json.WriteEndArray();
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(_bytes.WrittenMemory, cancellationToken);
        _bytes.ResetWrittenCount();
    }
}
