using System.Numerics;
using System.Runtime.InteropServices;
using LabelerService.Contracts.V1;
using LabelerService.Core.Datasets;
using LabelerService.Core.Tensors;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Validation;

/// <summary>Checks packed tensors of requests and reads them as float32.</summary>
internal static class TensorReader
{
    /// <summary>
    /// Checks that a tensor is FLOAT32 or FLOAT16 of shape [rows, columns] with that many bytes and only finite values.
    /// </summary>
    /// <param name="tensor">The tensor, null where the request has none.</param>
    /// <param name="rows">Expected rows; null takes any number from 1 to the batch limit.</param>
    /// <param name="columns">Expected columns.</param>
    /// <param name="field">Path of the tensor in the request.</param>
    /// <param name="validator">Takes the violations.</param>
    /// <returns>Whether the tensor is right.</returns>
    public static bool Check(Tensor? tensor, int? rows, int columns, string field, RequestValidator validator)
    {
        if (tensor is null)
        {
            validator.Add(field, "must be set");
            return false;
        }

        var size = ElementSize(tensor.DataType);
        if (!validator.Require(size != 0, $"{field}.data_type", "must be DATA_TYPE_FLOAT32 or DATA_TYPE_FLOAT16"))
        {
            return false;
        }

        var shape = tensor.Shape;
        if (!validator.Require(shape.Count == 2, $"{field}.shape", $"must have two sides, [items, {columns}]"))
        {
            return false;
        }

        var rowsRight = rows is { } expected
            ? validator.Require(shape[0] == expected, $"{field}.shape", $"has {shape[0]} rows for {expected} items")
            : validator.Require(shape[0] is >= 1 and <= Limits.Batch, $"{field}.shape", $"has {shape[0]} rows; a batch takes 1 to {Limits.Batch}");
        if (!rowsRight || !validator.Require(shape[1] == columns, $"{field}.shape", $"has vectors of length {shape[1]}; the dataset's have {columns}"))
        {
            return false;
        }

        // Rows and columns are bounded above, so the product fits into 64 bits whatever the sender claims.
        var bytes = shape[0] * shape[1] * size;
        return validator.Require(tensor.Data.Length == bytes, $"{field}.data", $"has {tensor.Data.Length} bytes; the shape asks for {bytes}")
            && CheckFinite(tensor, columns, field, validator);
    }

    /// <summary>
    /// Checks the features of items: as <see cref="Check"/>, and for images also UINT8 and the shape [rows, height, width, channels].
    /// </summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="rows">Expected rows.</param>
    /// <param name="schema">Schema of the dataset, of vectors or images.</param>
    /// <param name="field">Path of the tensor in the request.</param>
    /// <param name="validator">Takes the violations.</param>
    public static void CheckItems(Tensor tensor, int rows, DatasetSchema schema, string field, RequestValidator validator)
    {
        var image = schema.ItemKind == ItemKind.Image;
        if (image && tensor.Shape.Count == 4 && tensor.Shape.Skip(1).SequenceEqual(schema.ItemShape.Select(side => (long)side)))
        {
            tensor = new Tensor { DataType = tensor.DataType, Shape = { tensor.Shape[0], schema.FeatureLength }, Data = tensor.Data };
        }

        if (image && tensor.DataType == Tensor.Types.DataType.Uint8)
        {
            CheckBytes(tensor, rows, schema.FeatureLength, field, validator);
        }
        else
        {
            Check(tensor, rows, schema.FeatureLength, field, validator);
        }
    }

    /// <summary>Checks a sequence: FLOAT32 or FLOAT16 of shape [T, columns], within the limits of an item, every value finite.</summary>
    public static void CheckSequence(Tensor tensor, int columns, string field, RequestValidator validator)
    {
        var size = ElementSize(tensor.DataType);
        var shape = tensor.Shape;
        if (!validator.Require(size != 0, $"{field}.data_type", "must be DATA_TYPE_FLOAT32 or DATA_TYPE_FLOAT16")
            || !validator.Require(shape.Count == 2, $"{field}.shape", $"must have two sides, [steps, {columns}]")
            || !validator.Require(
                shape[0] is >= 1 and <= ItemRules.MaxSteps, $"{field}.shape", $"has {shape[0]} steps; a sequence takes 1 to {ItemRules.MaxSteps}")
            || !validator.Require(shape[1] == columns, $"{field}.shape", $"has steps of length {shape[1]}; the dataset's have {columns}"))
        {
            return;
        }

        var bytes = shape[0] * shape[1] * size;
        if (validator.Require(bytes <= ItemRules.MaxItemBytes, $"{field}.shape", $"has {bytes} bytes; a sequence takes at most {ItemRules.MaxItemBytes}")
            && validator.Require(tensor.Data.Length == bytes, $"{field}.data", $"has {tensor.Data.Length} bytes; the shape asks for {bytes}"))
        {
            CheckFinite(tensor, columns, field, validator);
        }
    }

    /// <summary>Copies a checked tensor's rows as float32.</summary>
    public static void Read(Tensor tensor, Span<float> target)
    {
        var bytes = tensor.Data.Span;
        if (tensor.DataType == Tensor.Types.DataType.Float32)
        {
            MemoryMarshal.Cast<byte, float>(bytes).CopyTo(target);
        }
        else
        {
            Float16.ToSingle(MemoryMarshal.Cast<byte, ushort>(bytes), target);
        }
    }

    /// <summary>Index of the first value that is NaN or infinite, −1 if there is none.</summary>
    public static int FirstNonFinite(ReadOnlySpan<float> values)
    {
        const uint ExponentMask = 0x7F80_0000;
        var bits = MemoryMarshal.Cast<float, uint>(values);
        var mask = new Vector<uint>(ExponentMask);
        var i = 0;
        for (; i <= bits.Length - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            if (Vector.EqualsAny(new Vector<uint>(bits[i..]) & mask, mask))
            {
                break;
            }
        }

        for (; i < bits.Length; i++)
        {
            if ((bits[i] & ExponentMask) == ExponentMask)
            {
                return i;
            }
        }

        return -1;
    }

    private static int FirstNonFinite(ReadOnlySpan<Half> values)
    {
        const ushort ExponentMask = 0x7C00;
        var bits = MemoryMarshal.Cast<Half, ushort>(values);
        for (var i = 0; i < bits.Length; i++)
        {
            if ((bits[i] & ExponentMask) == ExponentMask)
            {
                return i;
            }
        }

        return -1;
    }

    private static bool CheckFinite(Tensor tensor, int columns, string field, RequestValidator validator)
    {
        var at = tensor.DataType == Tensor.Types.DataType.Float32
            ? FirstNonFinite(MemoryMarshal.Cast<byte, float>(tensor.Data.Span))
            : FirstNonFinite(MemoryMarshal.Cast<byte, Half>(tensor.Data.Span));
        return validator.Require(at < 0, $"{field}.data", at < 0 ? "" : $"row {at / columns}, value {at % columns} is not a finite number");
    }

    private static void CheckBytes(Tensor tensor, int rows, int columns, string field, RequestValidator validator)
    {
        var shape = tensor.Shape;
        if (validator.Require(shape.Count == 2, $"{field}.shape", $"must have two sides, [items, {columns}]")
            && validator.Require(shape[0] == rows, $"{field}.shape", $"has {shape[0]} rows for {rows} items")
            && validator.Require(shape[1] == columns, $"{field}.shape", $"has vectors of length {shape[1]}; the dataset's have {columns}"))
        {
            var bytes = shape[0] * shape[1];
            validator.Require(tensor.Data.Length == bytes, $"{field}.data", $"has {tensor.Data.Length} bytes; the shape asks for {bytes}");
        }
    }

    private static int ElementSize(Tensor.Types.DataType type) => type switch
    {
        Tensor.Types.DataType.Float32 => sizeof(float),
        Tensor.Types.DataType.Float16 => 2,
        _ => 0,
    };
}
