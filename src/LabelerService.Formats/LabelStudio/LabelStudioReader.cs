using System.Text.Json;
using LabelerService.Formats.JsonLines;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.LabelStudio;

/// <summary>Reads annotations task by task. Predictions are no labels and are not read; cancelled annotations are left out.</summary>
internal sealed class LabelStudioReader : TableReader
{
    private readonly JsonArrayElements _tasks;
    private readonly LabelStudioFields _fields;
    private readonly int _item;
    private readonly int _labeler;
    private readonly int _label;
    private readonly int _time;
    private readonly int _duration;
    private JsonDocument? _task;
    private JsonElement _annotations;
    private Cell _taskItem;
    private int _next;
    private long _leftOut;

    public LabelStudioReader(Stream stream, IReadOnlyList<Column> columns, ReadOptions options)
        : base(columns)
    {
        _tasks = new JsonArrayElements(stream, options.MaximumRowBytes);
        _fields = new LabelStudioFields(options);
        _item = Header.Find("item", columns);
        _labeler = Header.Find("labeler", columns);
        _label = Header.Find("label", columns);
        _time = Header.Find("time", columns);
        _duration = Header.Find("duration", columns);
    }

    public override long LeftOut => _leftOut;

    public override async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (!IsBroken)
        {
            if (_task is not null && _next < _annotations.GetArrayLength())
            {
                var annotation = _annotations[_next++];
                if (LabelStudioFields.IsCancelled(annotation))
                {
                    _leftOut++;
                    continue;
                }

                ReadAnnotation(annotation, _taskItem, new RowPlace(RowPlaceKind.Element, _tasks.Count - 1, _next - 1));
                return true;
            }

            _task?.Dispose();
            _task = null;
            try
            {
                _task = await _tasks.NextAsync(cancellationToken);
            }
            catch (JsonException exception)
            {
                return Refuse(
                    new RowPlace(RowPlaceKind.Element, _tasks.Count), $"{JsonCells.Describe(exception)}; nothing behind it can be read", broken: true);
            }

            if (_tasks.IsAtEnd)
            {
                return false;
            }

            if (_task is null)
            {
                return Refuse(new RowPlace(RowPlaceKind.Element, _tasks.Count - 1), _tasks.Problem ?? "cannot be used");
            }

            if (Open(_task.RootElement))
            {
                return true;
            }
        }

        return false;
    }

    public override ValueTask DisposeAsync()
    {
        _task?.Dispose();
        return base.DisposeAsync();
    }

    /// <summary>Starts a task; true if it is a row itself (JSON_MIN, or one that cannot be read).</summary>
    private bool Open(JsonElement task)
    {
        var place = new RowPlace(RowPlaceKind.Element, _tasks.Count - 1);
        (_annotations, _next) = (default, 0);
        if (task.ValueKind != JsonValueKind.Object)
        {
            Close();
            return Refuse(place, "is no task: an object is needed");
        }

        if (task.TryGetProperty("annotations", out var annotations))
        {
            if (annotations.ValueKind != JsonValueKind.Array)
            {
                Close();
                return Refuse(place, "annotations is no list");
            }

            _annotations = annotations;
            _taskItem = _fields.TaskItem(task);
            return false;
        }

        if (task.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object)
        {
            // Nobody has annotated it yet.
            Close();
            return false;
        }

        if (LabelStudioFields.IsCancelled(task))
        {
            _leftOut++;
            Close();
            return false;
        }

        ReadFlat(task, place);
        Close();
        return true;
    }

    private void Close()
    {
        _task?.Dispose();
        _task = null;
    }

    private void ReadAnnotation(JsonElement annotation, Cell item, RowPlace place)
    {
        if (annotation.ValueKind != JsonValueKind.Object)
        {
            Refuse(place, "is no annotation: an object is needed");
            return;
        }

        Start(place);
        Set(_item, item);
        Set(_labeler, LabelStudioFields.Person(annotation, "completed_by"));
        Set(_label, _fields.Choice(annotation));
        SetCommon(annotation);
    }

    private void ReadFlat(JsonElement annotation, RowPlace place)
    {
        Start(place);
        Set(_item, _fields.FlatItem(annotation));
        Set(_labeler, LabelStudioFields.Person(annotation, "annotator"));
        Set(_label, _fields.FlatChoice(annotation));
        SetCommon(annotation);
    }

    private void SetCommon(JsonElement annotation)
    {
        Set(_time, LabelStudioFields.FirstOf(annotation, "updated_at", "created_at"));
        Set(_duration, LabelStudioFields.FirstOf(annotation, "lead_time"));
    }

    private void Start(RowPlace place)
    {
        Place = place;
        Problem = null;
        Array.Clear(Cells);
    }

    private void Set(int column, Cell cell)
    {
        if (column >= 0)
        {
            Cells[column] = cell;
        }
    }
}
