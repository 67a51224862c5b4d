namespace LabelerService.Cli.Rendering;

/// <summary>Whether output has colours: <c>--no-color</c> or <c>--color</c>, else <c>NO_COLOR</c>, else whether a person looks.</summary>
internal enum ColourChoice
{
    /// <summary>On terminals only, and not where <c>NO_COLOR</c> is set or the terminal has none.</summary>
    Automatic,

    /// <summary>Everywhere, pipes included: <c>--color</c>.</summary>
    Always,

    /// <summary>Nowhere: <c>--no-color</c>.</summary>
    Never,
}
