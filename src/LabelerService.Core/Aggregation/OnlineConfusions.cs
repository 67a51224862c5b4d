using LabelerService.Core.Aggregation.Confusions;

namespace LabelerService.Core.Aggregation;

/// <summary>
/// The fit of <see cref="ConfusionEm"/> kept up to date while annotations come, change and go, at a cost that follows what changes. It is
/// EM with partial steps (Neal and Hinton, A view of the EM algorithm that justifies incremental, sparse, and other variants, 1998): the
/// sufficient statistics, soft counts n_r[y, k], are kept; a round takes the E-step of the items in question only, moves their share of the
/// counts from the old posterior to the new one, and takes the M-step of their labelers only. An item is in question when its own
/// annotations changed, or when what moved in its labelers, or in the class distribution, would move its posterior by more than the
/// tolerance, to first order: Σ_k p_k |δ_k − Σ_j p_j δ_j| for logs that moved by δ, added up since its last E-step. At the end all posteriors
/// are within about the tolerance of what the parameters say, and these are the M-step of the posteriors: the fixed point of the full fit.
/// <para>
/// Memory: the annotations (16 bytes each), N·K and 3·R·K² numbers. One thread; a change that touches most items is cheaper as a fit with
/// <see cref="AggregationInput.Previous"/>. Not safe for use by several threads at once.
/// </para>
/// </summary>
public sealed partial class OnlineConfusions
{
    /// <summary><see cref="Tolerance"/> unless told otherwise.</summary>
    public const double DefaultTolerance = 1e-3;

    private readonly ConfusionEmOptions _options;
    private readonly OnlineAnnotations _annotations = new();
    private readonly double[] _common;
    private readonly double[] _classCounts;
    private readonly double[] _scratch;
    private readonly double[] _moves;
    private readonly double[] _row;
    private double[] _priors = [];
    private double[] _posteriors = [];
    private double[] _counts = [];
    private double[] _logs = [];
    private double[] _spread = [];
    private double[] _commonUsed;
    private double[] _classPrior;
    private double[] _classPriorSpread;
    private double[] _pending = [];
    private int[] _gold = [];
    private int _rounds;

    /// <summary>Starts without any annotation.</summary>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="options">Settings of the EM, whose confusions are matrices; the defaults (hierarchical) if null.</param>
    /// <exception cref="ArgumentException">No class, an option out of range, or one-coin confusions.</exception>
    public OnlineConfusions(int classCount, ConfusionEmOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        _options = options ?? new ConfusionEmOptions();
        _options.Confusions.Check();
        if (_options.Confusions.Form == ConfusionForm.OneCoin)
        {
            throw new ArgumentException("Only confusion matrices are kept up to date.", nameof(options));
        }

        ClassCount = classCount;
        var cells = checked(classCount * classCount);
        (_common, _scratch, _moves, _row) = (new double[cells], new double[cells], new double[cells], new double[classCount]);
        _classCounts = new double[classCount];
        _commonUsed = CommonNow();
        _classPrior = ClassPriorNow();
        _classPriorSpread = _classPrior;
    }

    /// <summary>Number of classes K.</summary>
    public int ClassCount { get; }

    /// <summary>Number of items N seen so far.</summary>
    public int ItemCount { get; private set; }

    /// <summary>Number of labelers R seen so far.</summary>
    public int LabelerCount { get; private set; }

    /// <summary>Number of annotations.</summary>
    public int Count => _annotations.Count;

    /// <summary>By how much (Σ_k |change|) the posterior of an item may be off without a new E-step.</summary>
    public double Tolerance { get; init; } = DefaultTolerance;

    /// <summary>E-steps of single items so far.</summary>
    public long ItemVisits { get; private set; }

    /// <summary>Items looked at so far because a labeler, or the class distribution, moved: with the visits, what updates cost.</summary>
    public long ItemChecks { get; private set; }

    /// <summary>Takes over a fit.</summary>
    /// <param name="input">What was aggregated, or a later state of it: items that the consensus does not know are looked at first.</param>
    /// <param name="consensus">What came out, of <c>hierarchical</c>, <c>ds</c> or <c>model</c>.</param>
    /// <param name="options">Settings of that fit; the defaults (hierarchical) if null.</param>
    /// <param name="tolerance"><see cref="Tolerance"/>.</param>
    /// <exception cref="ArgumentException">The parts do not fit together.</exception>
    public static OnlineConfusions From(
        AggregationInput input, Consensus consensus, ConfusionEmOptions? options = null, double tolerance = DefaultTolerance)
    {
        (input with { Previous = consensus }).Check();
        var table = input.Table;
        var online = new OnlineConfusions(table.ClassCount, options) { Tolerance = tolerance };
        online.Grow(table.ItemCount, table.LabelerCount);
        online._annotations.Reserve(table);
        online._priors = ItemKnowledge.Of(input, usesModel: true).Priors ?? [];
        Array.Copy(consensus.Posteriors, online._posteriors, consensus.Posteriors.Length);
        for (var n = consensus.ItemCount; n < table.ItemCount; n++)
        {
            consensus.ClassPrior.CopyTo(online._posteriors, n * table.ClassCount);
        }

        for (var i = 0; i < table.Count; i++)
        {
            online.Append(table.Items[i], table.Labelers[i], table.Classes[i]);
        }

        for (var n = 0; n < table.ItemCount; n++)
        {
            if (input.IsGold(n, out var known))
            {
                online.SetGold(n, known);
            }
        }

        online._annotations.UnqueueBelow(consensus.ItemCount);
        online.Settle();
        return online;
    }

    /// <summary>A labeler's answer about an item, in place of what the labeler said before, if anything.</summary>
    /// <param name="item">The item; those between it and the last so far come into being, too.</param>
    /// <param name="labeler">The labeler, likewise.</param>
    /// <param name="label">The answer, in [0, K).</param>
    public void Set(int item, int labeler, int label)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(item);
        ArgumentOutOfRangeException.ThrowIfNegative(labeler);
        ArgumentOutOfRangeException.ThrowIfNegative(label);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(label, ClassCount);
        Grow(Math.Max(ItemCount, item + 1), Math.Max(LabelerCount, labeler + 1));
        Remove(item, labeler);
        Append(item, labeler, label);
    }

    /// <summary>Takes back whatever a labeler said about an item.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Remove(int item, int labeler)
    {
        var any = false;
        while ((uint)item < (uint)ItemCount && (uint)labeler < (uint)LabelerCount && _annotations.Remove(item, labeler, out var label))
        {
            any = true;
            Add(item, labeler, label, sign: -1);
            if (!CountsForClasses(item))
            {
                AddTo(_classCounts, Posterior(item), sign: -1);
            }
        }

        return any;
    }

    /// <summary>The class of an item is known, or not known any more.</summary>
    /// <param name="item">The item.</param>
    /// <param name="known">Its class, or −1.</param>
    public void SetGold(int item, int known)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(item);
        ArgumentOutOfRangeException.ThrowIfLessThan(known, -1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(known, ClassCount);
        Grow(Math.Max(ItemCount, item + 1), LabelerCount);
        var counted = CountsForClasses(item);
        _gold[item] = known;
        if (counted != CountsForClasses(item))
        {
            AddTo(_classCounts, Posterior(item), sign: counted ? -1 : 1);
        }

        if (known >= 0)
        {
            // Certain at once, whatever the labelers are taken for.
            Array.Clear(_row);
            _row[known] = 1;
            Move(item, _row);
        }

        _annotations.Queue(item);
    }

    /// <summary>Brings everything up to date.</summary>
    /// <param name="control">Rounds at most (else those of the options), progress, cancellation, after which it can be called again.</param>
    /// <returns>Whether it came to rest before the rounds ran out.</returns>
    public bool Update(AggregationControl? control = null)
    {
        control ??= new AggregationControl();
        var most = control.MaxIterations ?? _options.MaxIterations;
        MaximiseTouched();
        for (var round = 0; round < most && _annotations.AnyQueued; round++)
        {
            control.Cancel.ThrowIfCancellationRequested();
            var change = 0.0;
            foreach (var item in _annotations.TakeQueue())
            {
                change += Visit(item);
            }

            MaximiseTouched();
            _rounds++;
            control.Progress?.Report(new AggregationProgress(round + 1, most, change / Math.Max(1, ItemCount)));
        }

        return !_annotations.AnyQueued;
    }

    /// <summary>A copy of what is estimated now; call <see cref="Update"/> before.</summary>
    public Consensus Snapshot()
    {
        var posteriors = _posteriors[..(ItemCount * ClassCount)];
        for (var n = 0; n < ItemCount; n++)
        {
            if (_annotations.CountOf(n) == 0 && _gold[n] < 0)
            {
                var row = posteriors.AsSpan(n * ClassCount, ClassCount);
                Prior(n, row);
                ClassDistributions.SoftMax(row);
            }
        }

        var common = CommonNow();
        for (var cell = 0; cell < common.Length; cell++)
        {
            common[cell] = ClassDistributions.Log(common[cell]);
        }

        var confusions = LabelerConfusions.Full(
            LabelerCount, ClassCount, common, _logs[..(LabelerCount * ClassCount * ClassCount)], logPrior: 0);
        return new Consensus
        {
            ClassCount = ClassCount,
            Posteriors = posteriors,
            ClassPrior = _classPrior.AsSpan().ToArray(),
            Confusions = confusions,
            LabelerSkills = confusions.Skills(_classPrior),
            Iterations = _rounds,
            Converged = !_annotations.AnyQueued,
        };
    }
}
