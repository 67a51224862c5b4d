using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using LabelerService.Core.Encodings;
using LabelerService.Core.Tensors;

namespace LabelerService.Core.Models;

/// <summary>
/// Which items a version was trained on, and what its features alone say of them, by classifiers that did not see them. Such a distribution
/// may stand beside the item's annotations as one more voter: the prediction of the served model may not, because it has learnt these very
/// annotations, and they would count twice (cross-fitting: Chernozhukov et al. 2018; Northcutt, Jiang and Chuang, Confident Learning, 2021,
/// section 3).
/// </summary>
public sealed class OutOfFoldTable
{
    /// <summary>Bytes that a table may have at most: it is stored as one value.</summary>
    public const long MaximumBytes = 512L << 20;

    // int64 key, time and hash of an item.
    private const int BytesPerItem = 3 * sizeof(long);
    private const int Version = 1;

    /// <summary>Puts a table together; nothing is copied.</summary>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="itemKeys">Database keys of the n items trained on, ascending.</param>
    /// <param name="itemTimes">When each item was last written, as UTC ticks: an item with another time may have other features now.</param>
    /// <param name="featureHashes"><see cref="HashOf(RawItem)"/> the items as they were when they were trained on.</param>
    /// <param name="probabilities">Class distributions [n, K], row-major; empty where the algorithm has none out of fold.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or keys do not ascend.</exception>
    public OutOfFoldTable(int classCount, long[] itemKeys, long[] itemTimes, long[] featureHashes, float[] probabilities)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        if (itemTimes.Length != itemKeys.Length || featureHashes.Length != itemKeys.Length
            || (probabilities.Length != 0 && probabilities.Length != (long)itemKeys.Length * classCount))
        {
            throw new ArgumentException(
                $"{itemKeys.Length} items of {classCount} classes have {itemTimes.Length} times, {featureHashes.Length} hashes and {probabilities.Length} probabilities.",
                nameof(itemKeys));
        }

        for (var i = 1; i < itemKeys.Length; i++)
        {
            if (itemKeys[i] <= itemKeys[i - 1])
            {
                throw new ArgumentException("The keys of items ascend.", nameof(itemKeys));
            }
        }

        (ClassCount, ItemKeys, ItemTimes, FeatureHashes, Probabilities) = (classCount, itemKeys, itemTimes, featureHashes, probabilities);
    }

    /// <summary>Number of classes K.</summary>
    public int ClassCount { get; }

    /// <summary>Database keys of the n items trained on, ascending.</summary>
    public long[] ItemKeys { get; }

    /// <summary>When each item was last written before it was read for training, as UTC ticks.</summary>
    public long[] ItemTimes { get; }

    /// <summary>Fingerprint of each item's features.</summary>
    public long[] FeatureHashes { get; }

    /// <summary>Class distributions [n, K], row-major; empty where the algorithm has none out of fold.</summary>
    public float[] Probabilities { get; }

    /// <summary>Whether there are distributions, or only the list of items.</summary>
    public bool HasProbabilities => Probabilities.Length > 0;

    /// <summary>About how many bytes a table takes.</summary>
    /// <param name="items">Items n.</param>
    /// <param name="classes">Classes K; 0 without distributions.</param>
    public static long SizeOf(long items, int classes) => items * (BytesPerItem + ((long)classes * sizeof(float)));

    /// <summary>Fingerprint of an item's features: 64 bits of SHA-256 over their float32 values, little-endian.</summary>
    public static long HashOf(ReadOnlySpan<float> features)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(features), hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash);
    }

    /// <summary>Fingerprint of an item as it is stored: of a text that of its UTF-8, of all else that of its values.</summary>
    public static long HashOf(RawItem item)
    {
        if (item.Text is not { } text)
        {
            return HashOf(item.Values.Span);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash);
    }

    /// <summary>Index of an item, or a negative number.</summary>
    public int IndexOf(long itemKey) => Array.BinarySearch(ItemKeys, itemKey);

    /// <summary>The class distribution of the i-th item [K].</summary>
    public ReadOnlySpan<float> Row(int i) => Probabilities.AsSpan(i * ClassCount, ClassCount);

    /// <summary>Writes the table for <see cref="Read"/>.</summary>
    public byte[] ToBytes() => new TensorArchive(
        new Dictionary<string, string>(),
        new Dictionary<string, Array>
        {
            ["version"] = new[] { Version },
            ["class_count"] = new[] { ClassCount },
            ["item_keys"] = ItemKeys,
            ["item_times"] = ItemTimes,
            ["feature_hashes"] = FeatureHashes,
            ["probabilities"] = Probabilities,
        },
        HasProbabilities ? new Dictionary<string, long[]> { ["probabilities"] = [ItemKeys.LongLength, ClassCount] } : null).ToBytes();

    /// <summary>Reads what <see cref="ToBytes"/> wrote. Rows are checked: each sums to one.</summary>
    /// <exception cref="InvalidDataException">It is not that.</exception>
    public static OutOfFoldTable Read(ReadOnlySpan<byte> bytes)
    {
        var archive = TensorArchive.Read(bytes);
        if (Of<int>("version") is not [Version] || Of<int>("class_count") is not [> 0 and var classes])
        {
            throw new InvalidDataException("Not a table of out-of-fold distributions of this version.");
        }

        try
        {
            var table = new OutOfFoldTable(
                classes, Of<long>("item_keys"), Of<long>("item_times"), Of<long>("feature_hashes"), Of<float>("probabilities"));
            for (var i = 0; table.HasProbabilities && i < table.ItemKeys.Length; i++)
            {
                if (!IsDistribution(table.Row(i)))
                {
                    throw new InvalidDataException($"Row {i} of the out-of-fold distributions is none.");
                }
            }

            return table;
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"The out-of-fold distributions do not fit together: {error.Message}", error);
        }

        T[] Of<T>(string name) =>
            archive.Arrays.GetValueOrDefault(name) as T[] ?? throw new InvalidDataException($"The out-of-fold distributions have no {name}.");
    }

    private static bool IsDistribution(ReadOnlySpan<float> row)
    {
        var sum = 0.0;
        foreach (var value in row)
        {
            if (!(value >= 0))
            {
                return false;
            }

            sum += value;
        }

        return Math.Abs(sum - 1) < 1e-3;
    }
}
