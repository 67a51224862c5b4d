using System.Globalization;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Items;

namespace LabelerService.Core.Acquisition;

/// <summary>The best that can be done for an item now.</summary>
/// <param name="Slot">Index into the available labelers; −1: anybody.</param>
/// <param name="Gain">Expected gain in nats.</param>
/// <param name="Worth">What it counts in the order.</param>
internal readonly record struct NextChoice(int Slot, double Gain, double Worth);

/// <summary>A batch as it is put together: how much everybody has to do already, and which answers pend.</summary>
internal sealed class NextState
{
    // Profiles, and members of each, that are looked at one by one where labelers are grouped.
    private const int ProfilesTried = 3;
    private const int MembersTried = 8;
    private const double SmallestGain = 1e-9;

    private readonly NextInput _input;
    private readonly NextOptions _options;
    private readonly LabelerConfusions _confusions;
    private readonly InformationGain _common;
    private readonly LabelerProfile[] _profiles;
    private readonly int[] _left;
    private readonly InformationGain?[] _gains;
    private readonly ActiveLabScores? _activeLab;
    private readonly Dictionary<int, PendingAnswers> _pending = [];
    private readonly double _priorWorth;
    private readonly int[] _firstFree;
    private int _free;
    private readonly double[] _answers;
    private readonly double[] _row;

    public NextState(NextInput input, NextOptions options, CancellationToken cancel)
    {
        (_input, _options) = (input, options);
        var table = input.Data.Table;
        // Whoever works alone on items looks like an expert in a consensus that is his own; only what others have a say in counts.
        _confusions = input.Calibrated!.Confusions;
        _common = new InformationGain(_confusions.Matrix(-1), table.ClassCount);
        var labelers = input.Labelers ?? [];
        _profiles = LabelerProfiles.Of(_confusions, input.Consensus.ClassPrior, labelers, options.MaxProfiles, cancel);
        _left = [.. labelers.Select(labeler => Math.Min(labeler.MaxAnnotations, options.MaxPerLabeler))];
        _free = _left.Count(left => left > 0);
        _firstFree = new int[_profiles.Length];
        _gains = new InformationGain?[labelers.Count];
        _activeLab = options.Policy == NextPolicy.ActiveLab ? new ActiveLabScores(input.Data, input.Consensus.Classes()) : null;
        _answers = new double[table.ClassCount];
        _row = new double[table.ClassCount];
        _priorWorth = BestBound(input.Consensus.ClassPrior, _answers);
    }

    /// <summary>Whether anybody may still be asked.</summary>
    public bool AnybodyLeft => _input.Labelers is null || _free > 0;

    /// <summary>Whether an item needs no more.</summary>
    public bool IsDone(int item)
    {
        var table = _input.Data.Table;
        var (start, end) = table.RangeOfItem(item);
        if (_input.Data.IsGold(item, out _) || end - start >= _options.MaxAnnotationsPerItem || table.ClassCount == 1)
        {
            return true;
        }

        return start < end && ProbabilityWrong(item) < _options.DoneProbabilityWrong;
    }

    /// <summary>What an item may be worth at most, with everybody free.</summary>
    /// <param name="item">The item.</param>
    /// <param name="scratch">Memory of the thread [2 K].</param>
    public double Bound(int item, double[] scratch)
    {
        var classes = _input.Data.Table.ClassCount;
        var row = scratch.AsSpan(0, classes);
        if (!Distribution(item, row))
        {
            // Nothing is known but how common classes are: these items are all alike.
            return _options.Policy == NextPolicy.ExpectedInformationGain ? _priorWorth : Score(item, row, 0);
        }

        return _options.Policy == NextPolicy.ExpectedInformationGain ? BestBound(row, scratch.AsSpan(classes)) : Score(item, row, 0);
    }

    /// <summary>The best labeler for an item who is free and has not seen it; null if there is none, or nothing to be learnt.</summary>
    public NextChoice? Best(int item)
    {
        var pending = _pending.GetValueOrDefault(item);
        if (pending is null)
        {
            Distribution(item, _row);
        }

        var best = _input.Labelers is null ? new NextChoice(-1, Gain(_common, pending), 0) : BestLabeler(item, pending);
        if (best is not { } choice || choice.Gain < SmallestGain)
        {
            return null;
        }

        var cost = choice.Slot < 0 ? 1 : _input.Labelers![choice.Slot].Cost;
        return choice with { Worth = _options.Policy == NextPolicy.ExpectedInformationGain ? choice.Gain / cost : Worth(item)!.Value };
    }

    /// <summary>Takes it into the batch.</summary>
    public NextAnnotation Take(int item, NextChoice choice)
    {
        Distribution(item, _row);
        var pending = _pending.GetValueOrDefault(item);
        var annotation = new NextAnnotation(
            item, choice.Slot < 0 ? null : _input.Labelers![choice.Slot].Labeler, choice.Worth, choice.Gain, ProbabilityWrong(item),
            Reason(item, choice, pending));
        if (choice.Slot >= 0)
        {
            _free -= --_left[choice.Slot] == 0 ? 1 : 0;
        }

        if (_options.MaxPerItem > 1)
        {
            if (pending is null)
            {
                pending = new PendingAnswers(_row);
                _pending.Add(item, pending);
            }

            pending.Ask(choice.Slot < 0 ? _common : GainOf(choice.Slot));
            pending.Asked.Add(choice.Slot);
        }

        return annotation;
    }

    /// <summary>Answers of an item that were asked for in this batch; without meaning where one is all that is allowed.</summary>
    public int PendingOf(int item) => _pending.TryGetValue(item, out var pending) ? pending.Asked.Count : _options.MaxPerItem;

    /// <summary>What a further answer of an item is worth at most; null if there can be none.</summary>
    public double? Worth(int item)
    {
        var pending = _pending.GetValueOrDefault(item);
        var (start, end) = _input.Data.Table.RangeOfItem(item);
        if (end - start + (pending?.Asked.Count ?? 0) >= _options.MaxAnnotationsPerItem)
        {
            return null;
        }

        if (_options.Policy != NextPolicy.ExpectedInformationGain)
        {
            return pending is null ? Score(item, _row, 0) : Score(item, pending.ExpectedTop(), pending.Asked.Count);
        }

        return pending is null ? BestBound(_row, _answers) : Best(item)?.Worth;
    }

    private double ProbabilityWrong(int item)
    {
        // Not the row that decisions go by: what is asked for here is how sure the consensus is.
        var classes = _input.Data.Table.ClassCount;
        var posteriors = _input.Calibrated!.Posteriors;
        var top = ClassDistributions.Top(_input.Consensus.Posteriors.AsSpan(item * classes, classes));
        return Math.Clamp(1 - posteriors[(item * classes) + top], 0, 1);
    }

    // The distribution to decide by; whether it says more than how common classes are.
    private bool Distribution(int item, Span<double> row)
    {
        var table = _input.Data.Table;
        var (start, end) = table.RangeOfItem(item);
        var model = start < end ? default : ItemEvidence.ModelRow(_input.Data.ModelProbabilities, item, table.ClassCount);
        if (!model.IsEmpty)
        {
            var sum = 0.0;
            foreach (var p in model)
            {
                sum += p;
            }

            for (var k = 0; k < row.Length; k++)
            {
                row[k] = model[k] / sum;
            }

            return true;
        }

        var posteriors = _input.Calibrated!.Posteriors;
        posteriors.AsSpan(item * table.ClassCount, table.ClassCount).CopyTo(row);
        return start < end || !row.SequenceEqual(_input.Consensus.ClassPrior);
    }

    private double Score(int item, ReadOnlySpan<double> row, int pending) => Score(item, row[ClassDistributions.Top(row)], pending);

    private double Score(int item, double top, int pending) => 1 - (_activeLab?.Of(item, top, pending) ?? top);

    private double BestBound(ReadOnlySpan<double> row, Span<double> answers)
    {
        if (_input.Labelers is null)
        {
            return _common.Of(row, answers);
        }

        var best = 0.0;
        foreach (var profile in _profiles)
        {
            best = Math.Max(best, profile.Gain.Of(row, answers) / profile.LowestCost);
        }

        return best;
    }

    private double Gain(InformationGain labeler, PendingAnswers? pending) => pending?.Gain(labeler) ?? labeler.Of(_row, _answers);

    private NextChoice? BestLabeler(int item, PendingAnswers? pending)
    {
        NextChoice? best = null;
        var bestWorth = double.NegativeInfinity;
        var grouped = _profiles.Length < _left.Length;
        var order = Enumerable.Range(0, _profiles.Length);
        if (grouped)
        {
            order = order.OrderByDescending(p => Gain(_profiles[p].Gain, pending) / _profiles[p].LowestCost);
        }

        var profiles = 0;
        foreach (var p in order)
        {
            // The best of a profile fill up first: they are not looked at again and again.
            var members = _profiles[p].Members;
            while (_firstFree[p] < members.Length && _left[members[_firstFree[p]]] <= 0)
            {
                _firstFree[p]++;
            }

            var tried = 0;
            for (var m = _firstFree[p]; m < members.Length && tried < MembersTried; m++)
            {
                var slot = members[m];
                if (_left[slot] <= 0 || HasSeen(item, _input.Labelers![slot].Labeler) || pending?.Asked.Contains(slot) == true)
                {
                    continue;
                }

                tried++;
                var gain = Gain(GainOf(slot), pending);
                if (gain / _input.Labelers![slot].Cost > bestWorth)
                {
                    bestWorth = gain / _input.Labelers[slot].Cost;
                    best = new NextChoice(slot, gain, 0);
                }
            }

            profiles += tried > 0 ? 1 : 0;
            if (grouped && profiles == ProfilesTried)
            {
                break;
            }
        }

        return best;
    }

    private bool HasSeen(int item, int labeler)
    {
        var (start, end) = _input.Data.Table.RangeOfItem(item);
        return _input.Data.Table.Labelers[start..end].Contains(labeler);
    }

    private InformationGain GainOf(int slot) =>
        _gains[slot] ??= new InformationGain(_confusions.Matrix(_input.Labelers![slot].Labeler), _confusions.ClassCount);

    private string Reason(int item, NextChoice choice, PendingAnswers? pending)
    {
        var (start, end) = _input.Data.Table.RangeOfItem(item);
        var first = ClassDistributions.Top(_row);
        var second = first == 0 && _row.Length > 1 ? 1 : 0;
        for (var k = 0; k < _row.Length; k++)
        {
            second = k != first && _row[k] > _row[second] ? k : second;
        }

        var known = (end - start) switch { 0 => "no annotation yet", 1 => "1 annotation", var count => $"{count} annotations" };
        var waiting = pending is { Asked.Count: > 0 } ? $", {pending.Asked.Count} asked for" : "";
        var whom = choice.Slot < 0
            ? string.Create(CultureInfo.InvariantCulture, $"an answer tells {choice.Gain:0.00} nats")
            : string.Create(CultureInfo.InvariantCulture, $"this labeler's answer tells {choice.Gain:0.00} nats, an average one {Gain(_common, pending):0.00}");
        return string.Create(
            CultureInfo.InvariantCulture, $"{known}{waiting}: {Name(first)} {_row[first]:0.00}, {Name(second)} {_row[second]:0.00}; {whom}");
    }

    private string Name(int index) =>
        _options.ClassNames is { } names ? names[index] : string.Create(CultureInfo.InvariantCulture, $"class {index}");
}
