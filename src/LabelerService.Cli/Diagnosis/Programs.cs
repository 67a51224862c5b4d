using System.ComponentModel;
using System.Diagnostics;

namespace LabelerService.Cli.Diagnosis;

/// <summary>Finds programs and asks them for their versions.</summary>
/// <param name="path">The value of PATH.</param>
internal sealed class Programs(string path)
{
    private static readonly TimeSpan Limit = Patience.OfSeconds(5);

    /// <summary>The first program of one of these names; null where there is none.</summary>
    public string? Find(params IEnumerable<string> names)
    {
        var folders = path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(Path.IsPathFullyQualified).ToArray();
        return names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }

    /// <summary>What a program prints; null where it fails, or does not end in time.</summary>
    public static async Task<string?> AskAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            try
            {
                var error = process.StandardError.ReadToEndAsync(limit.Token);
                var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
                _ = await error;
                await process.WaitForExitAsync(limit.Token);
                return process.ExitCode == 0 ? output.Trim() : null;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                process.Kill(entireProcessTree: true);
                return null;
            }
        }
        catch (Win32Exception)
        {
            // Not a program of this machine.
            return null;
        }
    }
}
