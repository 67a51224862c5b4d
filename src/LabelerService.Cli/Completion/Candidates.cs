namespace LabelerService.Cli.Completion;

/// <summary>What can stand at the cursor.</summary>
/// <param name="Kind">What the shell is to offer.</param>
/// <param name="Words">The words, where it is words.</param>
internal sealed record Candidates(CandidateKind Kind, IReadOnlyList<Candidate> Words)
{
    /// <summary>The shell's own files.</summary>
    public static readonly Candidates Files = new(CandidateKind.Files, []);

    /// <summary>The shell's own folders.</summary>
    public static readonly Candidates Folders = new(CandidateKind.Folders, []);

    /// <summary>Nothing that anybody knows.</summary>
    public static readonly Candidates None = new(CandidateKind.Words, []);

    /// <summary>These words.</summary>
    public static Candidates Of(IEnumerable<Candidate> words) => new(CandidateKind.Words, [.. words]);
}

/// <summary>A word that can stand at the cursor. One that ends with / or = goes on: no blank follows it.</summary>
/// <param name="Word">The whole word.</param>
/// <param name="Description">What it is, in some words; empty if there is nothing to say.</param>
internal sealed record Candidate(string Word, string Description = "");

/// <summary>What a shell is to offer.</summary>
internal enum CandidateKind
{
    /// <summary>The words that come with it, perhaps none.</summary>
    Words,

    /// <summary>Files.</summary>
    Files,

    /// <summary>Folders.</summary>
    Folders,
}
