namespace LabelerService.Core.Curves;

/// <summary>What is asked of a learning curve.</summary>
public sealed record CurveQuestion
{
    /// <summary>Numbers of labels, in all, to forecast at; one and a half times, two and four times the present ones where there are none.</summary>
    public IReadOnlyList<long> Labels { get; init; } = [];

    /// <summary>Cost of one more label, above 0.</summary>
    public double LabelCost { get; init; } = 1;

    /// <summary>Cost of one more item without its labels, not negative.</summary>
    public double ItemCost { get; init; }
}

/// <summary>What a model trained on so many labels is expected to reach, with as many labels an item as now.</summary>
/// <param name="Labels">Labels in all.</param>
/// <param name="Expected">Accuracy of trainings on average, on the items it was measured on: a 95 % confidence interval.</param>
/// <param name="Measured">What one training is measured at on these items: a 95 % prediction interval.</param>
/// <param name="OnOtherItems">The same on as many other items of the same kind: the noise of sampling test items counts too.</param>
/// <param name="Gain">Gain in accuracy over all the present labels, on items of this kind in general.</param>
public sealed record CurveForecast(long Labels, CurveInterval Expected, CurveInterval Measured, CurveInterval OnOtherItems, CurveInterval Gain);

/// <summary>How accuracy grows with the number of labels, at one capacity.</summary>
public sealed record CurveFit
{
    /// <summary>Capacity; empty for the one that the settings say.</summary>
    public required string Capacity { get; init; }

    /// <summary>a of accuracy = a + b·ln(labels), with as many labels an item as now.</summary>
    public required CurveInterval Intercept { get; init; }

    /// <summary>b of the same.</summary>
    public required CurveInterval Slope { get; init; }

    /// <summary>Standard deviation of a single training around the fit, at all labels.</summary>
    public required double ResidualDeviation { get; init; }

    /// <summary>Probability that the curve saturates rather than going on log-linearly; before the data it is three quarters.</summary>
    public required double Saturation { get; init; }

    /// <summary>What another label of an item is worth against a label of another item; null where only one share of labels was measured.</summary>
    public CurveInterval? LabelWorth { get; init; }

    /// <summary>Forecasts, in the order they were asked for.</summary>
    public required IReadOnlyList<CurveForecast> Forecasts { get; init; }

    /// <summary>What is to be said of the fit, for people.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>What can be bought.</summary>
public enum CurveOptionKind
{
    /// <summary>More items with as many labels each as now.</summary>
    Items,

    /// <summary>More labels for the items there are.</summary>
    Labels,

    /// <summary>A backbone of another capacity.</summary>
    Capacity,
}

/// <summary>One way to get better.</summary>
/// <param name="Kind">What is bought.</param>
/// <param name="Description">In words.</param>
/// <param name="Gain">Expected gain in accuracy.</param>
/// <param name="Cost">In the unit of the costs given; 0 for capacity.</param>
/// <param name="Certain">Whether the data tell it from no gain.</param>
/// <param name="Best">Probability that no other option gains more.</param>
public sealed record CurveOption(CurveOptionKind Kind, string Description, CurveInterval Gain, double Cost, bool Certain, double Best);

/// <summary>What a curve says.</summary>
/// <param name="Fits">A fit for each capacity that has enough points.</param>
/// <param name="Options">The ways to get better, the most promising first.</param>
/// <param name="Summary">In words: what the curve says and what it cannot tell.</param>
public sealed record CurveReport(IReadOnlyList<CurveFit> Fits, IReadOnlyList<CurveOption> Options, string Summary);
