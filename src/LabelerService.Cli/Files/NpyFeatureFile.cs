using System.Buffers.Binary;
using System.Text;
using LabelerService.Cli.Client;
using LabelerService.Core.Tensors;

namespace LabelerService.Cli.Files;

/// <summary>
/// Writes features of items whose number is only known at the end: the header is put in front last. Beside it, where they are wanted, the
/// items' keys, one a line, as <c>import items --features F.npy --ids FILE</c> reads them.
/// </summary>
/// <param name="features">The array.</param>
/// <param name="ids">The keys; null writes none.</param>
/// <param name="shape">Sides of one item's values.</param>
internal sealed class NpyFeatureFile(AtomicFile features, AtomicFile? ids, IReadOnlyList<int> shape)
{
    // Room for any header of up to four sides; NPY pads headers to a multiple of 64 anyway.
    private const int HeaderBytes = 128;

    private NpyWriter? _writer;
    private int _rows;

    /// <summary>Appends an item.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="values">Its values.</param>
    /// <exception cref="CommandException">The key cannot be a line.</exception>
    public void Write(string key, float[] values)
    {
        if (_writer is null)
        {
            // A header for as many items as there can be; the right one comes at the end.
            features.Stream.Position = 0;
            _writer = NpyWriter.Open(features.Stream, new NpyHeader(NpyType.Float32, [int.MaxValue, .. shape]));
            if (features.Stream.Position != HeaderBytes)
            {
                throw new InvalidOperationException($"The NPY header has {features.Stream.Position} bytes.");
            }
        }

        _writer.Write(values);
        _rows++;
        if (ids is not null)
        {
            if (ItemKeys.Problem(key) is { } problem)
            {
                throw new CommandException($"item \"{key}\" {problem}: a file of ids has one a line; export to .parquet or .jsonl instead");
            }

            ids.Stream.Write(Encoding.UTF8.GetBytes(key + "\n"));
        }
    }

    /// <summary>Puts both files in their places.</summary>
    /// <exception cref="CommandException">There were no items.</exception>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_writer is null)
        {
            throw new CommandException("there are no items with features; nothing was written");
        }

        using var header = new MemoryStream();
        NpyWriter.Open(header, new NpyHeader(NpyType.Float32, [_rows, .. shape]));
        if (header.Length > HeaderBytes)
        {
            throw new InvalidOperationException($"The NPY header has {header.Length} bytes.");
        }

        features.Stream.Position = 0;
        features.Stream.Write(Padded(header.ToArray()));
        await features.CompleteAsync(cancellationToken);
        if (ids is not null)
        {
            await ids.CompleteAsync(cancellationToken);
        }
    }

    // Version 1: magic, version, two bytes of length, then the literal, spaces and a line feed.
    private static byte[] Padded(byte[] header)
    {
        if (header.Length == HeaderBytes)
        {
            return header;
        }

        const int prefix = 10;
        var padded = new byte[HeaderBytes];
        header.AsSpan(0, header.Length - 1).CopyTo(padded);
        padded.AsSpan(header.Length - 1).Fill((byte)' ');
        padded[^1] = (byte)'\n';
        BinaryPrimitives.WriteUInt16LittleEndian(padded.AsSpan(8), HeaderBytes - prefix);
        return padded;
    }
}
