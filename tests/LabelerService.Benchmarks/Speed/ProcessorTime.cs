using System.Globalization;

namespace LabelerService.Benchmarks.Speed;

/// <summary>Processor time that processes have used, as Linux counts it, in seconds.</summary>
internal static class ProcessorTime
{
    // Of /proc/PID/stat, on every Linux there is.
    private const double TicksPerSecond = 100;

    /// <summary>Of a process.</summary>
    public static double Of(int process) => Read(process) is { } stat ? (stat.User + stat.System) / TicksPerSecond : throw new IOException($"Process {process} has ended.");

    /// <summary>Of a process and of its children, those that have ended among them.</summary>
    public static double OfFamily(int process)
    {
        var parent = Read(process) ?? throw new IOException($"Process {process} has ended.");
        var ticks = parent.User + parent.System + parent.EndedChildren;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Read(id) is { } child && child.Parent == process)
            {
                ticks += child.User + child.System;
            }
        }

        return ticks / TicksPerSecond;
    }

    private static (int Parent, long User, long System, long EndedChildren)? Read(int process)
    {
        try
        {
            // pid (name) state ppid …; fields 14 to 17 are user and system ticks, its own and those of children that have ended.
            var stat = File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), Ticks(11), Ticks(12), Ticks(13) + Ticks(14));

            long Ticks(int field) => long.Parse(fields[field], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It ended while we looked.
            return null;
        }
    }
}
