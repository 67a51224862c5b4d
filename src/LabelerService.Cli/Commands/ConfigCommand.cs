using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Configuration;
using LabelerService.Cli.Rendering;
using Spectre.Console;

namespace LabelerService.Cli.Commands;

/// <summary><c>config set|unset|show</c>: where the service is and the key to call it with, kept for the next commands.</summary>
internal static class ConfigCommand
{
    private const string StandardInput = "-";

    public static Command Create(CommandHost host)
    {
        var command = new Command(
            "config", "Keep the service's URL and the API key in a file that only you can read. Options count before variables, and these before the file")
        {
            Set(host), Unset(host), Show(host),
        };
        HelpWithExamples.Add(
            command, "labeler config set server https://labeler.example.org:8081", "labeler config set api-key", "labeler config show");
        return command;
    }

    private static Command Set(CommandHost host)
    {
        var setting = Name();
        var value = new Argument<string?>("VALUE")
        {
            Description = "Value; - reads it from standard input. An API key may be left out: it is then asked for, and stays out of the shell's history",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("set", "Keep a setting") { setting, value };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var (chosen, text) = (run.Get(setting), run.Get(value));
            if (text is null or StandardInput)
            {
                text = await AskAsync(run, chosen, text is not null, cancellationToken);
            }

            var file = run.Settings.File;
            file.Set(chosen, chosen.Check(text));
            if (chosen == Setting.ApiKey)
            {
                run.Terminal.Note($"the key is kept for {file[Setting.Server.Name] ?? ConnectionSettings.DefaultServer.OriginalString}, and sent to no other server");
            }

            run.Terminal.Result(new { File = file.Path, Setting = chosen.Name, Value = Shown(chosen, file[chosen.Name]!) }, $"{chosen.Name} is kept in {file.Path}");
        });
        HelpWithExamples.Add(
            command,
            "labeler config set server https://labeler.example.org:8081",
            "labeler config set api-key",
            "labeler config set api-key - < key.txt",
            "labeler config set ca company-ca.pem");
        return command;
    }

    private static Command Unset(CommandHost host)
    {
        var setting = Name();
        var command = new Command("unset", "Forget a setting") { setting };
        host.Handle(command, (run, _) =>
        {
            var (chosen, file) = (run.Get(setting), run.Settings.File);
            var was = file.Remove(chosen);
            run.Terminal.Result(
                new { File = file.Path, Setting = chosen.Name, Removed = was }, was ? $"{chosen.Name} is forgotten" : $"{chosen.Name} was not set in {file.Path}");
            return Task.CompletedTask;
        });
        HelpWithExamples.Add(command, "labeler config unset api-key");
        return command;
    }

    private static Command Show(CommandHost host)
    {
        var command = new Command("show", "Show what counts, and where it comes from; keys are masked");
        host.Handle(command, (run, _) =>
        {
            var settings = run.Settings;
            var rows = Setting.All.Select(setting => new
            {
                Setting = setting.Name,
                Value = settings[setting] is { } value ? Shown(setting, value) : setting == Setting.Server ? ConnectionSettings.DefaultServer.OriginalString : null,
                From = settings.Describe(setting),
            }).ToArray();
            if (settings.KeyWithheld)
            {
                run.Terminal.Note($"the key in {settings.File.Path} is for another server and is not sent to this one");
            }

            run.Terminal.Result(new { File = settings.File.Path, Settings = rows }, console =>
            {
                var table = Tables.Create("setting", "value", "from");
                foreach (var row in rows)
                {
                    table.AddTextRow(row.Setting, row.Value ?? "", row.Value is null ? "not set" : row.From);
                }

                console.Write(table);
            });
            return Task.CompletedTask;
        });
        HelpWithExamples.Add(command, "labeler config show", "labeler config show --json");
        return command;
    }

    /// <summary>A value that may be shown: of a key its public id only.</summary>
    internal static string Shown(Setting setting, string value) => setting != Setting.ApiKey ? value
        : value.Split('_') is ["lbl", var id, ..] ? $"lbl_{id}_…" : "…";

    private static async Task<string> AskAsync(CommandRun run, Setting setting, bool input, CancellationToken cancellationToken)
    {
        if (input || Console.IsInputRedirected || !run.Terminal.IsInteractive)
        {
            var line = input ? await run.Host.Input().ReadLineAsync(cancellationToken) : null;
            return line?.Trim() is { Length: > 0 } text ? text
                : throw new UsageException(input ? "standard input is empty" : $"VALUE is missing: give it, or - to read {setting.Name} from standard input");
        }

        var prompt = new TextPrompt<string>($"{setting.Name}:");
        return (await run.Terminal.Error.PromptAsync(setting == Setting.ApiKey ? prompt.Secret() : prompt, cancellationToken)).Trim();
    }

    private static Argument<Setting> Name()
    {
        var argument = new Argument<Setting>("SETTING")
        {
            Description = string.Join("; ", Setting.All.Select(setting => $"{setting.Name}: {setting.Description} ({setting.Variable})")),
            CustomParser = result => CommonArguments.Parse(
                result, Setting.Find, $"a setting is one of {string.Join(", ", Setting.All.Select(setting => setting.Name))}"),
        };
        argument.CompletionSources.Add(_ => Setting.All.Select(setting => setting.Name));
        return argument;
    }
}
