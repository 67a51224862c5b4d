namespace LabelerService.Learning.Checkpoints;

/// <summary>What is known of one section of a run: its result if it is finished, else where it is.</summary>
internal sealed record JournalEntry(JournalState State, bool IsFinished);

/// <summary>
/// What a run has done, so that it can be interrupted anywhere and gone on with. A run is a tree of sections, opened in an order that
/// depends on nothing but the run; each is known by its number within the section around it. A section that is finished keeps its result
/// and is not worked on again; one that is under way keeps where it is; what lies inside a finished section is forgotten.
/// Used by one thread.
/// </summary>
internal sealed class RunJournal
{
    private readonly CheckpointPlan? _plan;
    private readonly IReadOnlyDictionary<string, string> _identity;
    private readonly SortedDictionary<string, JournalEntry> _entries = new(StringComparer.Ordinal);
    private readonly Stack<JournalSection> _open = [];
    private int _opened;
    private long _steps;

    /// <summary>Starts, or goes on.</summary>
    /// <param name="plan">Where checkpoints go; null for a run that keeps none.</param>
    /// <param name="identity">What makes the run the one it is.</param>
    /// <exception cref="CheckpointUnusableException">The checkpoint to go on from is another run's.</exception>
    public RunJournal(CheckpointPlan? plan, IReadOnlyDictionary<string, string> identity)
    {
        (_plan, _identity) = (plan, identity);
        if (plan?.Resume is not { } resume)
        {
            return;
        }

        if (resume.DifferenceTo(identity) is { } difference)
        {
            throw new CheckpointUnusableException($"It was taken of a run with another {difference}.");
        }

        _steps = resume.Steps;
        foreach (var (key, entry) in resume.Entries)
        {
            _entries.Add(key, entry);
        }
    }

    /// <summary>A journal that keeps nothing.</summary>
    public static RunJournal None() => new(null, new Dictionary<string, string>());

    /// <summary>Whether anything is kept.</summary>
    public bool IsKept => _plan is not null;

    /// <summary>Opens the next section. Dispose it when it is over, in whatever way.</summary>
    public JournalSection Open()
    {
        var section = _open.TryPeek(out var around)
            ? new JournalSection(this, $"{around.Key}/{around.NextNumber():D6}")
            : new JournalSection(this, $"{_opened++:D6}");
        _open.Push(section);
        return section;
    }

    /// <summary>Works something out in a section of its own, or gives what it came to before.</summary>
    /// <param name="work">Gives the result.</param>
    /// <param name="place">Where the run is after it: phase, and how many of how many.</param>
    /// <param name="save">Keeps what the work has changed besides; null for nothing.</param>
    /// <param name="load">Restores that.</param>
    public double[] Remember(
        Func<double[]> work, (string Phase, int Done, int Count) place, Action<JournalState>? save = null, Action<JournalState>? load = null)
    {
        using var section = Open();
        if (section.Finished is { } finished)
        {
            load?.Invoke(finished);
            return finished.Get<double>("result");
        }

        var result = work();
        Advance();
        section.Finish(state =>
        {
            state.Put<double>("result", result.AsSpan());
            save?.Invoke(state);
        });
        if (IsDue)
        {
            Take(place.Phase, place.Done, place.Count);
        }

        return result;
    }

    /// <summary>Counts a step ahead. To be called once for each thing that is kept, when it is.</summary>
    public void Advance() => _steps++;

    /// <summary>Whether a checkpoint should be taken now.</summary>
    public bool IsDue => _plan?.IsDue() ?? false;

    /// <summary>Takes a checkpoint of all that is kept.</summary>
    public void Take(string phase, int epoch, int epochs) => _plan?.Take(new TrainingCheckpoint(
        _identity, new Dictionary<string, JournalEntry>(_entries, StringComparer.Ordinal), _steps, phase, epoch, epochs));

    internal JournalEntry? Find(string key) => _entries.GetValueOrDefault(key);

    internal void Set(string key, JournalEntry entry) => _entries[key] = entry;

    internal void ForgetInside(string key)
    {
        var prefix = key + "/";
        foreach (var inner in _entries.Keys.Where(known => known.StartsWith(prefix, StringComparison.Ordinal)).ToList())
        {
            _entries.Remove(inner);
        }
    }

    internal void Close(JournalSection section)
    {
        if (_open.Pop() != section)
        {
            throw new InvalidOperationException("Sections of a run are closed in the order they were opened in.");
        }
    }

}

/// <summary>A part of a run that is opened once.</summary>
internal sealed class JournalSection(RunJournal journal, string key) : IDisposable
{
    private int _inner;

    /// <summary>Its place in the run.</summary>
    public string Key => key;

    /// <summary>Its result, if it was finished before.</summary>
    public JournalState? Finished => journal.Find(key) is { IsFinished: true } entry ? entry.State : null;

    /// <summary>Where it was, if it was under way.</summary>
    public JournalState? Reached => journal.Find(key) is { IsFinished: false } entry ? entry.State : null;

    /// <summary>Keeps where it is; what lies inside is forgotten and numbered anew.</summary>
    public void Keep(Action<JournalState> save) => Set(save, isFinished: false);

    /// <summary>Keeps the result; what lies inside is forgotten.</summary>
    public void Finish(Action<JournalState> save) => Set(save, isFinished: true);

    public void Dispose() => journal.Close(this);

    internal int NextNumber() => _inner++;

    private void Set(Action<JournalState> save, bool isFinished)
    {
        if (journal.IsKept)
        {
            if (_inner > 0)
            {
                journal.ForgetInside(key);
            }

            var state = new JournalState();
            save(state);
            journal.Set(key, new JournalEntry(state, isFinished));
        }

        _inner = 0;
    }
}
