using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Features;

/// <summary>
/// A snapshot's features as tensors. Those in a file are mapped into memory, not read: the system loads the pages that a step looks at and
/// drops them again when memory is short. Whoever works batch by batch therefore needs no more memory than for a small snapshot.
/// </summary>
internal static class FeatureTensors
{
    // Copies that a method of the whole matrix makes of it: the items, the items of a fold, and what it turns them into.
    private const int WholeCopies = 3;
    private const double ShareOfMemory = 0.5;

    /// <summary>Features of all items [N, D].</summary>
    public static Tensor Of(TrainingSnapshot snapshot) => snapshot.Features is FeatureFile file
        ? from_file(file.Path, shared: false, size: file.Count, dtype: ScalarType.Float32).reshape(file.Rows, file.Length)
        : tensor(snapshot.Features.Load(), snapshot.ItemIds.Length, snapshot.FeatureLength);

    /// <summary>Transformed features of all items [N, D]: beside the file where there is one, in memory otherwise and where they are but summaries.</summary>
    /// <param name="snapshot">The data.</param>
    /// <param name="raw">Its features.</param>
    /// <param name="scaling">The transform.</param>
    public static Tensor Transformed(TrainingSnapshot snapshot, Tensor raw, FeatureScaling scaling)
    {
        if (snapshot.Features is not FeatureFile file || scaling.IsIdentity)
        {
            return scaling.Apply(raw);
        }

        using var noGrad = no_grad();
        var result = scaling.Shortens ? null : Scratch(file);
        var size = WorkingMemory.Rows(file.Length);
        for (var start = 0; start < file.Rows; start += size)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(size, file.Rows - start);
            var transformed = scaling.Apply(raw.narrow(0, start, count));
            result ??= empty(file.Rows, transformed.shape[1]).MoveToOuterDisposeScope();
            result.narrow(0, start, count).copy_(transformed);
        }

        return result!;
    }

    /// <summary>Features of the training items [n, D] in memory, for methods that work on all of them at once.</summary>
    /// <exception cref="ServiceException">FAILED_PRECONDITION: they do not fit.</exception>
    public static Tensor Whole(LearningTask task)
    {
        var bytes = (double)task.Set.Items.Length * task.FeatureLength * sizeof(float) * WholeCopies;
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * ShareOfMemory;
        if (task.Snapshot.Features is FeatureFile && bytes > memory)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "FEATURES_EXCEED_MEMORY",
                $"This method holds all features at once, about {bytes / (1 << 30):0.0} GiB, and {memory / (1 << 30):0.0} GiB are meant for it. "
                + "Train a model that works in batches (wdn, or consensus with classifier=net), or give the trainer more memory.");
        }

        return task.Features.index_select(0, tensor(task.Set.Items.Select(n => (long)n).ToArray()));
    }

    // Unlinked as soon as it is mapped: whatever becomes of the process, nothing is left behind. Its place on the disk is taken beforehand:
    // a disk that fills up behind a mapping kills the process instead of failing a call.
    private static Tensor Scratch(FeatureFile file)
    {
        var path = $"{file.Path}.{Guid.NewGuid():N}.scratch";
        try
        {
            File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, preallocationSize: file.Count * sizeof(float)).Dispose();
            return from_file(path, shared: true, size: file.Count, dtype: ScalarType.Float32).reshape(file.Rows, file.Length);
        }
        catch (IOException error)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "FEATURE_CACHE_FULL",
                $"Transformed features need {file.Count * sizeof(float) / (double)(1 << 30):0.0} GiB beside {Path.GetDirectoryName(file.Path)}: {error.Message} "
                + "Make room there, name another folder with --feature-cache, or set feature_transform=none.");
        }
        finally
        {
            File.Delete(path);
        }
    }
}
