using System.CommandLine;

namespace LabelerService.Cli.Commands;

/// <summary>Which options a command takes.</summary>
internal static class CommandOptions
{
    /// <summary>A command's own options and those that it has from the commands above it.</summary>
    public static IReadOnlyList<Option> Of(Command command)
    {
        var options = new List<Option>(command.Options);
        for (var parent = Above(command); parent is not null; parent = Above(parent))
        {
            options.AddRange(parent.Options.Where(option => option.Recursive));
        }

        return options;
    }

    private static Command? Above(Command command) => command.Parents.OfType<Command>().FirstOrDefault();
}
