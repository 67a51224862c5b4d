using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Files;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Export;

/// <summary>The options that every export has.</summary>
internal sealed class TargetOptions
{
    private readonly RowKind _kind;
    private readonly string[] _others;

    private TargetOptions(RowKind kind, string[] others, bool required)
    {
        _kind = kind;
        _others = others;
        Out = new Option<string>("--out")
        {
            Description = "Where to; the file appears when it is complete, and replaces one of that name",
            HelpName = "FILE",
            Required = required,
        };
        Format = new Option<string?>("--format")
        {
            Description = "Format of the file [default: by extension]",
            HelpName = string.Join('|', new[] { FormatNames.Of(kind) }.Concat(others)),
        };
        SpreadsheetSafe = new Option<bool>("--spreadsheet-safe")
        {
            Description = "CSV: text that a spreadsheet would run as a formula (= + - @ tab in front) gets an apostrophe; such a file does not "
                + "read back exactly",
        };
    }

    public Option<string> Out { get; }

    public Option<string?> Format { get; }

    public Option<bool> SpreadsheetSafe { get; }

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="kind">What the rows are.</param>
    /// <param name="others">Formats beside those of tables.</param>
    public static TargetOptions AddTo(Command command, RowKind kind, params string[] others)
    {
        return Add(command, new TargetOptions(kind, others, required: true));
    }

    /// <summary>Adds the options to a command that writes a file only if it is told where.</summary>
    /// <param name="command">The command.</param>
    /// <param name="kind">What the rows are.</param>
    public static TargetOptions AddOptionalTo(Command command, RowKind kind)
    {
        var options = Add(command, new TargetOptions(kind, [], required: false));
        command.Validators.Add(result =>
        {
            foreach (Option option in (Option[])[options.Format, options.SpreadsheetSafe])
            {
                if (result.GetResult(option) is { Implicit: false } && result.GetResult(options.Out) is null)
                {
                    result.AddError($"{option.Name} belongs to --out");
                }
            }
        });
        return options;
    }

    /// <summary>Whether the file is of a format that is none of tables.</summary>
    public bool Is(CommandRun run, string format) =>
        string.Equals(run.Get(Format) ?? Path.GetExtension(run.Get(Out)).TrimStart('.'), format, StringComparison.OrdinalIgnoreCase);

    /// <summary>The format to write.</summary>
    /// <exception cref="UsageException">It is none, or it has no room for such rows.</exception>
    public ITableFormat Choose(CommandRun run)
    {
        var format = run.Get(Format) is { } name
            ? FormatNames.Require(name, _kind)
            : FormatCatalogue.ForPath(run.Get(Out), _kind) ?? throw new UsageException(
                $"the extension of {run.Get(Out)} is no format: name it with --format "
                + string.Join('|', new[] { FormatNames.Of(_kind) }.Concat(_others)));
        return run.Get(SpreadsheetSafe) && format.Name is not ("csv" or "tsv" or "crowd-kit")
            ? throw new UsageException("--spreadsheet-safe belongs to CSV")
            : format;
    }

    private static TargetOptions Add(Command command, TargetOptions options)
    {
        command.Options.Add(options.Out);
        command.Options.Add(options.Format);
        command.Options.Add(options.SpreadsheetSafe);
        return options;
    }
}
