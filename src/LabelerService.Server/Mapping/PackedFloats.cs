using System.Buffers;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace LabelerService.Server.Mapping;

/// <summary>Values of requests and answers, uncopied: a message's bytes as float32, and float32 as a message's bytes.</summary>
internal static class PackedFloats
{
    /// <summary>Bytes, little-endian, as the values that they are.</summary>
    public static ReadOnlyMemory<float> ToSingle(ByteString bytes) =>
        bytes.IsEmpty ? default : new Cast<byte, float>(MemoryMarshal.AsMemory(bytes.Memory)).Memory;

    /// <summary>Values as bytes. They belong to the message from now on and are not to be changed.</summary>
    public static ByteString ToBytes(float[] values) =>
        values.Length == 0 ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(new Cast<float, byte>(values).Memory);

    private sealed class Cast<TFrom, TTo>(Memory<TFrom> memory) : MemoryManager<TTo>
        where TFrom : struct
        where TTo : struct
    {
        public override Span<TTo> GetSpan() => MemoryMarshal.Cast<TFrom, TTo>(memory.Span);

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException("These are for managed code.");

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
