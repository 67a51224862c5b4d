using LabelerService.TestKit.Suites;

namespace LabelerService.EndToEnd.Faults;

/// <summary>The checker is given histories that are wrong in a known way, and must find what is wrong with them.</summary>
[Trait("Suite", "faults")]
public sealed class FaultCheckerTests
{
    private readonly List<Acknowledged> _acknowledged = [];
    private readonly List<TortureMessage> _pending = [];
    private readonly Dictionary<int, IReadOnlyList<StoredRevision>> _stored;

    /// <summary>Three acknowledged messages, the last of which revises and retracts, two that were not, and a store that has exactly the first.</summary>
    public FaultCheckerTests()
    {
        Acknowledge("one", "created 2", (1, 0), (2, 1));
        Acknowledge("two", "created 1", (3, 2));
        Acknowledge("three", "revised 1, retracted 1", (1, 2), (2, null));
        _pending.Add(Message("four", (3, 0), (4, 1), (1, 0)));
        _pending.Add(Message("five", (5, 1)));
        _stored = Store(_acknowledged.Select(entry => entry.Message));
    }

    [Fact]
    public void What_was_acknowledged_and_any_number_of_whole_messages_after_it_is_right()
    {
        Assert.Empty(Check());
        for (var sent = 1; sent <= _pending.Count; sent++)
        {
            Replace(Store(_acknowledged.Select(entry => entry.Message).Concat(_pending.Take(sent))));
            Assert.Empty(Check());
        }
    }

    [Fact]
    public void An_annotation_that_is_not_there_is_lost()
    {
        _stored.Remove(3);
        Assert.Equal(FaultKind.Lost, Only());
    }

    [Fact]
    public void A_revision_that_is_not_there_is_lost()
    {
        _stored[1] = [new(1, 0)];
        Assert.Equal(FaultKind.Lost, Only());
        _stored[1] = [new(2, 2)];
        Assert.Equal(FaultKind.Lost, Only());
    }

    [Fact]
    public void The_same_said_twice_is_doubled()
    {
        _stored[3] = [new(1, 2), new(2, 2)];
        Assert.Equal(FaultKind.Doubled, Only());
        _stored[3] = [new(1, 2), new(1, 2)];
        Assert.Equal(FaultKind.Doubled, Only());
    }

    [Fact]
    public void A_message_that_counted_again_after_a_later_one_is_doubled()
    {
        _stored[1] = [new(1, 0), new(2, 2), new(3, 0)];
        _pending.Clear();
        Assert.Equal(FaultKind.Doubled, Only());
    }

    [Fact]
    public void A_message_of_which_a_part_is_there_is_half_written()
    {
        _stored[4] = [new(1, 1)];
        Assert.Equal(FaultKind.Half, Only());
    }

    [Fact]
    public void A_later_message_without_the_one_before_it_is_half_a_history()
    {
        _stored[5] = [new(1, 1)];
        Assert.Equal(FaultKind.Half, Only());
    }

    [Fact]
    public void An_acknowledged_message_of_which_a_part_is_there_is_lost()
    {
        _stored[2] = [new(1, 1)];
        Assert.Equal(FaultKind.Lost, Only());
    }

    [Fact]
    public void Another_answer_to_the_same_request_is_changed()
    {
        _acknowledged[0] = _acknowledged[0] with { Answers = ["created 2", "created 2", "unchanged 2"] };
        Assert.Equal(FaultKind.Changed, Only());
    }

    [Fact]
    public void What_nobody_sent_is_invented()
    {
        _stored[9] = [new(1, 0)];
        Assert.Equal(FaultKind.Invented, Only());
    }

    /// <summary>Random histories, each spoilt in a random way: not one spoilt store passes.</summary>
    [Fact]
    public void No_spoilt_store_passes()
    {
        var rounds = LongForm.Of(2_000, 50_000);
        var random = new Random(LongForm.Seed);
        for (var round = 0; round < rounds; round++)
        {
            var messages = Enumerable.Range(0, random.Next(3, 12)).Select(number => Message(
                $"{number}", [.. Enumerable.Range(0, 12).OrderBy(_ => random.Next()).Take(random.Next(1, 6)).Select(item => (item, random.Next(4) is var index and < 3 ? index : (int?)null))])).ToArray();
            var (sure, all) = (random.Next(messages.Length + 1), messages.Length);
            var kept = random.Next(sure, all + 1);
            var stored = Store(messages.Take(kept));
            Acknowledged[] acknowledged = [.. messages.Take(sure).Select(message => new Acknowledged(message, []))];
            Assert.Empty(FaultChecker.Check("l", acknowledged, messages[sure..], stored));
            if (stored.Count == 0)
            {
                continue;
            }

            var victim = stored.Keys.ElementAt(random.Next(stored.Count));
            var before = stored[victim];
            stored[victim] = random.Next(3) switch
            {
                0 => [.. before, before[^1] with { Number = before.Count + 1 }],
                1 => [.. before, new(before.Count + 1, 7)],
                _ => [.. before.Select(revision => revision with { Number = revision.Number + 1 })],
            };
            Assert.NotEmpty(FaultChecker.Check("l", acknowledged, messages[sure..], stored));
            stored[victim] = before;

            // Without one of its revisions it may be another legal store, but not where all was acknowledged.
            if (sure == all)
            {
                stored[victim] = [.. before.Take(before.Count - 1)];
                Assert.Contains(FaultChecker.Check("l", acknowledged, [], stored), finding => finding.Kind == FaultKind.Lost);
            }
        }

        SuiteReport.Add("faults", "histories spoilt on purpose", ("tried", rounds), ("not found", 0));
    }

    private void Acknowledge(string requestId, string answer, params (int Item, int? Class)[] rows) =>
        _acknowledged.Add(new Acknowledged(Message(requestId, rows), [answer]));

    private static TortureMessage Message(string requestId, params (int Item, int? Class)[] rows) =>
        new(requestId, [.. rows.Select(row => new TortureRow(row.Item, row.Class))]);

    private static Dictionary<int, IReadOnlyList<StoredRevision>> Store(IEnumerable<TortureMessage> messages) => TortureModel.Of(messages).Items.ToDictionary(
        item => item.Key, IReadOnlyList<StoredRevision> (item) => [.. item.Value.Select((index, place) => new StoredRevision(place + 1, index))]);

    private void Replace(Dictionary<int, IReadOnlyList<StoredRevision>> stored)
    {
        _stored.Clear();
        foreach (var (item, revisions) in stored)
        {
            _stored[item] = revisions;
        }
    }

    private IReadOnlyList<Finding> Check() => FaultChecker.Check("anna", _acknowledged, _pending, _stored);

    private FaultKind Only() => Assert.Single(Check()).Kind;
}
