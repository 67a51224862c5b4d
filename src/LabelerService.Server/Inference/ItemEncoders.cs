using System.Text.Json;
using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Extraction;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Inference;

/// <summary>
/// The encoders of loaded versions. What an encoder was made of is read once by its hash, however many versions use it, and given up with the
/// last of them, so that as many are in memory as versions are loaded at most.
/// </summary>
internal sealed class ItemEncoders
{
    // A featurizer's arrays lie in memory as they are stored, beside a table to find terms by; an extractor's weights as they are and packed.
    private const int MemoryOfArtefact = 3;

    private readonly Func<string, CancellationToken, Task<byte[]>> _read;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Shared> _shared = new(StringComparer.Ordinal);

    /// <summary>Reads artefacts from their store.</summary>
    public ItemEncoders(ArtefactStore artefacts)
        : this(artefacts.ReadAsync)
    {
    }

    /// <summary>Reads artefacts from wherever.</summary>
    /// <param name="read">Reads an artefact by its hash.</param>
    internal ItemEncoders(Func<string, CancellationToken, Task<byte[]>> read) => _read = read;

    /// <summary>Encoders that are loaded from artefacts or being loaded.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _shared.Count;
            }
        }
    }

    /// <summary>Borrows what makes rows of items for a version; dispose of it to give it back. Null where items are rows already.</summary>
    /// <exception cref="ServiceException">FAILED_PRECONDITION (ARTEFACT_CORRUPT): what is stored is no such encoder.</exception>
    public async Task<LoadedEncoder?> BorrowAsync(DatasetRecord dataset, ModelVersionRecord version, CancellationToken cancel)
    {
        switch (version.Manifest.Encoding)
        {
            case null or { Kind: ItemEncodingKind.Values }:
                return null;
            case { Kind: ItemEncodingKind.Sequence } sequence:
                return new LoadedEncoder(new SequenceEncoder(sequence), 0, 0, static () => { });
            case { ArtefactSha256: { } hash } encoding:
                return await BorrowAsync(encoding, hash, dataset.Schema, version, cancel);
            case var other:
                throw Corrupt(version, $"an encoder of kind {other.Kind} without an artefact");
        }
    }

    private async Task<LoadedEncoder> BorrowAsync(
        ItemEncoding encoding, string hash, DatasetSchema schema, ModelVersionRecord version, CancellationToken cancel)
    {
        // The same file reads images of another shape, or scaled otherwise, in another way.
        var key = encoding.Kind == ItemEncodingKind.Extracted
            ? $"{hash}|{encoding.Backbone}|{JsonSerializer.Serialize(encoding.Extractor)}|{string.Join(',', schema.ItemShape)}"
            : hash;
        Shared? shared;
        lock (_gate)
        {
            if (!_shared.TryGetValue(key, out shared))
            {
                // Others may wait for the same load, so one caller's cancellation must not end it.
                shared = new Shared(new(() => LoadAsync(encoding, hash, schema, version)));
                _shared.Add(key, shared);
            }

            shared.Users++;
        }

        try
        {
            var (encoder, bytes) = await shared.Load.Value.WaitAsync(cancel);
            return encoder.Encoding.FeatureLength == version.Manifest.FeatureLength
                ? new LoadedEncoder(encoder, bytes, schema.FeatureLength, () => Release(key, shared))
                : throw Corrupt(version, $"rows of {encoder.Encoding.FeatureLength} where the model takes {version.Manifest.FeatureLength}");
        }
        catch
        {
            Release(key, shared);
            throw;
        }
    }

    private async Task<(IItemEncoder Encoder, long Bytes)> LoadAsync(
        ItemEncoding encoding, string hash, DatasetSchema schema, ModelVersionRecord version)
    {
        var bytes = await _read(hash, CancellationToken.None);
        try
        {
            IItemEncoder encoder = encoding.Kind switch
            {
                ItemEncodingKind.Text => await Task.Run(() => TextEncoder.Read(bytes)),
                ItemEncodingKind.Extracted => await Task.Run(() => OnnxExtractor.Load(bytes, schema, Options(encoding))),
                var kind => throw Corrupt(version, $"an encoder of the unknown kind {kind}"),
            };
            return (encoder, (long)bytes.Length * MemoryOfArtefact);
        }
        catch (InvalidDataException error)
        {
            throw Corrupt(version, $"an encoder that cannot be read ({error.Message})");
        }
    }

    // One thread, as for the net behind it; and the trial was passed before anything was trained.
    private static ExtractorOptions Options(ItemEncoding encoding) => new()
    {
        Input = encoding.Extractor ?? new ExtractorInput(),
        Backbone = encoding.Backbone,
        Threads = 1,
        TrialTime = null,
    };

    private void Release(string key, Shared shared)
    {
        lock (_gate)
        {
            if (--shared.Users > 0)
            {
                return;
            }

            _shared.Remove(key);
        }

        // One that never loaded has nothing to dispose of.
        if (shared.Load.Value is { IsCompletedSuccessfully: true, Result.Encoder: var encoder })
        {
            encoder.Dispose();
        }
        else
        {
            _ = shared.Load.Value.ContinueWith(
                static loaded => loaded.Result.Encoder.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
        }
    }

    private static ServiceException Corrupt(ModelVersionRecord version, string what) => new(
        ErrorKind.FailedPrecondition, "ARTEFACT_CORRUPT",
        $"Version {version.Version} of model {version.ModelId} was stored with {what}. Train it again, or delete the version.");

    private sealed class Shared(Lazy<Task<(IItemEncoder Encoder, long Bytes)>> load)
    {
        public Lazy<Task<(IItemEncoder Encoder, long Bytes)>> Load => load;

        public int Users { get; set; }
    }
}
