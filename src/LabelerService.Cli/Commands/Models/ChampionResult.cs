using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Models;

/// <summary>The result of commands that decide who is champion.</summary>
internal static class ChampionResult
{
    /// <summary>The alias that answers where no version is named; null where there is none.</summary>
    public static ModelAlias? Of(Model model) => model.Aliases.FirstOrDefault(alias => alias.Alias == "champion");

    /// <summary>Says which version is champion now.</summary>
    public static void Show(CommandRun run, Model model)
    {
        var champion = Of(model)?.Version ?? "";
        var canary = model.Canary is { } trial ? new { trial.Version, trial.Share } : null;
        run.Terminal.Result(new { model.Name, Champion = champion, Canary = canary }, $"champion: {champion}");
    }
}
