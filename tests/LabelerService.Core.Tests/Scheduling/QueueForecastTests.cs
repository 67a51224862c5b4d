using LabelerService.Core.Scheduling;

namespace LabelerService.Core.Tests.Scheduling;

public sealed class QueueForecastTests
{
    private const double Unknown = QueueForecast.Unknown;

    [Fact]
    public void One_slot_takes_one_run_after_the_other() =>
        Assert.Equal([5, 15, 35], QueueForecast.Starts(1, [5], [10, 20, 30]));

    [Fact]
    public void Each_run_takes_the_slot_that_is_free_first() =>
        Assert.Equal([0, 8, 10, 12], QueueForecast.Starts(2, [8], [12, 2, 100, 1]));

    [Fact]
    public void Nothing_starts_without_slots() => Assert.Equal([Unknown], QueueForecast.Starts(0, [], [1]));

    [Fact]
    public void What_follows_a_run_of_unknown_length_on_its_slot_is_unknown_too()
    {
        Assert.Equal([Unknown, Unknown], QueueForecast.Starts(1, [Unknown], [1, 1]));
        Assert.Equal([0, 0, Unknown], QueueForecast.Starts(2, [], [Unknown, Unknown, 1]));
        Assert.Equal([0, 0, 4], QueueForecast.Starts(2, [], [Unknown, 4, 1]));
    }

    [Fact]
    public void Runs_of_a_trainer_that_has_gone_are_not_followed_by_others() =>
        Assert.Equal([9, 10], QueueForecast.Starts(1, [4, 9], [1, 1]));

    [Fact]
    public void Negative_times_are_refused() => Assert.Throws<ArgumentException>(() => QueueForecast.Starts(1, [-1], [1]));
}
