using System.Globalization;
using System.Text.RegularExpressions;
using LabelerService.Benchmarks.Ingest;
using LabelerService.Benchmarks.Speed;

namespace LabelerService.Benchmarks.Soak;

/// <summary>What the processes of a service hold at one moment, by name.</summary>
internal sealed partial class SoakSampler(ServiceUnderTest service, int adminPort) : IDisposable
{
    private const double Mebibyte = 1024 * 1024;
    private const string TrainerProgram = "LabelerService.Trainer.dll";

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Takes a sample: memory in MiB, the rest as counts.</summary>
    /// <exception cref="IOException">There is no trainer: it has died.</exception>
    public async Task<Dictionary<string, double>> TakeAsync(CancellationToken cancel)
    {
        var sample = new Dictionary<string, double>(StringComparer.Ordinal);
        await AddAsync(sample, "server", service.ServerProcessId, adminPort, cancel);
        await AddAsync(sample, "trainer", Trainer(), adminPort + 1, cancel);
        await using var count = service.Database.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'");
        sample["database_connections"] = (long)(await count.ExecuteScalarAsync(cancel))!;
        return sample;
    }

    /// <summary>Has both processes collect all of their garbage.</summary>
    public async Task CollectGarbageAsync(CancellationToken cancel)
    {
        await FullCollection.InduceAsync(service.ServerProcessId, cancel);
        await FullCollection.InduceAsync(Trainer(), cancel);
    }

    /// <summary>Id of the trainer that the server has started.</summary>
    public int Trainer()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && IsTrainer(folder))
            {
                return id;
            }
        }

        throw new IOException("The server has no trainer any more.");
    }

    public void Dispose() => _http.Dispose();

    private async Task AddAsync(Dictionary<string, double> sample, string who, int process, int port, CancellationToken cancel)
    {
        sample[$"{who}_anonymous_mib"] = ProcessMemory.AnonymousMebibytes(process);
        sample[$"{who}_descriptors"] = Directory.GetFiles($"/proc/{process}/fd").Length;
        sample[$"{who}_threads"] = Directory.GetDirectories($"/proc/{process}/task").Length;
        var metrics = await _http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), cancel);
        foreach (Match memory in Memory().Matches(metrics))
        {
            if (memory.Groups["kind"].Value is not "resident")
            {
                sample[$"{who}_{memory.Groups["kind"].Value}_mib"] = double.Parse(memory.Groups["bytes"].Value, CultureInfo.InvariantCulture) / Mebibyte;
            }
        }
    }

    private bool IsTrainer(string folder)
    {
        try
        {
            // pid (name) state ppid …
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == service.ServerProcessId.ToString(CultureInfo.InvariantCulture)
                && File.ReadAllText(Path.Combine(folder, "cmdline")).Contains(TrainerProgram, StringComparison.Ordinal);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It ended while we looked.
            return false;
        }
    }

    [GeneratedRegex("^labeler_process_memory_bytes\\{[^}]*kind=\"(?<kind>\\w+)\"[^}]*\\} (?<bytes>[^ \\n]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Memory();
}
