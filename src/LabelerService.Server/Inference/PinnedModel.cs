using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Inference;

/// <summary>
/// A model version that is loaded and stays so until this is disposed: swapping, evicting or deleting it meanwhile changes nothing for
/// whoever holds it.
/// </summary>
internal sealed class PinnedModel(DatasetRecord dataset, Resident resident) : IDisposable
{
    private int _disposed;

    /// <summary>The dataset that the model is one of.</summary>
    public DatasetRecord Dataset => dataset;

    /// <summary>The version that answers, with its manifest.</summary>
    public ModelVersionRecord Version => resident.Version;

    /// <summary>Resource name of the version.</summary>
    public string Name => resident.Name;

    /// <summary>The version loaded into ONNX Runtime.</summary>
    internal ModelSession Session => resident.Session;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            resident.Release();
        }
    }
}
