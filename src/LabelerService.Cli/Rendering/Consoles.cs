using Spectre.Console;

namespace LabelerService.Cli.Rendering;

/// <summary>Opens consoles that keep to a choice of colour.</summary>
internal static class Consoles
{
    // What goes into a file or a pipe is not folded to some screen's width.
    private const int UnlimitedWidth = 4096;

    /// <summary>Opens a console.</summary>
    /// <param name="writer">Where it writes.</param>
    /// <param name="redirected">Whether that is a file or a pipe.</param>
    /// <param name="choice">Whether it has colours.</param>
    /// <param name="variable">Reads an environment variable.</param>
    public static IAnsiConsole Open(TextWriter writer, bool redirected, ColourChoice choice, Func<string, string?> variable)
    {
        // https://no-color.org: set and not empty. A dumb terminal shows escape sequences as text.
        var dumb = variable("TERM") == "dumb";
        var coloured = choice switch
        {
            ColourChoice.Always => true,
            ColourChoice.Never => false,
            _ => !redirected && !dumb && variable("NO_COLOR") is not { Length: > 0 },
        };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = choice == ColourChoice.Always ? AnsiSupport.Yes : redirected || dumb ? AnsiSupport.No : AnsiSupport.Detect,
            // The sixteen colours that every terminal has, as its owner has set them.
            ColorSystem = coloured ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = redirected || dumb ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected)
        {
            console.Profile.Width = UnlimitedWidth;
        }

        return console;
    }
}
