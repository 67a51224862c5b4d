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

    [Theory]
    [InlineData(ModelEncoding.Types.Kind.Text, "text featurizer")]
    [InlineData(ModelEncoding.Types.Kind.Extracted, "datasets/d/backbones/b")]
    public async Task Versions_whose_rows_Triton_cannot_make_are_refused_and_nothing_is_written(ModelEncoding.Types.Kind kind, string named)
    {
        var version = Version(distilled: false);
        version.Encoding = new ModelEncoding { Kind = kind, Backbone = kind == ModelEncoding.Types.Kind.Extracted ? "datasets/d/backbones/b" : "" };
        var error = await Assert.ThrowsAsync<CommandException>(() => TritonRepository.WriteAsync(
            _folder, "wdn", 1, version, (_, _) => Task.CompletedTask, CancellationToken.None));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void The_configuration_says_what_a_row_of_a_sequence_is()
    {
        var version = Version(distilled: false);
        version.Encoding = new ModelEncoding { Kind = ModelEncoding.Types.Kind.Sequence, StepLength = 2, MaxSteps = 7 };
        Assert.StartsWith(
            "# features: the number of steps, then 7 steps of 2 values each", TritonRepository.ConfigText("wdn", version), StringComparison.Ordinal);
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
