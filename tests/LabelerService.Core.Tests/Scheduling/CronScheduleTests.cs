using LabelerService.Core.Errors;
using LabelerService.Core.Scheduling;

namespace LabelerService.Core.Tests.Scheduling;

public sealed class CronScheduleTests
{
    [Fact]
    public void The_next_time_is_found_in_its_time_zone_across_summer_time()
    {
        var schedule = CronSchedule.Parse("30 2 * * *", "Europe/Vienna");
        Assert.Equal(Utc(2026, 1, 10, 1, 30), schedule.Next(Utc(2026, 1, 10, 0, 0)));

        // On 29 March 2026 the clock goes from 2 to 3 there: the time is not left out.
        Assert.Equal(Utc(2026, 3, 29, 1, 0), schedule.Next(Utc(2026, 3, 28, 12, 0)));
        Assert.Equal(Utc(2026, 3, 30, 0, 30), schedule.Next(Utc(2026, 3, 29, 12, 0)));
    }

    [Fact]
    public void A_time_that_is_now_has_passed() =>
        Assert.Equal(Utc(2026, 1, 2, 0, 0), CronSchedule.Parse("0 0 * * *", "").Next(Utc(2026, 1, 1, 0, 0)));

    [Theory]
    [InlineData("", "", "cron")]
    [InlineData("61 * * * *", "", "cron")]
    [InlineData("* * * *", "", "cron")]
    [InlineData("0 0 0 * * *", "", "cron")]
    [InlineData("0 0 30 2 *", "", "cron")]
    [InlineData("0 0 * * *", "Mars/Olympus", "time_zone")]
    [InlineData("0 0 * * *", "W. Europe Standard Time", "time_zone")]
    public void Bad_schedules_are_refused_naming_the_field(string cron, string zone, string field)
    {
        var error = Assert.Throws<ServiceException>(() => CronSchedule.Parse(cron, zone));
        Assert.Equal([field], error.Violations.Select(violation => violation.Field));
    }

    [Fact]
    public void Both_fields_are_named_where_both_are_wrong()
    {
        var error = Assert.Throws<ServiceException>(() => CronSchedule.Parse("never", "Nowhere"));
        Assert.Equal(["time_zone", "cron"], error.Violations.Select(violation => violation.Field));
    }

    private static DateTimeOffset Utc(int year, int month, int day, int hour, int minute) => new(year, month, day, hour, minute, 0, TimeSpan.Zero);
}
