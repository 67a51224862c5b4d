namespace LabelerService.Cli.Rendering;

/// <summary>Text that others have chosen, made safe for a terminal: names and messages must not move the cursor or change the window.</summary>
internal static class PlainText
{
    /// <summary>The text with control characters, line ends aside, replaced by U+FFFD.</summary>
    public static string Of(string text) => text.AsSpan().ContainsAnyInRange('\0', '\x1f') || text.AsSpan().ContainsAnyInRange('\x7f', '\x9f')
        ? string.Create(text.Length, text, (target, source) =>
        {
            for (var i = 0; i < source.Length; i++)
            {
                target[i] = char.IsControl(source[i]) && source[i] is not '\n' ? '\uFFFD' : source[i];
            }
        })
        : text;
}
