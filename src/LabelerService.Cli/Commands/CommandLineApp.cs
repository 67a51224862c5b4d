using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using LabelerService.Cli.Commands.Curves;
using LabelerService.Cli.Commands.Export;
using LabelerService.Cli.Commands.Import;
using LabelerService.Cli.Commands.Insight;
using LabelerService.Cli.Commands.Predictions;
using LabelerService.Cli.Commands.Retrain;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands;

/// <summary>The command line as a whole.</summary>
internal static class CommandLineApp
{
    /// <summary>All commands. A new one is a file with a <c>Create</c> and a line here.</summary>
    public static Command Create(CommandHost host)
    {
        var root = new Command("labeler", "Streams every expert's labels in, trains one head per labeler, and predicts knowing whom to trust.")
        {
            host.Server, host.ApiKey, host.Ca, host.ClientCertificate, host.ClientKey, host.Json, host.Timeout, host.Color, host.NoColor,
            DemoCommand.Create(host),
            LauncherCommands.Create(
                host, "serve", "Start the service (server, trainer, embedded PostgreSQL)",
                "./labeler serve", "./labeler serve --data /srv/labeler --port 9000",
                "./labeler serve --listen 0.0.0.0 --tls-cert cert.pem --tls-key key.pem",
                "./labeler serve --postgres \"Host=db;Username=labeler;Database=labeler\""),
            DatasetCommand.Create(host),
            ImportCommand.Create(host),
            ExportCommand.Create(host),
            TrainCommand.Create(host),
            PretrainCommand.Create(host),
            WatchCommand.Create(host),
            CancelCommand.Create(host),
            RunsCommand.Create(host),
            RetrainCommand.Create(host),
            TrainersCommand.Create(host),
            ModelsCommand.Create(host),
            ModelCommand.Create(host),
            BackbonesCommand.Create(host),
            AlgorithmsCommand.Create(host),
            EvaluateCommand.Create(host),
            CompareCommand.Create(host),
            CurveCommand.Create(host),
            PredictCommand.Create(host),
            PredictionsCommand.Create(host),
            ConsensusCommand.Create(host),
            LabelersCommand.Create(host),
            SuspectsCommand.Create(host),
            AgreementCommand.Create(host),
            NextCommand.Create(host),
            AggregatorsCommand.Create(host),
            KeyCommand.Create(host),
            AuditCommand.Create(host),
            EraseCommand.Create(host),
            ConfigCommand.Create(host),
            DoctorCommand.Create(host),
            CompletionCommand.Create(host),
            CompletionCommand.CreateQuestion(host, () => Create(host)),
            LauncherCommands.Create(
                host, "backup", "Write the whole database into one file, while the service runs",
                "./labeler backup labeler.backup", "./labeler backup labeler.backup --data /srv/labeler",
                "./labeler backup labeler.backup --postgres \"Host=db;Username=labeler;Database=labeler\""),
            LauncherCommands.Create(
                host, "restore", "Fill an empty database from a backup, all or nothing",
                "./labeler restore labeler.backup --data /srv/labeler-restored", "./labeler restore labeler.backup --check"),
            LauncherCommands.Create(
                host, "partition", "Split the large tables into hash partitions by dataset, while the service is stopped",
                "./labeler partition --partitions 16 --data /srv/labeler", "./labeler partition --dry-run --json"),
            LauncherCommands.Create(host, "trainer", "Start one more trainer, for a service with its own PostgreSQL", "./labeler trainer --concurrency 2"),
            LauncherCommands.Create(host, "bench", "Measure models, training speed and more", "./labeler bench models", "./labeler bench predict --json"),
            LauncherCommands.Create(host, "test", "Run all tests of the repository", "./labeler test", "./labeler test Torture"),
        };
        var help = new HelpOption { Recursive = true };
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        root.Options.Add(help);
        root.Options.Add(new VersionOption());
        return root;
    }

    /// <summary>Runs a command line.</summary>
    /// <returns>0 done, 1 failed, 2 wrong usage.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CommandHost host, CancellationToken cancellationToken = default)
    {
        var root = Create(host);
        var parsed = root.Parse(arguments.Count == 0 ? ["--help"] : arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction or null)
        {
            return Refuse(parsed, host);
        }

        var invocation = new InvocationConfiguration
        {
            Output = host.Output,
            Error = host.ErrorOutput,
            EnableDefaultExceptionHandler = false,
            // Ctrl-C cancels the command's token; the demo then still stops its service and removes its data.
            ProcessTerminationTimeout = TimeSpan.FromSeconds(60),
        };
        return await parsed.InvokeAsync(invocation, cancellationToken);
    }

    private static int Refuse(ParseResult parsed, CommandHost host)
    {
        var path = string.Join(' ', Path(parsed.CommandResult.Command));
        var errors = parsed.Errors.Select(Describe).Distinct().ToList();
        if (errors.Count > 1 && parsed.CommandResult.Command.Subcommands.Count > 0)
        {
            // "A command is required" says less than that the one given is unknown.
            errors.RemoveAt(0);
        }

        var message = string.Join("; ", errors) + Meant(parsed);
        // Options may not have been understood, so --json is looked for in the text.
        var terminal = host.Terminal(parsed, json: parsed.Tokens.Any(token => token.Value == "--json"));
        terminal.Fail("WRONG_USAGE", message, []);
        terminal.Note($"see `{path} --help`");
        return CommandHost.WrongUsage;
    }

    // "trian" for train, "--jason" for --json.
    private static string Meant(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        // An option that is none may have been taken for an argument.
        var dashed = parsed.Tokens.FirstOrDefault(
            token => token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal))?.Value;
        if ((dashed ?? (parsed.UnmatchedTokens is [var first, ..] ? first : null)) is not { } word)
        {
            return "";
        }

        var known = word.StartsWith('-')
            ? CommandOptions.Of(command).Where(option => !option.Hidden).Select(option => option.Name)
            : command.Subcommands.Where(subcommand => !subcommand.Hidden).Select(subcommand => subcommand.Name);
        return DidYouMean.Nearest(word, known) is { } meant ? $"; did you mean {meant}?" : "";
    }

    private static string Describe(ParseError error) => error.SymbolResult is ArgumentResult { Tokens.Count: 0, Parent: CommandResult } missing
        ? $"{missing.Argument.Name} is missing"
        : error.Message.TrimEnd('.');

    private static Stack<string> Path(Command command)
    {
        var names = new Stack<string>();
        for (Symbol? symbol = command; symbol is Command; symbol = symbol.Parents.FirstOrDefault())
        {
            names.Push(symbol.Name);
        }

        return names;
    }
}
