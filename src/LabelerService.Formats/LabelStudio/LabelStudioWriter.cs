using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.LabelStudio;

/// <summary>
/// Writes tasks with their annotations; rows of one item have to follow each other. Our item ids are in <c>data.item_id</c>, labelers in
/// <c>completed_by.email</c>: both are free text, which Label Studio's own numbers are not.
/// </summary>
internal sealed class LabelStudioWriter : TableWriter
{
    private const int FlushAt = 1 << 16;

    private readonly Stream _stream;
    private readonly ArrayBufferWriter<byte> _bytes = new(FlushAt);
    private readonly Utf8JsonWriter _json;
    private readonly int _item;
    private readonly int _labeler;
    private readonly int _label;
    private readonly int _time;
    private readonly int _duration;
    private string? _current;
    private long _tasks;
    private long _annotations;

    public LabelStudioWriter(Stream stream, IReadOnlyList<Column> columns)
    {
        _stream = stream;
        _json = new Utf8JsonWriter(_bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _json.WriteStartArray();
        _item = Header.Find("item", columns);
        _labeler = Header.Find("labeler", columns);
        _label = Header.Find("label", columns);
        _time = Header.Find("time", columns);
        _duration = Header.Find("duration", columns);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<Cell> cells, CancellationToken cancellationToken)
    {
        var item = cells.Span[_item].Text;
        if (!string.Equals(item, _current, StringComparison.Ordinal))
        {
            EndTask();
            BeginTask(item);
        }

        WriteAnnotation(cells.Span);
        if (_json.BytesPending + _bytes.WrittenCount >= FlushAt)
        {
            await FlushAsync(cancellationToken);
        }
    }

    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        EndTask();
        _json.WriteEndArray();
        _json.Flush();
        _bytes.Write("\n"u8);
        await FlushAsync(cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        await _json.DisposeAsync();
        await base.DisposeAsync();
    }

    private void BeginTask(string item)
    {
        _current = item;
        _json.WriteStartObject();
        _json.WriteNumber("id", ++_tasks);
        _json.WriteStartObject("data");
        _json.WriteString(LabelStudioFields.ItemKey, item);
        _json.WriteEndObject();
        _json.WriteStartArray("annotations");
    }

    private void EndTask()
    {
        if (_current is not null)
        {
            _json.WriteEndArray();
            _json.WriteEndObject();
            _current = null;
        }
    }

    private void WriteAnnotation(ReadOnlySpan<Cell> cells)
    {
        _json.WriteStartObject();
        _json.WriteNumber("id", ++_annotations);
        _json.WriteStartObject("completed_by");
        _json.WriteString("email", cells[_labeler].Text);
        _json.WriteEndObject();
        _json.WriteBoolean("was_cancelled", false);
        if (_time >= 0 && cells[_time].Kind == CellKind.Time)
        {
            var time = TimeText.Format(cells[_time].Time);
            _json.WriteString("created_at", time);
            _json.WriteString("updated_at", time);
        }

        if (_duration >= 0 && cells[_duration].Kind == CellKind.Real)
        {
            _json.WriteNumber("lead_time", cells[_duration].Real);
        }

        _json.WriteStartArray("result");
        _json.WriteStartObject();
        _json.WriteString("from_name", LabelStudioFields.Control);
        _json.WriteString("to_name", "item");
        _json.WriteString("type", "choices");
        _json.WriteStartObject("value");
        _json.WriteStartArray("choices");
        _json.WriteStringValue(cells[_label].Text);
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        _json.Flush();
        await _stream.WriteAsync(_bytes.WrittenMemory, cancellationToken);
        _bytes.ResetWrittenCount();
    }
}
