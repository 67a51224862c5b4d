using Spectre.Console;

namespace LabelerService.Cli.Rendering;

/// <summary>
/// Progress of one or several things at once, on standard error: moving bars on a terminal, otherwise a line now and then.
/// </summary>
internal sealed class ProgressBoard
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);

    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly ProgressContext? _context;

    private ProgressBoard(Terminal terminal, TimeProvider time, ProgressContext? context)
    {
        _terminal = terminal;
        _time = time;
        _context = context;
    }

    /// <summary>Runs work that reports its progress.</summary>
    public static async Task<T> RunAsync<T>(Terminal terminal, TimeProvider time, Func<ProgressBoard, Task<T>> work)
    {
        if (!terminal.IsInteractive)
        {
            return await work(new ProgressBoard(terminal, time, context: null));
        }

        return await terminal.Error.Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(context => work(new ProgressBoard(terminal, time, context)));
    }

    /// <summary>Adds something to follow.</summary>
    /// <param name="title">What it is.</param>
    public ProgressItem Add(string title) => new(this, title, _context?.AddTask(Markup.Escape(title), autoStart: true, maxValue: 1));

    /// <summary>Progress of one thing.</summary>
    internal sealed class ProgressItem(ProgressBoard board, string title, ProgressTask? bar)
    {
        private readonly long _start = board._time.GetTimestamp();
        private TimeSpan _lastLine = -LineInterval;
        private string _last = "";

        /// <summary>Time since the item was added.</summary>
        public TimeSpan Elapsed => board._time.GetElapsedTime(_start);

        /// <summary>Tells how far it is.</summary>
        /// <param name="fraction">Share done, from 0 to 1.</param>
        /// <param name="note">What is going on, in a few words.</param>
        /// <param name="important">Whether to print it even if a line was printed just now.</param>
        public void Set(double fraction, string note, bool important = false)
        {
            if (bar is not null)
            {
                bar.Value = Math.Clamp(fraction, 0, 1);
                bar.Description = Markup.Escape(note.Length == 0 ? title : $"{title}  {note}");
                return;
            }

            if ((important || Elapsed - _lastLine >= LineInterval) && note != _last)
            {
                (_lastLine, _last) = (Elapsed, note);
                board._terminal.Note($"{title}: {note}");
            }
        }

        /// <summary>Tells how many of a known number are done; works out rate and time left.</summary>
        public void SetCount(long done, long total, string unit)
        {
            var seconds = Elapsed.TotalSeconds;
            var rate = seconds > 0 ? done / seconds : 0;
            var left = done < total && rate > 0 ? $", {DurationText.Of(TimeSpan.FromSeconds((total - done) / rate))} left" : "";
            Set(total == 0 ? 1 : (double)done / total, $"{done:N0} of {total:N0} {unit}, {rate:N0}/s{left}", important: done == total);
        }

        /// <summary>Tells how many bytes of a file are done; works out rate and time left.</summary>
        public void SetBytes(long done, long total, string doing = "")
        {
            const double mebi = 1 << 20;
            var seconds = Elapsed.TotalSeconds;
            var rate = seconds > 0 ? done / seconds : 0;
            var left = done < total && rate > 0 ? $", {DurationText.Of(TimeSpan.FromSeconds((total - done) / rate))} left" : "";
            Set(total == 0 ? 1 : (double)done / total, $"{doing}{done / mebi:N1} of {total / mebi:N1} MiB, {rate / mebi:N1} MiB/s{left}");
        }

        /// <summary>Tells that nothing is heard for now; the bar stays where it is.</summary>
        public void Interrupted(string note)
        {
            if (bar is null)
            {
                Set(0, note);
            }
            else
            {
                bar.Description = Markup.Escape($"{title}  {note}");
            }
        }

        /// <summary>Tells that it is over.</summary>
        public void Finish(string note)
        {
            Set(1, note, important: true);
            bar?.StopTask();
        }
    }
}
