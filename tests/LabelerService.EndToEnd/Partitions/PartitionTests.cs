using System.Text.Json;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Partitions;

/// <summary>Partitioned tables as an operator makes them, and what the service says of them.</summary>
public sealed class PartitionTests
{
    [Fact]
    public async Task A_stopped_service_is_partitioned_goes_on_and_can_be_turned_back()
    {
        await using var service = await RunningService.StartAsync("--trainers", "0");
        var dataset = await service.CreateDatasetAsync();
        await service.CreateItemsAsync(dataset, 20);
        await service.AnnotateAsync(dataset, [.. Enumerable.Range(0, 20).Select(i => Requests.Says($"l{i % 3}", $"i{i}", i % 2 == 0 ? "a" : "b"))]);
        await service.AnnotateAsync(dataset, Requests.Says("l0", "i0", "c"));
        var before = await service.ExportAnnotationsAsync(dataset);

        var (exitCode, output) = await ServerProgram.RunAsync("partition", "--partitions", "4", "--data", service.Directory);
        Assert.Equal((1, true), (exitCode, output.Contains("Stop all servers and trainers", StringComparison.Ordinal)));
        Assert.Equal(0, await PartitionsAsync(service, 4, "--dry-run"));
        await service.StopAsync();
        (exitCode, output) = await ServerProgram.RunAsync("partition", "--partitions", "1", "--data", service.Directory);
        Assert.Equal((1, true), (exitCode, output.Contains("2 to 512 partitions", StringComparison.Ordinal)));
        Assert.Equal(4, await PartitionsAsync(service, 4));

        await service.StartAgainAsync();
        Assert.Equal(before, await service.ExportAnnotationsAsync(dataset));
        await service.CreateItemsAsync(dataset, 25);
        await service.AnnotateAsync(dataset, [.. Enumerable.Range(20, 5).Select(i => Requests.Says("l1", $"i{i}", "a"))]);
        await service.AnnotateAsync(dataset, Requests.Says("l0", "i0", "a"));
        var after = await service.ExportAnnotationsAsync(dataset);
        Assert.Equal(before.Count + 5, after.Count);
        Assert.Equal(3, after.Single(annotation => annotation is { ItemId: "i0", LabelerId: "l0" }).Revision);

        await service.StopAsync();
        Assert.Equal(0, await PartitionsAsync(service, 0));
        await service.StartAgainAsync();
        Assert.Equal(after, await service.ExportAnnotationsAsync(dataset));
    }

    // Partitions of every table, as the command says at its end.
    private static async Task<int> PartitionsAsync(RunningService service, int partitions, params string[] arguments)
    {
        var (exitCode, output, error) = await ServerProgram.RunApartAsync(["partition", "--partitions", $"{partitions}", "--json", "--data", service.Directory, .. arguments]);
        Assert.True(exitCode == 0, output + error);
        using var document = JsonDocument.Parse(output);
        var tables = document.RootElement.GetProperty("tables").EnumerateArray().ToArray();
        Assert.Equal(5, tables.Length);
        return Assert.Single(tables.Select(table => table.GetProperty("partitions").GetInt32()).Distinct());
    }
}
