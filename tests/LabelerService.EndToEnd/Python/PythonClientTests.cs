using System.Globalization;
using System.Text.RegularExpressions;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Python;

/// <summary>The Python client (clients/python) with the distribution's Python and packages, against a running service.</summary>
[Collection(SharedService.Name)]
public sealed partial class PythonClientTests(ServiceFixture fixture)
{
    [Fact]
    public async Task Its_own_tests_pass()
    {
        var output = await PythonProgram.RunAsync(fixture.Service, "-m", "pytest", "-q");

        Assert.Matches(AllPassed(), output);
    }

    [Fact]
    public async Task Its_types_hold()
    {
        var cache = Directory.CreateTempSubdirectory("labeler-mypy-");
        try
        {
            Assert.StartsWith("Success", await PythonProgram.RunAsync(fixture.Service, "-m", "mypy", "--cache-dir", cache.FullName), StringComparison.Ordinal);
        }
        finally
        {
            cache.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Without_pip_it_stores_the_sample_trains_and_predicts()
    {
        // -I: nothing but the interpreter's own folders, and so the distribution's packages; the script adds the client.
        var output = await PythonProgram.RunAsync(
            fixture.Service, "-I", Path.Combine("examples", "labelme.py"), "--dataset", Requests.NewId("python"), "--epochs", "20");

        Assert.Contains("2,547 labels of 59 labelers stored", output, StringComparison.Ordinal);
        var accuracy = double.Parse(Accuracy().Match(output).Groups["accuracy"].Value, CultureInfo.InvariantCulture);
        Assert.True(accuracy > 0.83, output);
    }

    // Skipped or deselected tests would be said on that line.
    [GeneratedRegex(@"^[1-9]\d* passed in [^,]*$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AllPassed();

    [GeneratedRegex(@"accuracy (?<accuracy>0\.\d+) on 1,188 test items", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Accuracy();
}
