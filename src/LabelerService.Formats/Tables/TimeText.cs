using System.Globalization;

namespace LabelerService.Formats.Tables;

/// <summary>
/// Times in text: ISO 8601 (RFC 3339), for example <c>2026-01-31T12:00:00.25Z</c>. The general parser of the platform would also take "12:00"
/// for today and guess which of two numbers is the month; neither may happen to data.
/// </summary>
public static class TimeText
{
    private const string WithoutFraction = "yyyy-MM-dd'T'HH:mm:ss";
    private const string WithFraction = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF";

    private static readonly string[] Local =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", WithoutFraction, WithFraction];

    private static readonly string[] Zoned =
        ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Writes a time, UTC, with as many digits of a second as it has.</summary>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString(time.UtcTicks % TimeSpan.TicksPerSecond == 0 ? WithoutFraction : WithFraction, CultureInfo.InvariantCulture) + "Z";

    /// <summary>Reads a time; without a zone it is UTC. Digits beyond 100 ns are cut off.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        if (text.Length is < 10 or > 40)
        {
            return false;
        }

        if (text.Length > 10 && text[10] == ' ')
        {
            text = $"{text[..10]}T{text[11..]}";
        }

        text = ShortenFraction(text);
        return DateTimeOffset.TryParseExact(
                text, Local, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time)
            || (text.Length > 10 && HasZone(text) && DateTimeOffset.TryParseExact(
                text, Zoned, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out time));
    }

    private static bool HasZone(string text) => text[^1] is 'Z' || text.AsSpan(10).ContainsAny('+', '-');

    private static string ShortenFraction(string text)
    {
        const int kept = 7;
        var point = text.IndexOf('.', StringComparison.Ordinal);
        if (point < 0)
        {
            return text;
        }

        var end = point + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return end - point - 1 <= kept ? text : text[..(point + 1 + kept)] + text[end..];
    }
}
