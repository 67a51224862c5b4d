using System.Globalization;
using System.Text;
using LabelerService.Cli.Client;
using LabelerService.Contracts.V1;
using LabelerService.Core.Models;

namespace LabelerService.Cli.Files;

/// <summary>
/// A model repository of the Triton inference server: <c>MODEL/config.pbtxt</c>, <c>MODEL/classes.txt</c> and
/// <c>MODEL/VERSION/model.onnx</c>. The version's folder appears last and complete, so that a server that watches the repository can load it.
/// </summary>
internal static class TritonRepository
{
    /// <summary>File with the names of the classes, one a line, as Triton's classification extension reads it.</summary>
    public const string Classes = "classes.txt";

    private const string Config = "config.pbtxt";
    private const string Model = "model.onnx";
    private const int MaxBatch = 256;

    /// <summary>Writes a version into a repository.</summary>
    /// <param name="folder">The repository; created if it is not there.</param>
    /// <param name="model">Name of the model in it.</param>
    /// <param name="number">Number of the version in it.</param>
    /// <param name="version">What is known of the version.</param>
    /// <param name="download">Writes the ONNX file to a path.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The files.</returns>
    /// <exception cref="CommandException">It cannot be written, or Triton could do nothing with it.</exception>
    public static async Task<IReadOnlyList<string>> WriteAsync(
        string folder, string model, int number, ModelVersion version, Func<string, CancellationToken, Task> download, CancellationToken cancellationToken)
    {
        if (Problem(version) is { } problem)
        {
            throw new CommandException(problem);
        }

        var root = Path.Combine(folder, model);
        var target = Path.Combine(root, number.ToString(CultureInfo.InvariantCulture));
        try
        {
            Directory.CreateDirectory(root);
            await WriteTextAsync(Path.Combine(root, Classes), ClassLines(version), cancellationToken);
            await WriteTextAsync(Path.Combine(root, Config), ConfigText(model, version), cancellationToken);
            if (Directory.Exists(target))
            {
                await download(Path.Combine(target, Model), cancellationToken);
            }
            else
            {
                await MoveInAsync(root, target, download, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{folder} cannot be written: {exception.Message}");
        }

        return [Path.Combine(root, Config), Path.Combine(root, Classes), Path.Combine(target, Model)];
    }

    // Triton runs the net alone: what makes its rows of an item stays here.
    private static string? Problem(ModelVersion version) => version.Encoding?.Kind switch
    {
        ModelEncoding.Types.Kind.Text =>
            $"{version.Name} takes what its text featurizer makes of texts, which Triton does not have: predict here (labeler predict --texts, or the input "
                + "\"text\" of the Open Inference Protocol); --out downloads the net alone",
        ModelEncoding.Types.Kind.Extracted =>
            $"{version.Name} takes what {version.Encoding.Backbone} makes of items, which is not part of its file: predict here, or download it with --out and "
                + "put the ONNX model that was uploaded in front of it yourself",
        _ => null,
    };

    /// <summary>The configuration; Triton adds the batch in front of every shape.</summary>
    internal static string ConfigText(string model, ModelVersion version)
    {
        int classes = version.Classes.Count, heads = version.Heads.Count;
        var text = new StringBuilder();
        if (version.Encoding is { Kind: ModelEncoding.Types.Kind.Sequence } encoding)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"# features: the number of steps, then {encoding.MaxSteps} steps of {encoding.StepLength} values each, zeros behind the last\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"name: \"{model}\"\nplatform: \"onnxruntime_onnx\"\nmax_batch_size: {MaxBatch}\n");
        text.Append("input [\n").Append(Tensor(ServingGraph.Features, null, version.FeatureLength)).Append("\n]\noutput [\n");
        text.Append(Tensor(ServingGraph.Probabilities, Classes, classes)).Append(",\n");
        text.Append(Tensor(ServingGraph.LabelerProbabilities, null, heads, classes)).Append(",\n");
        text.Append(Tensor(ServingGraph.LabelerWeights, null, heads));
        if (version.Distilled)
        {
            text.Append(",\n").Append(Tensor(ServingGraph.Distilled, Classes, classes));
        }

        return text.Append("\n]\ndynamic_batching { }\n").ToString();
    }

    private static string Tensor(string name, string? labels, params ReadOnlySpan<int> sides)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"  {{\n    name: \"{name}\"\n    data_type: TYPE_FP32\n    dims: [ ");
        text.AppendJoin(", ", sides.ToArray()).Append(" ]\n");
        if (labels is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"    label_filename: \"{labels}\"\n");
        }

        return text.Append("  }").ToString();
    }

    // A line a class: a line break within a name would make two of it.
    private static string ClassLines(ModelVersion version) =>
        string.Concat(version.Classes.Select(name => name.ReplaceLineEndings(" ") + "\n"));

    private static async Task MoveInAsync(string root, string target, Func<string, CancellationToken, Task> download, CancellationToken cancellationToken)
    {
        // Triton looks at folders whose name is a number.
        var staging = Path.Combine(root, $".{Path.GetFileName(target)}.{Environment.ProcessId}.tmp");
        Directory.CreateDirectory(staging);
        try
        {
            await download(Path.Combine(staging, Model), cancellationToken);
            Directory.Move(staging, target);
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }
    }

    private static async Task WriteTextAsync(string path, string text, CancellationToken cancellationToken)
    {
        await using var file = AtomicFile.Create(path);
        await file.Stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        await file.CompleteAsync(cancellationToken);
    }
}
