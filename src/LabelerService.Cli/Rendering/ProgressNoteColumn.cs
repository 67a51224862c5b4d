using System.Collections.Concurrent;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace LabelerService.Cli.Rendering;

/// <summary>What a bar has to say at its end: what is going on, the rate, and the time left. It gets the room that the others leave.</summary>
/// <param name="others">Width of the columns beside it, with what stands between them.</param>
internal sealed class ProgressNoteColumn(Func<int> others) : ProgressColumn
{
    // The bars are drawn by a thread of their own.
    private readonly ConcurrentDictionary<int, string> _notes = [];

    protected override bool NoWrap => true;

    /// <summary>Sets what a bar says.</summary>
    public void Set(ProgressTask bar, string note) => _notes[bar.Id] = note;

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
        new Text(Tables.Shorten(_notes.GetValueOrDefault(task.Id, ""), Room(options))).Overflow(Overflow.Crop);

    private int Room(RenderOptions options) => Math.Max(1, options.ConsoleSize.Width - others());
}
