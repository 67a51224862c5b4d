namespace LabelerService.EndToEnd.Faults;

/// <summary>How a store can differ from what its clients know.</summary>
internal enum FaultKind
{
    /// <summary>Something acknowledged is not there.</summary>
    Lost,

    /// <summary>Something counted twice.</summary>
    Doubled,

    /// <summary>A message is there in part.</summary>
    Half,

    /// <summary>A repeated request was answered otherwise.</summary>
    Changed,

    /// <summary>Something is there that nobody sent.</summary>
    Invented,
}

/// <summary>A difference.</summary>
internal sealed record Finding(FaultKind Kind, string Text)
{
    public override string ToString() => $"{Kind}: {Text}";
}

/// <summary>
/// Compares what a labeler's client knows with what is stored: everything acknowledged, then some number of whole messages that were sent after it.
/// Knows nothing of how messages travel, so that it can be given made-up histories to find the faults in.
/// </summary>
internal static class FaultChecker
{
    /// <summary>Looks for differences.</summary>
    /// <param name="labeler">Who, for the texts.</param>
    /// <param name="acknowledged">What was acknowledged, in the order in which it was sent.</param>
    /// <param name="pending">What was sent after it and not acknowledged: the first of these may be stored, in order and each as a whole.</param>
    /// <param name="stored">Revisions by item, in ascending order of their numbers.</param>
    /// <returns>Nothing, or what is wrong.</returns>
    public static IReadOnlyList<Finding> Check(
        string labeler, IReadOnlyList<Acknowledged> acknowledged, IReadOnlyList<TortureMessage> pending,
        IReadOnlyDictionary<int, IReadOnlyList<StoredRevision>> stored)
    {
        var findings = new List<Finding>();
        foreach (var (message, answers) in acknowledged)
        {
            if (answers.Distinct(StringComparer.Ordinal).Count() > 1)
            {
                findings.Add(new Finding(FaultKind.Changed, $"{labeler}: request {message.RequestId} was answered {string.Join(", then ", answers)}"));
            }
        }

        var model = TortureModel.Of(acknowledged.Select(entry => entry.Message));
        var explained = model.Is(stored);
        foreach (var message in pending)
        {
            if (!explained)
            {
                model.Apply(message);
                explained = model.Is(stored);
            }
        }

        if (!explained)
        {
            findings.AddRange(Explain(labeler, [.. acknowledged.Select(entry => entry.Message)], pending, stored));
        }

        return findings;
    }

    private static List<Finding> Explain(
        string labeler, IReadOnlyList<TortureMessage> acknowledged, IReadOnlyList<TortureMessage> pending,
        IReadOnlyDictionary<int, IReadOnlyList<StoredRevision>> stored)
    {
        var findings = new List<Finding>();
        var (sure, possible) = (TortureModel.Of(acknowledged), TortureModel.Of(acknowledged.Concat(pending)));
        foreach (var item in sure.Items.Select(entry => entry.Key).Concat(stored.Keys).Distinct().Order())
        {
            var found = stored.GetValueOrDefault(item, []);
            if (Judge(sure[item], possible[item], found) is { } kind)
            {
                findings.Add(new Finding(
                    kind, $"{labeler}, item {item}: stored {Text(found.Select(revision => (revision.Number, revision.Class)))}, "
                        + $"acknowledged {Text(sure[item].Select((index, place) => (place + 1, index)))}"));
            }
        }

        // Each item by itself is as it may be, and all together are not: messages are there in part, or without those before them.
        return findings.Count > 0
            ? findings
            : [new Finding(FaultKind.Half, $"{labeler}: no number of whole messages of the {pending.Count} that were not acknowledged makes what is stored")];
    }

    private static FaultKind? Judge(IReadOnlyList<int?> sure, IReadOnlyList<int?> possible, IReadOnlyList<StoredRevision> found)
    {
        for (var i = 1; i < found.Count; i++)
        {
            // A revision says something else than the one before it, and is counted on from it.
            if (found[i].Number == found[i - 1].Number || found[i].Class == found[i - 1].Class)
            {
                return FaultKind.Doubled;
            }
        }

        if (found.Where((revision, place) => revision.Number != place + 1).Any())
        {
            return FaultKind.Lost;
        }

        int?[] classes = [.. found.Select(revision => revision.Class)];
        if (StartsWith(classes, sure))
        {
            return StartsWith(possible, classes) ? null : classes.Skip(sure.Count).All(index => sure.Contains(index)) ? FaultKind.Doubled : FaultKind.Invented;
        }

        return StartsWith(sure, classes) ? FaultKind.Lost : IsWithin(sure, classes) ? FaultKind.Doubled : IsWithin(classes, sure) ? FaultKind.Lost : FaultKind.Invented;
    }

    private static bool StartsWith(IReadOnlyList<int?> all, IReadOnlyList<int?> start) => all.Count >= start.Count && all.Take(start.Count).SequenceEqual(start);

    // Whether some are among others in their order.
    private static bool IsWithin(IReadOnlyList<int?> some, IReadOnlyList<int?> others)
    {
        var next = 0;
        foreach (var other in others)
        {
            if (next < some.Count && some[next] == other)
            {
                next++;
            }
        }

        return next == some.Count;
    }

    private static string Text(IEnumerable<(int Number, int? Class)> revisions) =>
        $"[{string.Join(' ', revisions.Select(revision => $"{revision.Number}:{(revision.Class is { } index ? $"{index}" : "none")}"))}]";
}
