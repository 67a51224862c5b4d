using System.Globalization;

namespace LabelerService.Server.Services;

/// <summary>Where a list of insights goes on. Only ever read from a token that this server made.</summary>
/// <param name="State">The state that it was begun with.</param>
/// <param name="Version">Version of the model that votes; 0 without one.</param>
/// <param name="Start">Entries before.</param>
internal readonly record struct InsightCursor(string State, int Version, int Start)
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static InsightCursor Read(string text)
    {
        var parts = text.Split('|');
        return new InsightCursor(
            parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture), int.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{State}|{Version}|{Start}");
}
