namespace LabelerService.Core.Acquisition;

/// <summary>
/// An item of which answers have been asked for that are not there yet: what it will be, for each of the answers there may be. The gain of
/// a further answer is the mean over these, I(class; y₂ | y₁) = Σ_y p(y₁) I(class; y₂ | q(·|y₁)), exact as long as there are at most
/// <see cref="MostCases"/> cases; beyond, the likeliest stand for all.
/// </summary>
internal sealed class PendingAnswers
{
    private const int MostCases = 256;
    private readonly double[] _answers;
    private List<(double Weight, double[] Distribution)> _cases;

    /// <summary>Starts with what the item is now.</summary>
    public PendingAnswers(ReadOnlySpan<double> distribution)
    {
        _answers = new double[distribution.Length];
        _cases = [(1, distribution.ToArray())];
    }

    /// <summary>Those who have been asked in this batch.</summary>
    public List<int> Asked { get; } = [];

    /// <summary>Expected gain of a further answer.</summary>
    public double Gain(InformationGain labeler)
    {
        var sum = 0.0;
        foreach (var (weight, distribution) in _cases)
        {
            sum += weight * labeler.Of(distribution, _answers);
        }

        return sum;
    }

    /// <summary>Expected probability of the likeliest class once the answers are there.</summary>
    public double ExpectedTop()
    {
        var sum = 0.0;
        foreach (var (weight, distribution) in _cases)
        {
            sum += weight * distribution.Max();
        }

        return sum;
    }

    /// <summary>One more answer is asked for.</summary>
    public void Ask(InformationGain labeler)
    {
        var next = new List<(double Weight, double[] Distribution)>(_cases.Count * _answers.Length);
        foreach (var (weight, distribution) in _cases)
        {
            for (var y = 0; y < _answers.Length; y++)
            {
                var posterior = new double[_answers.Length];
                if (labeler.Update(distribution, y, posterior) * weight is > 0 and var probability)
                {
                    next.Add((probability, posterior));
                }
            }
        }

        if (next.Count > MostCases)
        {
            next = [.. next.OrderByDescending(entry => entry.Weight).Take(MostCases)];
            var kept = next.Sum(entry => entry.Weight);
            next = next.ConvertAll(entry => (entry.Weight / kept, entry.Distribution));
        }

        _cases = next;
    }
}
