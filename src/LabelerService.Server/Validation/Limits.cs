namespace LabelerService.Server.Validation;

/// <summary>The limits that the protos document.</summary>
internal static class Limits
{
    /// <summary>Largest message the server reads, in bytes.</summary>
    public const int MessageBytes = 16 * 1024 * 1024;

    /// <summary>Most entries of a batch.</summary>
    public const int Batch = 10_000;

    /// <summary>Most values of the decoded images of a batch, one byte each.</summary>
    public const int PixelBytes = 64 * 1024 * 1024;

    /// <summary>Most images of a request for predictions.</summary>
    public const int PredictedImages = 1_000;

    /// <summary>Most values of the decoded images of a request for predictions, four bytes each.</summary>
    public const int PredictedValues = 16 * 1024 * 1024;

    /// <summary>Size from which a message of an export is sent, in bytes.</summary>
    public const int ExportMessageBytes = 1024 * 1024;

    /// <summary>Longest filter, in characters.</summary>
    public const int FilterLength = 2_048;

    /// <summary>Longest external id, display name or tag, in bytes of UTF-8.</summary>
    public const int TextBytes = 256;

    /// <summary>Longest class name, in bytes of UTF-8.</summary>
    public const int ClassNameBytes = 128;

    /// <summary>Most classes of a dataset.</summary>
    public const int Classes = 1_000;

    /// <summary>Most tags of a resource.</summary>
    public const int Tags = 64;

    /// <summary>Most violations that one answer lists; the rest would only be noise.</summary>
    public const int Violations = 20;
}
