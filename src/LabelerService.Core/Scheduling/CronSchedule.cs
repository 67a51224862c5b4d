using Cronos;
using LabelerService.Core.Errors;

namespace LabelerService.Core.Scheduling;

/// <summary>Times of day, week and month, in the five fields of cron and a time zone. Summer time is minded: no time is left out or doubled.</summary>
public sealed class CronSchedule
{
    private const string Utc = "UTC";

    private readonly CronExpression _expression;
    private readonly TimeZoneInfo _zone;

    private CronSchedule(CronExpression expression, TimeZoneInfo zone) => (_expression, _zone) = (expression, zone);

    /// <summary>Reads a schedule.</summary>
    /// <param name="cron">Minute, hour, day of month, month, day of week.</param>
    /// <param name="timeZone"><c>UTC</c> or a zone of the IANA database; empty for UTC.</param>
    /// <exception cref="ServiceException">InvalidArgument naming <c>cron</c>, <c>time_zone</c> or both.</exception>
    public static CronSchedule Parse(string cron, string timeZone)
    {
        var violations = new List<FieldViolation>();
        var zone = FindZone(timeZone);
        if (zone is null)
        {
            violations.Add(new FieldViolation("time_zone", "is not UTC and no zone of the IANA database that this machine knows, such as Europe/Vienna"));
        }

        if (!CronExpression.TryParse(cron, CronFormat.Standard, out var expression))
        {
            violations.Add(new FieldViolation(
                "cron", "must be the five fields minute, hour, day of month, month and day of week, such as 0 3 * * 1 for Mondays at 3"));
        }
        else if (zone is not null && expression.GetNextOccurrence(DateTimeOffset.UnixEpoch, zone) is null)
        {
            violations.Add(new FieldViolation("cron", "is a time that never comes"));
        }

        return violations.Count == 0
            ? new CronSchedule(expression!, zone!)
            : throw new ServiceException(
                ErrorKind.InvalidArgument, "INVALID_FIELD", $"{violations[0].Field}: {violations[0].Description}", [.. violations]);
    }

    /// <summary>The first time after a moment; null if there is none in the next centuries.</summary>
    public DateTimeOffset? Next(DateTimeOffset after) => _expression.GetNextOccurrence(after, _zone)?.ToUniversalTime();

    private static TimeZoneInfo? FindZone(string name)
    {
        if (name.Length == 0 || name == Utc)
        {
            return TimeZoneInfo.Utc;
        }

        // Windows' names are accepted on some machines and not on others, so they are on none.
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId ? zone : null;
    }
}
