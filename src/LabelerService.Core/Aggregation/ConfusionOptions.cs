namespace LabelerService.Core.Aggregation;

/// <summary>How many numbers describe a labeler.</summary>
public enum ConfusionForm
{
    /// <summary><see cref="Full"/> where R·K·K is at most <see cref="ConfusionOptions.MaxCells"/>, else <see cref="OneCoin"/>.</summary>
    Auto,

    /// <summary>A K×K matrix for each labeler.</summary>
    Full,

    /// <summary>
    /// One number for each labeler, the probability of being right; the errors fall on the other classes as those of all labelers
    /// together do. Memory R + K·K.
    /// </summary>
    OneCoin,
}

/// <summary>What a labeler with few annotations is taken to be.</summary>
public enum ShrinkageTarget
{
    /// <summary>The labeler that all annotations together describe.</summary>
    Common,

    /// <summary>
    /// The common labeler with the log-odds of being right moved by one number, which is estimated from all of the labeler's own
    /// annotations: tells a spammer with few annotations a class from an expert with few annotations a class.
    /// </summary>
    OwnSkill,
}

/// <summary>How confusions are estimated from counts.</summary>
public sealed record ConfusionOptions
{
    /// <summary>Number of numbers a labeler.</summary>
    public ConfusionForm Form { get; init; } = ConfusionForm.Auto;

    /// <summary>
    /// Pseudo-annotations c of the target, for each labeler and true class (<see cref="ConfusionForm.OneCoin"/>: for each labeler).
    /// 0: every labeler stands alone.
    /// </summary>
    public double Shrinkage { get; init; } = 3;

    /// <summary>
    /// What <see cref="Shrinkage"/> pulls to; without effect on <see cref="ConfusionForm.OneCoin"/>. Both are alike on crowds without
    /// spammers; with three of ten (1,000 items of 10 classes, 3 labels each) the own skill has 4 to 9 points more items right.
    /// </summary>
    public ShrinkageTarget Target { get; init; } = ShrinkageTarget.OwnSkill;

    /// <summary>Pseudo-annotations for each labeler, true class and label, alike for all. Classical smoothing of Dawid–Skene.</summary>
    public double Smoothing { get; init; } = 0.01;

    /// <summary>Pseudo-annotations of the prior of the common confusion, for each true class.</summary>
    public double CommonStrength { get; init; } = 2;

    /// <summary>Share of the prior of the common confusion that lies on the right class, in (0, 1).</summary>
    public double CommonDiagonal { get; init; } = 0.7;

    /// <summary>
    /// <see cref="ConfusionForm.OneCoin"/>: whether errors fall evenly on the other classes (Zhang et al. 2014), instead of as those of all
    /// labelers together do.
    /// </summary>
    public bool UniformErrors { get; init; }

    /// <summary>Most cells R·K·K (8 bytes each) for which <see cref="ConfusionForm.Auto"/> is full.</summary>
    public long MaxCells { get; init; } = 25_000_000;

    internal bool IsFull(int labelers, int classes) => Form switch
    {
        ConfusionForm.Full => true,
        ConfusionForm.OneCoin => false,
        _ => (long)labelers * classes * classes <= MaxCells,
    };

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Shrinkage);
        ArgumentOutOfRangeException.ThrowIfNegative(Smoothing);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(CommonStrength);
        if (CommonDiagonal is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(CommonDiagonal), CommonDiagonal, "The share lies between 0 and 1.");
        }
    }
}
