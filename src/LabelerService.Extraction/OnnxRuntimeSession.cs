using Microsoft.ML.OnnxRuntime;

namespace LabelerService.Extraction;

/// <summary>Sessions for files that others wrote: few threads, and no more memory than all of them together are given.</summary>
internal static class OnnxRuntimeSession
{
    // What tensors of all extractors of a process may take at once. A small file can ask for any amount.
    private const uint MostMemory = 2u << 30;

    // Runtime's numbers for "as it likes": how the arena grows, how much it starts with and how much it may waste.
    private const int Default = -1;

    private static readonly Lazy<bool> SharedMemory = new(() =>
    {
        using var memory = new OrtMemoryInfo("Cpu", OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);
        using var limits = new OrtArenaCfg(MostMemory, Default, Default, Default);
        OrtEnv.Instance().CreateAndRegisterAllocator(memory, limits);
        return true;
    });

    /// <summary>Loads a file that was found to be harmless.</summary>
    /// <exception cref="OnnxRuntimeException">It is not what ONNX Runtime takes.</exception>
    public static InferenceSession Load(byte[] onnx, int threads)
    {
        _ = SharedMemory.Value;
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            EnableMemoryPattern = false,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.use_env_allocators", "1");
        options.AddSessionConfigEntry("session.use_deterministic_compute", "1");

        // Folding constants computes before anything is asked for, and outside of the memory that is shared.
        options.AddSessionConfigEntry("optimization.disable_specified_optimizers", "ConstantFolding");
        return new InferenceSession(onnx, options);
    }
}
