using CsCheck;
using LabelerService.Cli.Commands;
using LabelerService.Cli.Files;

namespace LabelerService.Cli.Tests.Commands;

public class ClassListTextTests
{
    [Fact]
    public void Names_are_trimmed_and_keep_their_order()
    {
        var (classes, problem) = ClassListText.Parse("coast, tall building ,street");

        Assert.Null(problem);
        Assert.Equal(["coast", "tall building", "street"], classes);
    }

    [Fact]
    public void A_quoted_name_may_have_a_comma() => Assert.Equal(["a,b", "c"], ClassListText.Parse("\"a,b\",c").Classes);

    [Theory]
    [InlineData("", "no classes")]
    [InlineData("a", "2 to 1000")]
    [InlineData("a,", "empty")]
    [InlineData("a,,b", "empty")]
    [InlineData("a,b,a", "twice")]
    [InlineData("a,b\nc,d", "one line")]
    public void Lists_that_no_dataset_can_have_are_refused(string text, string reason) =>
        Assert.Contains(reason, ClassListText.Parse(text).Problem ?? "", StringComparison.Ordinal);

    [Fact]
    public void A_name_above_128_bytes_is_refused() =>
        Assert.Contains("128 bytes", ClassListText.Parse("a," + new string('é', 65)).Problem ?? "", StringComparison.Ordinal);

    [Fact]
    public void Any_unique_names_read_back() =>
        Gen.String[Gen.Char["abcé\",' -"], 1, 12].Select(name => name.Trim()).Where(name => name.Length > 0).Array[2, 20]
            .Select(names => names.Distinct(StringComparer.Ordinal).ToArray()).Where(names => names.Length > 1)
            .Sample(names =>
            {
                var (classes, problem) = ClassListText.Parse(string.Join(',', names.Select(name => CsvText.Cell(name, raw: true))));
                return problem is null && classes.SequenceEqual(names);
            });
}
