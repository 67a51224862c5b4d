using System.Runtime.InteropServices;
using System.Security.Cryptography;
using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Text;
using LabelerService.Core.Training;
using LabelerService.Storage.Queries;

namespace LabelerService.Trainer.Running;

/// <summary>A snapshot that can be trained on.</summary>
/// <param name="Snapshot">Its items as rows of features; owned.</param>
/// <param name="Encoder">What made the rows, where that was learnt from items and is to be kept with the model; null otherwise.</param>
internal sealed record EncodedSnapshot(TrainingSnapshot Snapshot, byte[]? Encoder);

/// <summary>
/// Makes rows of a snapshot's items. Vectors and images are rows already, unless an extractor is given. Sequences are padded to the longest of
/// them, or to what the settings say. Texts become what a featurizer makes of them that has seen the texts of the training split and no
/// others. The same snapshot, settings and given encoder always give the same rows, so that a run goes on with those it began with.
/// </summary>
internal sealed class SnapshotEncoder(FeatureRows rows)
{
    private const int ProbedItems = 4;

    /// <summary>Makes the rows, on another thread.</summary>
    /// <param name="raw">The data as read; taken over, and disposed of where encoding fails.</param>
    /// <param name="settings">Settings of the training.</param>
    /// <param name="given">
    /// An extractor of features, or what made the rows of a version that training starts from; null to learn what has to be learnt. Stays the
    /// caller's, who keeps it until this returns.
    /// </param>
    /// <param name="cancel">Observed between blocks of items.</param>
    /// <exception cref="ServiceException">
    /// FailedPrecondition: SEQUENCE_TOO_LONG naming the item and its length; ENCODER_MISMATCH: the encoder is for other items;
    /// ITEM_NOT_ENCODABLE naming the item; SNAPSHOT_TOO_LARGE: the rows are more than can be held.
    /// </exception>
    public Task<EncodedSnapshot> EncodeAsync(TrainingSnapshot raw, TrainingSettings settings, IItemEncoder? given, CancellationToken cancel) =>
        Task.Run(
            () =>
            {
                try
                {
                    return Encode(raw, settings, given, cancel);
                }
                catch
                {
                    raw.Dispose();
                    throw;
                }
            },
            CancellationToken.None);

    private EncodedSnapshot Encode(TrainingSnapshot raw, TrainingSettings settings, IItemEncoder? given, CancellationToken cancel)
    {
        Check(raw.Schema.ItemKind, given);
        switch (raw.Contents)
        {
            case RawSequences sequences:
                using (var padded = new SequenceEncoder(ItemEncoding.OfSequences(sequences.StepLength, StepsOf(raw, sequences, settings, given))))
                {
                    return new EncodedSnapshot(Rows(raw, sequences, padded, $"The longest sequence has {padded.Encoding.MaxSteps} steps: shorten the longest ones.", cancel), null);
                }

            case { } texts:
                var encoder = given as TextEncoder ?? TextEncoder.Fit(new TrainingTexts(raw, texts), new TextFeaturizerOptions(), cancel);
                return new EncodedSnapshot(Rows(raw, texts, encoder, "Train on fewer items.", cancel), encoder.ToBytes());

            case null when given is not null:
                using (var values = new RawRows(raw.Features, raw.ItemIds.Length, raw.FeatureLength))
                {
                    return new EncodedSnapshot(Rows(raw, values, given, "Train on fewer items.", cancel), null);
                }

            default:
                return new EncodedSnapshot(raw, null);
        }
    }

    private static void Check(ItemKind items, IItemEncoder? given)
    {
        var fits = given?.Encoding.Kind switch
        {
            null => true,
            ItemEncodingKind.Extracted => items is ItemKind.Vector or ItemKind.Image,
            ItemEncodingKind.Sequence => items == ItemKind.Sequence,
            ItemEncodingKind.Text => items == ItemKind.Text,
            _ => false,
        };
        if (!fits)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "ENCODER_MISMATCH",
                $"Training is to start from something that takes items as {given!.Encoding.Kind}, and the items of the dataset are of the kind {items}. "
                + "Leave it out, or name one that was made of such items.");
        }
    }

    /// <summary>Steps that all sequences are padded to.</summary>
    private static int StepsOf(TrainingSnapshot raw, RawSequences sequences, TrainingSettings settings, IItemEncoder? given)
    {
        var most = settings.MaxSteps > 0 ? settings.MaxSteps : SequenceEncoder.MostSteps;
        var longest = 1;
        for (var i = 0; i < sequences.Count; i++)
        {
            var steps = sequences.StepsOf(i);
            if (steps > most)
            {
                throw new ServiceException(
                    ErrorKind.FailedPrecondition, "SEQUENCE_TOO_LONG",
                    $"Item '{raw.ItemIds[i]}' has {steps} steps, and "
                    + (settings.MaxSteps > 0 ? $"max_steps is {most}. Train with a larger max_steps, at most {SequenceEncoder.MostSteps}, or shorten the item."
                        : $"models read at most {most}. Shorten it, or take every so many steps into one."));
            }

            longest = Math.Max(longest, steps);
        }

        return settings.MaxSteps > 0 ? settings.MaxSteps : Math.Max(longest, given?.Encoding.MaxSteps ?? 0);
    }

    private TrainingSnapshot Rows(TrainingSnapshot raw, RawItems items, IItemEncoder encoder, string advice, CancellationToken cancel)
    {
        var length = encoder.Encoding.FeatureLength;
        var hashes = new long[items.Count];
        Parallel.For(0, hashes.Length, new ParallelOptions { CancellationToken = cancel }, i => hashes[i] = OutOfFoldTable.HashOf(items[i]));
        var features = rows.Make(Identity(), items.Count, length, advice, Fill, cancel);
        var encoded = raw.Encoded(encoder.Encoding, features, hashes);
        raw.Dispose();
        return encoded;

        void Fill(int first, Span<float> block)
        {
            var some = new RawItem[block.Length / length];
            for (var i = 0; i < some.Length; i++)
            {
                some[i] = items[first + i];
                if (encoder.Problem(some[i]) is { } problem)
                {
                    throw new ServiceException(
                        ErrorKind.FailedPrecondition, "ITEM_NOT_ENCODABLE", $"Item '{raw.ItemIds[first + i]}' cannot be trained on: it {problem}. Write it anew, or delete it.");
                }
            }

            encoder.Encode(some, block, cancel);
        }

        // The items, what the encoder says of itself, and what it makes of the first of them: rows of the same identity are the same.
        string Identity()
        {
            var probe = new float[Math.Min(items.Count, ProbedItems) * length];
            Fill(0, probe);
            var (of, made) = (Hash(MemoryMarshal.AsBytes<long>(hashes)), Hash(MemoryMarshal.AsBytes<float>(probe)));
            return $"{encoder.Encoding.Kind} {length} {encoder.Encoding.ArtefactSha256} {encoder.Encoding.Backbone} {of} {made}";
        }
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>The texts of the training split; each is decoded when it is asked for.</summary>
    private sealed class TrainingTexts : IReadOnlyList<string>
    {
        private readonly RawItems _texts;
        private readonly int[] _training;

        public TrainingTexts(TrainingSnapshot snapshot, RawItems texts) =>
            (_texts, _training) = (texts, [.. Enumerable.Range(0, texts.Count).Where(i => snapshot.Splits[i] == Split.Train)]);

        public int Count => _training.Length;

        public string this[int index] => _texts[_training[index]].Text!;

        public IEnumerator<string> GetEnumerator() => _training.Select(i => _texts[i].Text!).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
