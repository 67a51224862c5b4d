using System.Text;
using LabelerService.Cli.Client;

namespace LabelerService.Cli.Files;

/// <summary>Opens files to read, with failures in words.</summary>
internal static class InputFile
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Opens a file for one pass from its beginning to its end.</summary>
    /// <exception cref="CommandException">It cannot be opened.</exception>
    public static FileStream Open(string path, int bufferSize = 1 << 16)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize, FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandException($"{path}: there is no such file");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be read: {exception.Message}");
        }
    }

    /// <summary>Opens a text file; bytes that are not UTF-8 raise <see cref="DecoderFallbackException"/> instead of turning into others.</summary>
    public static StreamReader OpenText(string path) => new(Open(path), StrictUtf8, detectEncodingFromByteOrderMarks: true);
}
