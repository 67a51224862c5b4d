namespace LabelerService.Cli.Client;

/// <summary>A failure whose text is meant for the person at the terminal: it says what happened and what to do.</summary>
internal sealed class CommandException : Exception
{
    public CommandException(string message, params IReadOnlyList<FailureDetail> details)
        : base(message)
    {
        Details = details;
    }

    /// <summary>The places at fault, if any.</summary>
    public IReadOnlyList<FailureDetail> Details { get; }
}

/// <summary>The command line itself is wrong in a way that only shows when it runs; ends with exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>One place at fault: a field of a request, or a line of a file.</summary>
/// <param name="Where">Field path (<c>classes[2]</c>) or file and line (<c>labels.csv line 17</c>).</param>
/// <param name="What">What is wrong with it.</param>
internal sealed record FailureDetail(string Where, string What);
