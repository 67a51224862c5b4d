using System.Globalization;

namespace LabelerService.Benchmarks.Speed;

/// <summary>Resident memory of a process, as Linux counts it.</summary>
internal static class ProcessMemory
{
    private const double KibibytesPerMebibyte = 1024;

    /// <summary>The most that was ever resident, in MiB; of this process unless another is named.</summary>
    public static double PeakMebibytes(int? process = null) => Field("VmHWM:", process);

    /// <summary>What is resident now, in MiB; of this process unless another is named.</summary>
    public static double CurrentMebibytes(int? process = null) => Field("VmRSS:", process);

    /// <summary>What is resident now and in no file, in MiB: heaps and stacks, not the programs and libraries.</summary>
    public static double AnonymousMebibytes(int process) => Field("RssAnon:", process);

    private static double Field(string name, int? process)
    {
        var status = $"/proc/{process?.ToString(CultureInfo.InvariantCulture) ?? "self"}/status";
        foreach (var line in File.ReadLines(status))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                // "VmHWM:     123456 kB"
                var kibibytes = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[0];
                return long.Parse(kibibytes, CultureInfo.InvariantCulture) / KibibytesPerMebibyte;
            }
        }

        throw new FormatException($"{status} has no {name}");
    }
}
