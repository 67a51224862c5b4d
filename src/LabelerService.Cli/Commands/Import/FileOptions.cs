using System.CommandLine;
using LabelerService.Cli.Files;
using LabelerService.Cli.Files.Import;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Import;

/// <summary>What to do with rows that cannot be used.</summary>
internal enum BadRows
{
    /// <summary>Nothing of the file is stored.</summary>
    Fail,

    /// <summary>The others are stored.</summary>
    Skip,
}

/// <summary>The options that every import from a file has.</summary>
internal sealed class FileOptions
{
    private FileOptions(RowKind kind, string columns, bool required)
    {
        File = new Option<string>("--file")
        {
            Description = $"File with {columns} in any order",
            HelpName = "FILE",
            Required = required,
        };
        Format = new Option<string?>("--format")
        {
            Description = "Format of the file [default: by extension, else by content]",
            HelpName = FormatNames.Of(kind),
        };
        OnError = new Option<BadRows>("--on-error")
        {
            Description = "Bad rows: fail stores nothing and names them; skip stores the others, names every bad one, and ends with exit code 3 "
                + "[default: fail]",
            HelpName = "fail|skip",
            CustomParser = result => CommonArguments.Parse<BadRows?>(
                result, text => text switch { "fail" => BadRows.Fail, "skip" => BadRows.Skip, _ => null }, "it is fail or skip") ?? BadRows.Fail,
        };
        Rejects = new Option<string?>("--rejects")
        {
            Description = "With --on-error skip: CSV file for all rows that are left out, with place and reason; put right, it can be imported",
            HelpName = "R.csv",
        };
    }

    public Option<string> File { get; }

    public Option<string?> Format { get; }

    public Option<BadRows> OnError { get; }

    public Option<string?> Rejects { get; }

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="kind">What the rows are.</param>
    /// <param name="columns">The columns, for help.</param>
    /// <param name="required">Whether a file must be named.</param>
    public static FileOptions AddTo(Command command, RowKind kind, string columns, bool required = true)
    {
        var options = new FileOptions(kind, columns, required);
        command.Options.Add(options.File);
        command.Options.Add(options.Format);
        command.Options.Add(options.OnError);
        command.Options.Add(options.Rejects);
        command.Validators.Add(result =>
        {
            if (result.GetResult(options.Rejects) is not null && result.GetResult(options.OnError)?.Tokens is not [{ Value: "skip" }])
            {
                result.AddError("--rejects needs --on-error skip: otherwise a bad row stores nothing, and is named at once");
            }
        });
        return options;
    }

    /// <summary>Opens the file.</summary>
    public ImportFile<T> Open<T>(CommandRun run, RowSchema<T> schema, ReadOptions options, Func<T, string?> check)
        where T : class =>
        ImportFiles.Open(run.Get(File), run.Get(Format), schema, options, check);

    /// <summary>Begins the list of rows that are left out; null where none may be.</summary>
    public RejectedRows? Skipping<T>(CommandRun run, ImportFile<T> file)
        where T : class =>
        run.Get(OnError) == BadRows.Skip ? RejectedRows.Create(file.Path, file.ColumnNames, run.Get(Rejects)) : null;
}
