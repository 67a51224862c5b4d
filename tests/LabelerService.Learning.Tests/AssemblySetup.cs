using System.Runtime.CompilerServices;
using TorchSharp;

// The count of libtorch's tensors is process-wide: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace LabelerService.Learning.Tests;

internal static class AssemblySetup
{
    // As the trainer does: nets this small gain nothing from more threads, and lose much where cores are shared.
    [ModuleInitializer]
    internal static void OneThread() => torch.set_num_threads(1);
}
