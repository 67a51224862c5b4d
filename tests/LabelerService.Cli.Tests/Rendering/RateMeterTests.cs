using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Tests.Rendering;

public class RateMeterTests
{
    [Fact]
    public void A_steady_rate_tells_the_time_left()
    {
        var meter = new RateMeter();
        for (var second = 0; second <= 10; second++)
        {
            meter.Add(TimeSpan.FromSeconds(second), 50 * second);
        }

        Assert.Equal(50, meter.Rate!.Value, 6);
        Assert.Equal(10, meter.Left(1000)!.Value.TotalSeconds, 6);
    }

    [Fact]
    public void A_slow_start_is_forgotten()
    {
        var meter = new RateMeter();
        meter.Add(TimeSpan.Zero, 0);
        meter.Add(TimeSpan.FromSeconds(100), 1);
        for (var second = 1; second <= 40; second++)
        {
            meter.Add(TimeSpan.FromSeconds(100 + second), 1 + (200 * second));
        }

        Assert.Equal(200, meter.Rate!.Value, 1);
    }

    [Fact]
    public void Nothing_is_said_before_anything_is_known()
    {
        var meter = new RateMeter();
        Assert.Null(meter.Rate);
        meter.Add(TimeSpan.Zero, 0);
        meter.Add(TimeSpan.FromMilliseconds(1), 1000);
        Assert.Null(meter.Rate);
        Assert.Null(meter.Left(2000));
    }

    [Fact]
    public void Another_part_of_the_work_begins_anew()
    {
        var meter = new RateMeter();
        meter.Add(TimeSpan.Zero, 0);
        meter.Add(TimeSpan.FromSeconds(1), 1_000_000);
        meter.Add(TimeSpan.FromSeconds(2), 0);
        Assert.Null(meter.Rate);
        meter.Add(TimeSpan.FromSeconds(4), 10);
        Assert.Equal(5, meter.Rate!.Value, 6);
    }

    [Theory]
    [InlineData(12_345.6, "items", "12,346 items/s")]
    [InlineData(3.44, "epochs", "3.4 epochs/s")]
    [InlineData(0.2, "epochs", "12 epochs/min")]
    [InlineData(250, "", "250/s")]
    public void Rates_read_well(double rate, string unit, string text) => Assert.Equal(text, RateText.Of(rate, unit));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(32_154, "31.4 KiB")]
    [InlineData(2_147_483_648, "2.0 GiB")]
    public void Sizes_read_well(double bytes, string text) => Assert.Equal(text, ByteText.Of(bytes));
}
