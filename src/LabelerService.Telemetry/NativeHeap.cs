using System.Runtime.InteropServices;

namespace LabelerService.Telemetry;

/// <summary>
/// What malloc holds of the system's memory, and how much of that is in use: native code's own share (ONNX Runtime, libtorch, OpenSSL). Held that
/// grows while used does not is fragmentation; used that grows is a leak.
/// </summary>
/// <param name="Held">Bytes that malloc has from the system, over all of its arenas.</param>
/// <param name="Used">Bytes of these that were asked for and not given back.</param>
internal readonly partial record struct NativeHeap(long Held, long Used)
{
    /// <summary>Asks malloc; null where the C library has no such figures (glibc before 2.33, musl).</summary>
    public static NativeHeap? Read()
    {
        try
        {
            var all = MallInfo();
            return new NativeHeap((long)(all.Arena + all.Mapped), (long)(all.Used + all.Mapped));
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial Figures MallInfo();

    // struct mallinfo2 of malloc.h, ten numbers of the width of size_t.
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Figures
    {
        /// <summary>From the system, but for blocks that are mapped by themselves.</summary>
        public readonly nuint Arena;
        private readonly nuint _freeChunks;
        private readonly nuint _fastChunks;
        private readonly nuint _mappedBlocks;

        /// <summary>Blocks that are mapped by themselves.</summary>
        public readonly nuint Mapped;
        private readonly nuint _unused;
        private readonly nuint _fastFree;

        /// <summary>In use, of the first.</summary>
        public readonly nuint Used;
        private readonly nuint _free;
        private readonly nuint _top;
    }
}
