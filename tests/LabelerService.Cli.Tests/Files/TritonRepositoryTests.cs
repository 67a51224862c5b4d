using LabelerService.Cli.Client;
using LabelerService.Cli.Files;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Tests.Files;

public sealed class TritonRepositoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("labeler-triton-").FullName;

    [Fact]
    public void The_configuration_names_every_tensor_without_its_batch() => Assert.Equal(
        """
        name: "wdn"
        platform: "onnxruntime_onnx"
        max_batch_size: 256
        input [
          {
            name: "features"
            data_type: TYPE_FP32
            dims: [ 4 ]
          }
        ]
        output [
          {
            name: "probabilities"
            data_type: TYPE_FP32
            dims: [ 2 ]
            label_filename: "classes.txt"
          },
          {
            name: "labeler_probabilities"
            data_type: TYPE_FP32
            dims: [ 3, 2 ]
          },
          {
            name: "labeler_weights"
            data_type: TYPE_FP32
            dims: [ 3 ]
          },
          {
            name: "distilled_probabilities"
            data_type: TYPE_FP32
            dims: [ 2 ]
            label_filename: "classes.txt"
          }
        ]
        dynamic_batching { }

        """.ReplaceLineEndings("\n"),
        TritonRepository.ConfigText("wdn", Version(distilled: true)));

    [Fact]
    public async Task A_version_stands_in_its_folder_only_when_it_is_complete()
    {
        await Assert.ThrowsAsync<CommandException>(() => TritonRepository.WriteAsync(
            _folder, "wdn", 3, Version(distilled: false), async (path, cancel) =>
            {
                await File.WriteAllTextAsync(path, "half", cancel);
                throw new CommandException("broke off");
            }, CancellationToken.None));
        Assert.Equal(["classes.txt", "config.pbtxt"], Entries());

        var files = await TritonRepository.WriteAsync(
            _folder, "wdn", 3, Version(distilled: false), (path, cancel) => File.WriteAllTextAsync(path, "whole", cancel), CancellationToken.None);
        Assert.Equal(["3", "classes.txt", "config.pbtxt"], Entries());
        Assert.All(files, file => Assert.True(File.Exists(file), file));
        Assert.Equal("whole", await File.ReadAllTextAsync(Path.Combine(_folder, "wdn", "3", "model.onnx")));
        Assert.Equal("with a line break\nyes\n", await File.ReadAllTextAsync(Path.Combine(_folder, "wdn", "classes.txt")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private IEnumerable<string?> Entries() => Directory.GetFileSystemEntries(Path.Combine(_folder, "wdn")).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private static ModelVersion Version(bool distilled) => new()
    {
        Classes = { "with\na line break", "yes" },
        FeatureLength = 4,
        Heads = { new ModelHead(), new ModelHead(), new ModelHead() },
        Distilled = distilled,
    };
}
