using LabelerService.Benchmarks.Models;
using LabelerService.Core.Models;

namespace LabelerService.Benchmarks.Tests.Models;

public sealed class ModelVariantTests
{
    [Fact]
    public void Commas_inside_brackets_belong_to_a_setting()
    {
        var variants = ModelVariant.ParseList("dn[hidden=64,32;epochs=3], bn");
        Assert.Equal(["dn[epochs=3;hidden=64,32]", "bn"], variants.Select(variant => variant.Name));
        Assert.Equal("64,32", variants[0].Settings["hidden"]);
    }

    [Fact]
    public void Everything_is_every_algorithm_and_the_baseline_with_every_target()
    {
        var names = ModelVariant.Everything().Select(variant => variant.Name).ToHashSet();
        Assert.Subset(names, AlgorithmCatalogue.Models.Select(algorithm => algorithm.Id).ToHashSet());
        Assert.Contains("bn[target=majority]", names);
        Assert.DoesNotContain("bn[target=mean]", names);
    }
}
