using LabelerService.Cli.Client;

namespace LabelerService.Cli.Files;

/// <summary>The problems of one file: counts all and keeps the first, enough to see the pattern and few enough to read.</summary>
internal sealed class ProblemList(string path)
{
    /// <summary>Most problems shown at once.</summary>
    public const int Maximum = 20;

    private readonly List<FailureDetail> _shown = [];

    /// <summary>All problems.</summary>
    public long Count { get; private set; }

    /// <summary>The first problems.</summary>
    public IReadOnlyList<FailureDetail> Shown => _shown;

    /// <summary>What is said behind the shown ones; empty if they are all.</summary>
    public string More => Count > _shown.Count ? $"; the first {_shown.Count} are shown, and {Count - _shown.Count:N0} more are like them" : "";

    /// <summary>Adds a problem.</summary>
    /// <param name="place">Where in the file: <c>line 17</c>.</param>
    /// <param name="reason">Why it cannot be used.</param>
    public void Add(string place, string reason)
    {
        Count++;
        if (_shown.Count < Maximum)
        {
            _shown.Add(new FailureDetail(place.Length == 0 ? path : $"{path} {place}", reason));
        }
    }
}
