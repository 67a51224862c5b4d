using LabelerService.Cli.Client;

namespace LabelerService.Cli.Configuration;

/// <summary>Where a value comes from.</summary>
internal enum SettingSource
{
    /// <summary>Nobody says anything.</summary>
    Default,

    /// <summary>The settings file.</summary>
    File,

    /// <summary>An environment variable.</summary>
    Environment,

    /// <summary>An option.</summary>
    Option,
}

/// <summary>
/// What counts for a command: an option before the environment, the environment before the settings file. The file's key belongs to the
/// file's server: it goes to no other, wherever that is named.
/// </summary>
internal sealed class ResolvedSettings
{
    private readonly Dictionary<Setting, (string Value, SettingSource Source)> _values = [];

    /// <summary>Looks in all three places.</summary>
    /// <param name="option">What an option says; null where it is not given.</param>
    /// <param name="variable">Reads an environment variable; null where it is not set or empty.</param>
    /// <param name="file">The settings file.</param>
    public ResolvedSettings(Func<Setting, string?> option, Func<string, string?> variable, SettingsFile file)
    {
        File = file;
        foreach (var setting in Setting.All)
        {
            if (option(setting) is { } given)
            {
                _values[setting] = (given, SettingSource.Option);
            }
            else if (variable(setting.Variable) is { } set)
            {
                _values[setting] = (set, SettingSource.Environment);
            }
            else if (file[setting.Name] is { } kept)
            {
                _values[setting] = (kept, SettingSource.File);
            }
        }

        if (SourceOf(Setting.ApiKey) == SettingSource.File && !Same(this[Setting.Server], file[Setting.Server.Name]))
        {
            _values.Remove(Setting.ApiKey);
            KeyWithheld = true;
        }
    }

    /// <summary>The settings file.</summary>
    public SettingsFile File { get; }

    /// <summary>Whether the file has a key that is not used, because it is for another server.</summary>
    public bool KeyWithheld { get; }

    /// <summary>A value; null where nobody says anything.</summary>
    public string? this[Setting setting] => _values.TryGetValue(setting, out var entry) ? entry.Value : null;

    /// <summary>Where a value comes from.</summary>
    public SettingSource SourceOf(Setting setting) => _values.TryGetValue(setting, out var entry) ? entry.Source : SettingSource.Default;

    /// <summary>Where a value comes from, in words: <c>--server</c>, <c>LABELER_SERVER</c>, the file's path.</summary>
    public string Describe(Setting setting) => SourceOf(setting) switch
    {
        SettingSource.Option => $"--{setting.Name}",
        SettingSource.Environment => setting.Variable,
        SettingSource.File => File.Path!,
        _ => "default",
    };

    private static bool Same(string? one, string? other) => Servers(one).SetEquals(Servers(other));

    private static HashSet<Uri> Servers(string? text) =>
        text is null ? [ConnectionSettings.DefaultServer] : [.. ConnectionSettings.ParseServers(text)];
}
