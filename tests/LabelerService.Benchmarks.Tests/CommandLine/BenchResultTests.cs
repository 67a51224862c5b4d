using System.Text.Json;
using LabelerService.Benchmarks.Reporting;

namespace LabelerService.Benchmarks.Tests.CommandLine;

public sealed class BenchResultTests
{
    [Fact]
    public void Numbers_that_JSON_does_not_have_are_null()
    {
        var result = new BenchResult("test");
        result.Figure("a", double.NaN);
        result.Figure("b", 1.23456789);
        result.Details["more"] = new { Value = double.NegativeInfinity };
        using var output = new StringWriter();
        result.Write(output, json: true);

        var document = JsonDocument.Parse(output.ToString()).RootElement;
        Assert.Equal(JsonValueKind.Null, document.GetProperty("figures").GetProperty("a").ValueKind);
        Assert.Equal(1.234568, document.GetProperty("figures").GetProperty("b").GetDouble());
        Assert.Equal(JsonValueKind.Null, document.GetProperty("more").GetProperty("value").ValueKind);
    }
}
