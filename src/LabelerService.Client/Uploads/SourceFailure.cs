using System.Runtime.ExceptionServices;

namespace LabelerService.Client;

/// <summary>
/// Carries what a caller's own sequence threw past the code that takes such exceptions for breaks of the connection: a file that cannot be
/// read throws an <see cref="IOException"/> as a connection does.
/// </summary>
internal sealed class SourceFailure(Exception cause) : Exception("The rows to send could not be read.", cause)
{
    private readonly ExceptionDispatchInfo _cause = ExceptionDispatchInfo.Capture(cause);

    /// <summary>Throws what the sequence threw.</summary>
    public void Rethrow() => _cause.Throw();
}
