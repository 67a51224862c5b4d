using System.Globalization;
using LabelerService.Storage.Backups;

namespace LabelerService.Server.Backups;

/// <summary>Says a line when a table is done, and every few seconds while it is not.</summary>
internal sealed class ProgressLines(TextWriter output) : IProgress<BackupProgress>
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private long _last = TimeProvider.System.GetTimestamp();

    /// <inheritdoc/>
    public void Report(BackupProgress value)
    {
        if (value.Done || TimeProvider.System.GetElapsedTime(_last) >= Every)
        {
            _last = TimeProvider.System.GetTimestamp();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{value.Table}: {value.Rows:N0} rows, {value.Bytes / 1048576.0:N1} MiB{(value.Done ? "" : " so far")}"));
        }
    }
}
