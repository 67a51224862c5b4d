using LabelerService.Cli.Client;
using LabelerService.Core.Tensors;

namespace LabelerService.Cli.Files;

/// <summary>A <c>.npy</c> file of features, read row by row: the first side of its shape counts the rows, the others make up one row.</summary>
internal sealed class FeatureFile : IDisposable
{
    private const int BufferSize = 1 << 16;

    private readonly FileStream _stream;
    private readonly NpyReader _reader;

    private FeatureFile(string path, FileStream stream, NpyReader reader, int length)
    {
        Path = path;
        _stream = stream;
        _reader = reader;
        Length = length;
    }

    /// <summary>Path as it was given.</summary>
    public string Path { get; }

    /// <summary>Rows of the file.</summary>
    public int Rows => _reader.Header.Shape[0];

    /// <summary>Values a row.</summary>
    public int Length { get; }

    /// <summary>Whether the file itself holds half-precision numbers: sending them as such loses nothing.</summary>
    public bool IsHalf => _reader.Header.Type == NpyType.Float16;

    /// <summary>Rows read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="CommandException">There is no such file, or it is not one of features.</exception>
    public static FeatureFile Open(string path)
    {
        var stream = InputFile.Open(path, BufferSize);
        try
        {
            var reader = NpyReader.Open(stream);
            var shape = reader.Header.Shape;
            if (shape.Count == 0)
            {
                throw new FormatException("It holds a single number; features are an array of [rows, values].");
            }

            var length = shape.Skip(1).Aggregate(1L, (product, side) => checked(product * side));
            if (shape[0] == 0 || length is 0 or > int.MaxValue)
            {
                throw new FormatException($"Its shape ({string.Join(", ", shape)}) has no rows of features.");
            }

            return new FeatureFile(path, stream, reader, (int)length);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            stream.Dispose();
            throw new CommandException($"{path}: {exception.Message}");
        }
    }

    /// <summary>Reads the next rows; every value is finite.</summary>
    /// <param name="values">Room for a whole number of rows; filled from its beginning.</param>
    /// <returns>Rows read, fewer than there is room for only at the end of the file.</returns>
    /// <exception cref="CommandException">The file is cut off, or holds NaN or an infinity.</exception>
    public int Read(Span<float> values)
    {
        var rows = Math.Min(values.Length / Length, Rows - Position);
        var filled = values[..(rows * Length)];
        try
        {
            _reader.Read(filled);
            if (Position + rows == Rows)
            {
                _reader.ExpectEnd();
            }
        }
        catch (FormatException exception)
        {
            throw new CommandException($"{Path}: {exception.Message}");
        }

        RefuseNonFinite(filled, "must be a finite number");
        Position += rows;
        return rows;
    }

    /// <summary>Writes rows that were just read as little-endian float16.</summary>
    /// <exception cref="CommandException">A value is too large for float16.</exception>
    public void ToHalf(ReadOnlySpan<float> values, Span<byte> destination)
    {
        var bits = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(destination);
        Float16.FromSingle(values, bits);
        for (var i = 0; i < values.Length; i++)
        {
            if ((bits[i] & 0x7C00) == 0x7C00)
            {
                var row = Position - (values.Length / Length) + (i / Length);
                throw Bad(row, i % Length, values[i], "is beyond float16 (±65504): import without --float16");
            }
        }
    }

    public void Dispose() => _stream.Dispose();

    private void RefuseNonFinite(ReadOnlySpan<float> values, string rule)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw Bad(Position + (i / Length), i % Length, values[i], rule);
            }
        }
    }

    private CommandException Bad(int row, int column, float value, string rule) =>
        new($"{Path} row {row}, value {column} (both counted from 0) is {value}: it {rule}. Nothing was stored.");
}
