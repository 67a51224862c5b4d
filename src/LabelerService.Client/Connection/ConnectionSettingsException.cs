namespace LabelerService.Client;

/// <summary>A setting of the connection cannot be right; nothing was sent.</summary>
public sealed class ConnectionSettingsException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="setting">The property of <see cref="ConnectionSettings"/> at fault.</param>
    /// <param name="message">What is wrong with it.</param>
    /// <param name="inner">Why, if another exception says it.</param>
    public ConnectionSettingsException(string setting, string message, Exception? inner = null)
        : base(message, inner)
    {
        Setting = setting;
    }

    /// <summary>The property of <see cref="ConnectionSettings"/> at fault, such as <c>CaFile</c>.</summary>
    public string Setting { get; }
}
