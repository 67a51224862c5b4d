using Spectre.Console;

namespace LabelerService.Cli.Rendering;

/// <summary>Progress of one thing on a <see cref="ProgressBoard"/>, with its rate and the time left where they can be told.</summary>
/// <param name="terminal">Where lines go if there is no bar.</param>
/// <param name="time">The clock.</param>
/// <param name="title">What it is.</param>
/// <param name="bar">Its bar; null where no person looks.</param>
/// <param name="notes">What bars say.</param>
internal sealed class ProgressItem(Terminal terminal, TimeProvider time, string title, ProgressTask? bar, ProgressNoteColumn notes)
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);

    private readonly long _start = time.GetTimestamp();
    private readonly RateMeter _meter = new();
    private string _measured = "";
    private TimeSpan _lastLine = -LineInterval;
    private string _last = "";

    private TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <summary>Tells how far it is, by whoever knows the time left or nobody does.</summary>
    /// <param name="fraction">Share done, from 0 to 1.</param>
    /// <param name="note">What is going on, in a few words.</param>
    /// <param name="important">Whether to print it even if a line was printed just now.</param>
    public void Set(double fraction, string note, bool important = false)
    {
        note = PlainText.Of(note);
        if (bar is not null)
        {
            bar.Value = Math.Clamp(fraction, 0, 1);
            notes.Set(bar, note);
            return;
        }

        if (!terminal.Json && (important || Elapsed - _lastLine >= LineInterval) && note != _last)
        {
            (_lastLine, _last) = (Elapsed, note);
            terminal.Note($"{title}: {note}");
        }
    }

    /// <summary>Tells which share is done; works out the time left.</summary>
    public void SetShare(double fraction, string note)
    {
        Measure("", fraction);
        Set(fraction, $"{note}{Left(1, fraction)}");
    }

    /// <summary>Tells how many of a known number are done; works out rate and time left.</summary>
    public void SetCount(long done, long total, string unit)
    {
        Measure(unit, done);
        var rate = _meter.Rate is { } each ? $", {RateText.Of(each)}" : "";
        Set(total == 0 ? 1 : (double)done / total, $"{done:N0} of {total:N0} {unit}{rate}{Left(total, done)}", important: done == total);
    }

    /// <summary>Tells how many bytes of a file are done; works out rate and time left.</summary>
    public void SetBytes(long done, long total) => SetBytes(done, total, "");

    /// <summary>The same of one of several things that are done with the file.</summary>
    public void SetBytes(long done, long total, string doing)
    {
        Measure(doing + "bytes", done);
        Set(total == 0 ? 1 : (double)done / total, $"{doing}{ByteText.Of(done)} of {ByteText.Of(total)}{ByteRate()}{Left(total, done)}");
    }

    /// <summary>Tells how many bytes are there of a file whose length nobody knows; the bar moves without saying how far.</summary>
    public void SetBytes(long done)
    {
        Measure("bytes", done);
        bar?.IsIndeterminate(true);
        Set(0, $"{ByteText.Of(done)}{ByteRate()}");
    }

    /// <summary>Tells that nothing is heard for now; the bar stays where it is.</summary>
    public void Interrupted(string note) => Set(bar?.Value ?? 0, note);

    /// <summary>Tells that it is over.</summary>
    public void Finish(string note)
    {
        bar?.IsIndeterminate(false);
        Set(1, note, important: true);
        bar?.StopTask();
    }

    // Reading a file and sending it, say, are of different speeds.
    private void Measure(string what, double done)
    {
        if (what != _measured)
        {
            _meter.Restart();
            _measured = what;
        }

        _meter.Add(Elapsed, done);
    }

    private string Left(double total, double done) =>
        done < total && _meter.Left(total) is { } left ? $", {DurationText.Of(left)} left" : "";

    private string ByteRate() => _meter.Rate is { } rate ? $", {ByteText.Of(rate)}/s" : "";
}
