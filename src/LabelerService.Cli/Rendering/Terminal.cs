using LabelerService.Cli.Client;
using Spectre.Console;

namespace LabelerService.Cli.Rendering;

/// <summary>
/// The two streams of a command: results go to standard output, progress and messages to standard error. With JSON, standard output
/// carries exactly one document. Colour and bars only where a person looks.
/// </summary>
internal sealed partial class Terminal
{
    private readonly TextWriter _output;
    private bool _written;

    /// <summary>Takes the two streams.</summary>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="json">Whether results are a JSON document.</param>
    /// <param name="colour">Whether there are colours.</param>
    /// <param name="variable">Reads an environment variable.</param>
    public Terminal(TextWriter output, TextWriter error, bool json, ColourChoice colour, Func<string, string?> variable)
    {
        _output = output;
        Json = json;
        Output = Consoles.Open(output, System.Console.IsOutputRedirected || !ReferenceEquals(output, System.Console.Out), colour, variable);
        var hidden = System.Console.IsErrorRedirected || !ReferenceEquals(error, System.Console.Error);
        Error = Consoles.Open(error, hidden, colour, variable);
        IsInteractive = !hidden && Error.Profile.Capabilities.Interactive && Error.Profile.Out.IsTerminal;
    }

    /// <summary>Whether results are a JSON document.</summary>
    public bool Json { get; }

    /// <summary>Whether standard error is a terminal, where bars can move.</summary>
    public bool IsInteractive { get; }

    /// <summary>Standard output, for tables.</summary>
    public IAnsiConsole Output { get; }

    /// <summary>Standard error.</summary>
    public IAnsiConsole Error { get; }

    /// <summary>Writes the command's result: the document with JSON, otherwise what <paramref name="show"/> prints.</summary>
    public void Result(object document, Action<IAnsiConsole> show)
    {
        if (!Json)
        {
            show(Output);
            return;
        }

        if (_written)
        {
            throw new InvalidOperationException("A command has one result.");
        }

        _written = true;
        _output.WriteLine(JsonText.Of(document));
        _output.Flush();
    }

    /// <summary>Writes the command's result: the document with JSON, otherwise one line.</summary>
    public void Result(object document, string line) => Result(document, _ => _output.WriteLine(line));

    /// <summary>Says something beside the result.</summary>
    public void Note(string text) => Error.MarkupLineInterpolated($"[grey]{PlainText.Of(text)}[/]");

    /// <summary>Says that something is likely not what was meant.</summary>
    public void Warn(string text) => Error.MarkupLineInterpolated($"[yellow]warning:[/] {PlainText.Of(text)}");

    /// <summary>Says why the command failed, place by place; with JSON also as the one document.</summary>
    /// <param name="code">Kind of failure, UPPER_SNAKE.</param>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="details">Places at fault.</param>
    public void Fail(string code, string message, IReadOnlyList<FailureDetail> details)
    {
        // A key that was typed in the wrong place would be repeated here, and kept by whoever keeps the output.
        message = Hide(message);
        details = [.. details.Select(detail => new FailureDetail(Hide(detail.Where), Hide(detail.What)))];
        Error.MarkupLineInterpolated($"[red]error:[/] {message}");
        // A single detail is often the message itself.
        foreach (var detail in details.Where(detail => details.Count > 1 || !message.Contains(detail.What, StringComparison.Ordinal)))
        {
            Error.MarkupLineInterpolated($"  [bold]{detail.Where}[/]: {detail.What}");
        }

        if (Json && !_written)
        {
            Result(new { Error = new { Code = code, Message = message, Details = details } }, _ => { });
        }
    }

    private static string Hide(string text) => PlainText.Of(Key().Replace(text, "lbl_…"));

    [System.Text.RegularExpressions.GeneratedRegex(
        "lbl_[a-z0-9-]{1,63}_[A-Za-z0-9_-]+", System.Text.RegularExpressions.RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial System.Text.RegularExpressions.Regex Key();
}
