using Spectre.Console;

namespace LabelerService.Cli.Rendering;

/// <summary>
/// Progress of one or several things at once, on standard error: moving bars on a terminal, otherwise a line now and then; nothing where
/// the result is a JSON document.
/// </summary>
internal sealed class ProgressBoard
{
    private const int WidestBar = 40;
    private const int NarrowestBar = 10;
    private const int ShortestTitle = 12;

    // "100%", and a blank behind each column.
    private const int Between = 8;

    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly int _barWidth;
    private readonly ProgressNoteColumn _notes;
    private ProgressContext? _context;
    private int _titleWidth;

    private ProgressBoard(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
        _barWidth = Math.Clamp(terminal.Error.Profile.Width / 5, NarrowestBar, WidestBar);
        _notes = new ProgressNoteColumn(() => _titleWidth + _barWidth + Between);
    }

    /// <summary>Runs work that reports its progress.</summary>
    public static async Task<T> RunAsync<T>(Terminal terminal, TimeProvider time, Func<ProgressBoard, Task<T>> work)
    {
        var board = new ProgressBoard(terminal, time);
        if (!terminal.IsInteractive || terminal.Json)
        {
            return await work(board);
        }

        return await terminal.Error.Progress()
            .AutoClear(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = board._barWidth }, new PercentageColumn(), board._notes)
            .StartAsync(context =>
            {
                board._context = context;
                return work(board);
            });
    }

    /// <summary>Adds something to follow.</summary>
    /// <param name="title">What it is.</param>
    public ProgressItem Add(string title)
    {
        title = PlainText.Of(title);
        if (_context is null)
        {
            return new ProgressItem(_terminal, _time, title, bar: null, _notes);
        }

        // Rate and time left need room too.
        title = Tables.Shorten(title, Math.Max(ShortestTitle, _terminal.Error.Profile.Width / 3));
        _titleWidth = Math.Max(_titleWidth, title.Length);
        return new ProgressItem(_terminal, _time, title, _context.AddTask(Markup.Escape(title), autoStart: true, maxValue: 1), _notes);
    }
}
