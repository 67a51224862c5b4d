using LabelerService.Core.Encodings;
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

    /// <summary>Makes rows of items as the version's training did.</summary>
    public IItemEncoder Encoder => resident.Session.Encoder;

    /// <summary>Whether the values of an item are its row: features go to the graph as they are.</summary>
    public bool TakesValues => Encoder.Encoding.Kind == ItemEncodingKind.Values;

    /// <summary>Number of values of a vector or image; 0 where items are texts or sequences.</summary>
    public int ValuesLength => TakesValues ? Version.Manifest.FeatureLength : dataset.Schema.FeatureLength;

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
