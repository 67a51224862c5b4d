using System.Text.Json;
using LabelerService.Cli.Client;

namespace LabelerService.Cli.Configuration;

/// <summary>
/// The file with a user's own settings, <c>~/.config/labeler/config.json</c>: where the service is, and the key to call it with. Only its
/// owner can read it. What an option or an environment variable says counts before it.
/// </summary>
internal sealed class SettingsFile
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    private readonly SortedDictionary<string, string> _values;

    private SettingsFile(string? path, SortedDictionary<string, string> values, string? warning)
    {
        Path = path;
        _values = values;
        Warning = warning;
    }

    /// <summary>Where it is, whether or not it exists; null for a user without a home folder.</summary>
    public string? Path { get; }

    /// <summary>What is wrong with the file although it can be used; null if nothing is.</summary>
    public string? Warning { get; }

    /// <summary>The settings that are there, by name.</summary>
    public IReadOnlyDictionary<string, string> Values => _values;

    /// <summary>A setting; null where the file does not have it.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Reads the file; one that does not exist has no settings.</summary>
    /// <param name="variable">Reads an environment variable: <c>LABELER_CONFIG</c> names another file.</param>
    /// <exception cref="CommandException">It cannot be read, or is no such file.</exception>
    public static SettingsFile Read(Func<string, string?> variable)
    {
        var path = Locate(variable);
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (path is null || !File.Exists(path))
        {
            return new SettingsFile(path, values, warning: null);
        }

        try
        {
            var text = File.ReadAllText(path);
            using var document = JsonDocument.Parse(string.IsNullOrWhiteSpace(text) ? "{}" : text);
            foreach (var property in document.RootElement.EnumerateObject())
            {
                values[Setting.Require(property.Name, path).Name] = property.Value.GetString()
                    ?? throw new CommandException($"{path}: {property.Name} is null: remove it");
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be read as settings: {error.Message}; put it right, or remove it and use `labeler config set`");
        }

        var open = !OperatingSystem.IsWindows() && values.ContainsKey(Setting.ApiKey.Name) && (File.GetUnixFileMode(path) & Others) != UnixFileMode.None;
        return new SettingsFile(path, values, open ? $"others can read the API key in {path}: chmod 600 {path}" : null);
    }

    /// <summary>Sets a setting and writes the file.</summary>
    public void Set(Setting setting, string value)
    {
        _values[setting.Name] = value;
        Write();
    }

    /// <summary>Removes a setting and writes the file.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(Setting setting)
    {
        if (!_values.Remove(setting.Name))
        {
            return false;
        }

        Write();
        return true;
    }

    // The new file takes the old one's place when it is complete, and is never open to others, not even for a moment.
    private void Write()
    {
        var path = Path ?? throw new CommandException("there is no home folder for a settings file: set HOME, or LABELER_CONFIG to a file's name");
        try
        {
            var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
            if (!OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            var draft = $"{path}.{Environment.ProcessId}";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var stream = new FileStream(draft, options))
            {
                JsonSerializer.Serialize(stream, _values, Format);
                stream.WriteByte((byte)'\n');
            }

            File.Move(draft, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be written: {error.Message}");
        }
    }

    // https://specifications.freedesktop.org/basedir-spec: a relative XDG_CONFIG_HOME is ignored.
    private static string? Locate(Func<string, string?> variable)
    {
        if (variable("LABELER_CONFIG") is { Length: > 0 } named)
        {
            return named;
        }

        var home = variable("XDG_CONFIG_HOME") is { } folder && System.IO.Path.IsPathFullyQualified(folder) ? folder
            : variable("HOME") is { Length: > 0 } user ? System.IO.Path.Combine(user, ".config") : null;
        return home is null ? null : System.IO.Path.Combine(home, "labeler", "config.json");
    }
}
