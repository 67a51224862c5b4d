using System.Globalization;

namespace LabelerService.Benchmarks.Speed;

/// <summary>Resident memory of this process, as Linux counts it.</summary>
internal static class ProcessMemory
{
    private const double KibibytesPerMebibyte = 1024;

    /// <summary>The most that was ever resident, in MiB.</summary>
    public static double PeakMebibytes() => Field("VmHWM:");

    /// <summary>What is resident now, in MiB.</summary>
    public static double CurrentMebibytes() => Field("VmRSS:");

    private static double Field(string name)
    {
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                // "VmHWM:     123456 kB"
                var kibibytes = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[0];
                return long.Parse(kibibytes, CultureInfo.InvariantCulture) / KibibytesPerMebibyte;
            }
        }

        throw new FormatException($"/proc/self/status has no {name}");
    }
}
