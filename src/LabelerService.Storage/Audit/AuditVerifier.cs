namespace LabelerService.Storage.Audit;

/// <summary>
/// Walks along a chain. After something wrong it goes on from what is stored, so that each finding names the event that was tampered with and
/// not all that come after it.
/// </summary>
/// <param name="noted">A head that was noted earlier; null for none.</param>
internal sealed class AuditVerifier(byte[]? noted)
{
    /// <summary>Findings at most; who finds as many need not know of more.</summary>
    public const int MostFindings = 100;

    private readonly List<AuditFinding> _findings = [];
    private byte[] _previous = AuditHash.Beginning;
    private long _last;
    private long _events;
    private long _notedAt;

    /// <summary>Looks at the next event by number.</summary>
    public void Add(AuditRecord row)
    {
        _events++;
        var gap = row.Sequence != _last + 1;
        if (gap)
        {
            Find(AuditFindingKind.Missing, row.Sequence, $"{Events(_last + 1, row.Sequence - 1)} in front of it missing");
        }

        if (!AuditHash.Of(row).AsSpan().SequenceEqual(row.Hash))
        {
            Find(AuditFindingKind.Changed, row.Sequence, "it is not what its hash was computed of");
        }
        else if (!gap && !row.PreviousHash.AsSpan().SequenceEqual(_previous))
        {
            Find(
                AuditFindingKind.BrokenLink, row.Sequence,
                _last == 0 ? "it does not begin the chain" : $"it does not follow event {_last}: one of the two was replaced together with its hash");
        }

        if (_notedAt == 0 && noted is not null && row.Hash.AsSpan().SequenceEqual(noted))
        {
            _notedAt = row.Sequence;
        }

        _previous = row.Hash;
        _last = row.Sequence;
    }

    /// <summary>Compares the end with the head, and says what was found.</summary>
    /// <param name="head">The stored head; null if there is none.</param>
    public AuditVerification Finish(AuditHead? head)
    {
        if (head is null)
        {
            Find(AuditFindingKind.WrongHead, _last, "the head of the chain was taken out");
        }
        else if (head.Sequence > _last)
        {
            Find(AuditFindingKind.WrongHead, head.Sequence, $"{Events(_last + 1, head.Sequence)} at the end missing");
        }
        else if (head.Sequence < _last)
        {
            Find(AuditFindingKind.WrongHead, head.Sequence + 1, $"{Events(head.Sequence + 1, _last)} behind the head of the chain, which nobody has appended");
        }
        else if (!head.Hash.AsSpan().SequenceEqual(_previous))
        {
            Find(AuditFindingKind.WrongHead, _last, "its hash is not that of the head: it was replaced together with its hash");
        }

        if (noted is not null && _notedAt == 0 && !noted.AsSpan().SequenceEqual(AuditHash.Beginning))
        {
            Find(AuditFindingKind.NotedHeadMissing, 0, "no event has the hash that was noted: the chain was computed anew, or ends before it");
        }

        return new AuditVerification(_events, _previous, _findings, _notedAt);
    }

    private static string Events(long first, long last) => first == last ? $"event {first} is" : $"events {first} to {last} are";

    private void Find(AuditFindingKind kind, long sequence, string description)
    {
        if (_findings.Count < MostFindings)
        {
            _findings.Add(new AuditFinding(kind, sequence, description));
        }
    }
}
