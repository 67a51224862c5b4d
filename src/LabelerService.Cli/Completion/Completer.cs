using System.CommandLine;
using System.CommandLine.Completions;
using System.Text.RegularExpressions;
using LabelerService.Cli.Commands;

namespace LabelerService.Cli.Completion;

/// <summary>Says what can stand at the cursor of a command line: commands, options, their values, and names from the service.</summary>
internal sealed partial class Completer(CommandHost host, Command root)
{
    private const int LongestDescription = 72;

    /// <summary>Completes a line.</summary>
    /// <param name="line">The line up to the cursor, with the program's name in front.</param>
    /// <param name="cancellationToken">Ends the looking.</param>
    public async Task<Candidates> CompleteAsync(string line, CancellationToken cancellationToken)
    {
        var words = ShellWords.Split(line);
        if (words.Count < 2)
        {
            return Candidates.None;
        }

        var (before, current) = (words.Skip(1).SkipLast(1).ToArray(), words[^1]);
        var parsed = root.Parse(before);
        var command = parsed.CommandResult.Command;
        var options = CommandOptions.Of(command);
        var behindDashes = before.Contains("--");

        // --option=value in one word, and --option value in two.
        if (!behindDashes && current.IndexOf('=', StringComparison.Ordinal) is > 2 and var sign && current.StartsWith("--", StringComparison.Ordinal))
        {
            var named = options.FirstOrDefault(option => Names(option).Contains(current[..sign]));
            return named is null ? Candidates.None
                : Prefix(current[..(sign + 1)], await ValuesAsync(named, parsed, current[(sign + 1)..], cancellationToken));
        }

        if (!behindDashes && before.Length > 0 && options.FirstOrDefault(option => TakesValue(option) && Names(option).Contains(before[^1])) is { } waiting)
        {
            return await ValuesAsync(waiting, parsed, current, cancellationToken);
        }

        if (!behindDashes && current.StartsWith('-'))
        {
            return Matching(current, options.Where(option => !option.Hidden && !IsUsedUp(option, parsed))
                .Select(option => new Candidate(option.Name, Short(option.Description))));
        }

        var subcommands = behindDashes || parsed.UnmatchedTokens.Count > 0 || command.Arguments.Any(argument => parsed.GetResult(argument) is { Tokens.Count: > 0 })
            ? []
            : command.Subcommands.Where(subcommand => !subcommand.Hidden).Select(subcommand => new Candidate(subcommand.Name, Short(subcommand.Description)));
        var next = command.Arguments.FirstOrDefault(
            argument => !argument.Hidden && (parsed.GetResult(argument)?.Tokens.Count ?? 0) < argument.Arity.MaximumNumberOfValues);
        var values = next is null ? Candidates.None : await ValuesAsync(next, parsed, current, cancellationToken);
        return values.Kind == CandidateKind.Words
            ? Candidates.Of([.. Matching(current, subcommands).Words, .. values.Words])
            : values;
    }

    private async Task<Candidates> ValuesAsync(Symbol symbol, ParseResult parsed, string current, CancellationToken cancellationToken)
    {
        if (NameKinds.Of(symbol) is not NameKind.None and var kind)
        {
            return Matching(current, await new ServiceNames(host, parsed).FindAsync(kind, current, cancellationToken));
        }

        var (sources, help) = symbol switch
        {
            Option option => (option.CompletionSources, option.HelpName ?? ""),
            Argument argument => (argument.CompletionSources, argument.HelpName ?? argument.Name),
            _ => ([], ""),
        };
        // Help says "train|valid|test" where a value is one of some words.
        if (Alternatives().IsMatch(help))
        {
            return Matching(current, help.Split('|').Select(word => new Candidate(word)));
        }

        return FolderName().IsMatch(help) ? Candidates.Folders
            : FileName().IsMatch(help) ? Candidates.Files
            : Matching(current, sources.SelectMany(source => source(CompletionContext.Empty)).Select(item => new Candidate(item.Label)));
    }

    private static bool TakesValue(Option option) => option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);

    private static bool IsUsedUp(Option option, ParseResult parsed) =>
        parsed.GetResult(option) is { Implicit: false } && option.Arity.MaximumNumberOfValues <= 1;

    private static IEnumerable<string> Names(Option option) => option.Aliases.Append(option.Name);

    private static Candidates Matching(string current, IEnumerable<Candidate> candidates) =>
        Candidates.Of(candidates.Where(candidate => candidate.Word.StartsWith(current, StringComparison.Ordinal)));

    private static Candidates Prefix(string prefix, Candidates values) =>
        values with { Words = [.. values.Words.Select(value => value with { Word = prefix + value.Word })] };

    // The first sentence, without what comes behind a colon or a bracket.
    private static string Short(string? description)
    {
        var text = (description ?? "").Split(['\n', ';', '[', ':', '('])[0].TrimEnd(' ', '.');
        return text.Length <= LongestDescription ? text : text[..(LongestDescription - 1)] + "…";
    }

    [GeneratedRegex(@"^[a-z][a-z0-9-]*(\|[a-z][a-z0-9-]*)+$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Alternatives();

    [GeneratedRegex(@"^(DIR|FOLDER)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex FolderName();

    // FILE, PATH, F.npy, ids.txt, P.csv|.npy|.parquet
    [GeneratedRegex(@"FILE|PATH|^\w+\.[a-z]+(\||$)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex FileName();
}
