using LabelerService.Cli.Client;

namespace LabelerService.Cli.Demo;

/// <summary>Finds the server's executable and the samples beside which this command was built.</summary>
internal static class ServerLocator
{
    private const string ServerName = "LabelerService.Server";

    /// <summary>The server's assembly: from LABELER_SERVER_DLL, else beside this one in <c>artifacts/bin</c>, built the same way.</summary>
    /// <exception cref="CommandException">It is not there.</exception>
    public static string Server(Func<string, string?> variable)
    {
        if (variable("LABELER_SERVER_DLL") is { } named)
        {
            return File.Exists(named) ? named : throw new CommandException($"LABELER_SERVER_DLL names {named}, which does not exist");
        }

        // artifacts/bin/LabelerService.Cli/{pivot}/ → artifacts/bin/LabelerService.Server/{pivot}/
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var candidate = Path.Combine(own.Parent?.Parent?.FullName ?? "/", ServerName, own.Name, $"{ServerName}.dll");
        return File.Exists(candidate)
            ? candidate
            : throw new CommandException(
                $"the server is not built ({candidate} is missing): run this through ./labeler, or set LABELER_SERVER_DLL");
    }

    /// <summary>The folder of a sample: under LABELER_HOME, else under a folder above this assembly.</summary>
    /// <exception cref="CommandException">It is not there.</exception>
    public static string Sample(string name, Func<string, string?> variable)
    {
        var relative = Path.Combine("samples", name);
        if (variable("LABELER_HOME") is { } home && Directory.Exists(Path.Combine(home, relative)))
        {
            return Path.Combine(home, relative);
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, relative)))
            {
                return Path.Combine(folder.FullName, relative);
            }
        }

        throw new CommandException($"{relative} is not found: run this through ./labeler, or set LABELER_HOME to the repository");
    }
}
