namespace LabelerService.Core.Labelers;

/// <summary>How probable the answers of each labeler are under each way of answering.</summary>
internal sealed class CarelessCrowd(int labelers, AnswerModels models)
{
    private readonly double[] _logProbabilities = new double[checked(labelers * models.Count)];
    private readonly bool[] _judged = new bool[labelers];

    /// <summary>The ways of answering.</summary>
    public AnswerModels Models => models;

    /// <summary>Log probabilities of a labeler's answers [J]; zeros where it has none.</summary>
    public Span<double> Row(int labeler) => _logProbabilities.AsSpan(labeler * models.Count, models.Count);

    /// <summary>Whether there is enough of a labeler to judge it.</summary>
    public bool IsJudged(int labeler) => _judged[labeler];

    /// <summary>Number of labelers of whom there is enough.</summary>
    public int JudgedCount => _judged.Count(judged => judged);

    /// <summary>Takes in a labeler; several threads may take in labelers, each once.</summary>
    public void Add(int labeler, LabelerEvidence evidence, double minEvidence, AnswerModels.Scratch scratch)
    {
        models.LogProbabilities(evidence.Others, evidence.Answers, Row(labeler), scratch);
        _judged[labeler] = evidence.Information() >= minEvidence;
    }

    /// <summary>How frequent the ways of answering are.</summary>
    public CrowdMixture Fit(CancellationToken cancellationToken) => CrowdMixture.Fit(models, _logProbabilities, _judged, cancellationToken);
}
