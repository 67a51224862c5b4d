namespace LabelerService.Client.Tests.Harness;

/// <summary>Progress as it is reported, at once: <see cref="Progress{T}"/> would report later.</summary>
internal sealed class Reports(Action<UploadProgress>? then = null) : IProgress<UploadProgress>
{
    public UploadProgress? Last { get; private set; }

    public void Report(UploadProgress value)
    {
        Last = value;
        then?.Invoke(value);
    }
}
