using LabelerService.Cli.Commands;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Tests.Commands;

public sealed class KeyQuotasTests
{
    [Theory]
    [InlineData(null, null, "")]
    [InlineData(100L, null, "12 of 100 annotations")]
    [InlineData(0L, 7L, "3 of 7 items")]
    [InlineData(100L, 7L, "12 of 100 annotations, 3 of 7 items")]
    public void What_was_stored_today_is_shown_of_what_is_limited(long? annotations, long? items, string expected)
    {
        var key = new ApiKey { Quota = KeyQuotas.Read(annotations, items), UsageToday = new KeyUsage { Annotations = 12, Items = 3 } };
        Assert.Equal(expected, KeyQuotas.Text(key));
        Assert.Equal(expected.Length == 0, KeyQuotas.Document(key) is null);
        key.UsageToday = null;
        Assert.Equal(expected.Replace("12", "0", StringComparison.Ordinal).Replace("3", "0", StringComparison.Ordinal), KeyQuotas.Text(key));
    }
}
