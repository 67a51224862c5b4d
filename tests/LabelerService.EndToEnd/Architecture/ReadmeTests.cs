using LabelerService.Core.Models;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Architecture;

/// <summary>What the README says is what there is.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void The_table_of_algorithms_is_the_catalogue()
    {
        var rows = AlgorithmCatalogue.All.Select(
            algorithm => $"| `{algorithm.Id}` | {algorithm.Title}. {algorithm.Summary} | {algorithm.Reference} |");
        var lines = File.ReadAllLines(Path.Combine(Assemblies.Repository, "README.md"));

        Assert.Equal(rows, lines.SkipWhile(line => line != "## Algorithms").Where(line => line.StartsWith("| `", StringComparison.Ordinal) && !line.StartsWith("| `--model`", StringComparison.Ordinal)));
    }
}
