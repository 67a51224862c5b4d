using System.Reflection;

namespace LabelerService.EndToEnd.Architecture;

/// <summary>References between our assemblies point one way (ARCHITECTURE.md).</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["LabelerService.Contracts"] = [],
        ["LabelerService.Core"] = [],
        ["LabelerService.Client"] = ["LabelerService.Contracts"],
        ["LabelerService.Formats"] = ["LabelerService.Core"],
        ["LabelerService.Learning"] = ["LabelerService.Core"],
        ["LabelerService.Extraction"] = ["LabelerService.Core"],
        ["LabelerService.Storage"] = ["LabelerService.Core"],
        ["LabelerService.Telemetry"] = ["LabelerService.Core"],
        ["LabelerService.Server"] = ["LabelerService.Contracts", "LabelerService.Core", "LabelerService.Extraction", "LabelerService.Formats", "LabelerService.Storage", "LabelerService.Telemetry"],
        ["LabelerService.Trainer"] = ["LabelerService.Core", "LabelerService.Extraction", "LabelerService.Learning", "LabelerService.Storage", "LabelerService.Telemetry"],
        ["LabelerService.Cli"] = ["LabelerService.Client", "LabelerService.Contracts", "LabelerService.Core", "LabelerService.Formats"],
    };

    public static TheoryData<string> Names => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_assembly_refers_only_to_those_below_it(string name)
    {
        var ours = References(name).Where(reference => reference.StartsWith("LabelerService.", StringComparison.Ordinal));
        Assert.Subset(Allowed[name].ToHashSet(), ours.ToHashSet());
    }

    [Theory]
    [InlineData("LabelerService.Server")]
    [InlineData("LabelerService.Storage")]
    [InlineData("LabelerService.Core")]
    [InlineData("LabelerService.Cli")]
    public void Only_the_trainer_needs_torch(string name) => Assert.DoesNotContain("TorchSharp", References(name));

    [Fact]
    public void Every_project_under_src_is_named_here()
    {
        var projects = Directory.GetDirectories(Path.Combine(Harness.Assemblies.Repository, "src")).Select(path => Path.GetFileName(path)!);
        Assert.Equal(Allowed.Keys.Order(), projects.Order());
    }

    private static IEnumerable<string> References(string name) =>
        Assembly.Load(name).GetReferencedAssemblies().Select(reference => reference.Name!);
}
