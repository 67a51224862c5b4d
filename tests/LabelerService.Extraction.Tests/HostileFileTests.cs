using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.TestKit.Crowds.Onnx;
using LabelerService.TestKit.Suites;

namespace LabelerService.Extraction.Tests;

[Trait("Suite", "security")]
public sealed class HostileFileTests
{
    private static readonly string[] Reasons = ["ONNX_INVALID", "ONNX_UNSUPPORTED", "ONNX_SHAPE_MISMATCH"];
    private static readonly DatasetSchema Schema = Cases.Vectors(4);

    public static TheoryData<string, string, string, byte[]> Files => new()
    {
        { "nothing", "ONNX_INVALID", "no graph", [] },
        { "a text", "ONNX_INVALID", "Export it again", "This is no model, it is a text."u8.ToArray() },
        { "two graphs", "ONNX_INVALID", "two graphs", [.. OnnxFile.Projection(4, 2), .. OnnxFile.Projection(4, 2)] },
        { "no operators", "ONNX_INVALID", "empty", new OnnxFile().Input("x", 1, -1, 4).Output("x", -1, 4).ToBytes() },
        { "a constant larger than the file", "ONNX_INVALID", "has not", Model().GraphField(5, Tensor([1 << 20, 1 << 10])).ToBytes() },
        { "a constant of impossible shape", "ONNX_INVALID", "impossible shape", Model().GraphField(5, Tensor([1L << 40, 1L << 40])).ToBytes() },
        { "a constant of negative shape", "ONNX_INVALID", "impossible shape", Model().GraphField(5, Tensor([-4])).ToBytes() },
        { "a constant of texts", "ONNX_UNSUPPORTED", "no number", Model().GraphField(5, new WireWriter().Number(1, 1).Number(2, 8).Text(6, "t").ToBytes()).ToBytes() },
        {
            "weights in another file", "ONNX_UNSUPPORTED", "files beside it",
            Model().GraphField(5, new WireWriter().Number(1, 2).Number(2, 1).Text(8, "c").Content(13, Pair("location", "/etc/passwd")).Number(14, 1).ToBytes()).ToBytes()
        },
        {
            "weights at an address", "ONNX_UNSUPPORTED", "files beside it",
            Model().GraphField(5, new WireWriter().Number(1, 2).Number(2, 1).Text(8, "c").Content(13, Pair("location", "*/_ORT_MEM_ADDR_/*")).ToBytes()).ToBytes()
        },
        {
            "a node's constant in another file", "ONNX_UNSUPPORTED", "files beside it",
            Model().Node("Constant", [], "c", "", new WireWriter().Text(1, "value").Number(20, 4).Content(5, new WireWriter().Number(2, 1).Number(14, 1).ToBytes()).ToBytes()).ToBytes()
        },
        { "an operator of others", "ONNX_UNSUPPORTED", "'Evil' of 'com.example'", Model().Node("Evil", ["x"], "z", "com.example").ToBytes() },
        { "an unknown standard operator", "ONNX_INVALID", "", Model().Node("NoSuchOperator", ["x"], "z").ToBytes() },
        { "a loop", "ONNX_UNSUPPORTED", "loops or branches", Model().Node("Loop", ["x"], "z", "", new WireWriter().Text(1, "body").Content(6, []).ToBytes()).ToBytes() },
        { "random numbers", "ONNX_UNSUPPORTED", "random", Model().Node("RandomNormalLike", ["x"], "z").ToBytes() },
        { "functions", "ONNX_UNSUPPORTED", "functions", Model().ModelField(25, []).ToBytes() },
        { "sparse constants", "ONNX_UNSUPPORTED", "sparse", Model().GraphField(15, []).ToBytes() },
        { "an opset to come", "ONNX_UNSUPPORTED", "opset 99", Identity(new OnnxFile { Opset = 99 }).ToBytes() },
        { "a format to come", "ONNX_UNSUPPORTED", "version 99", Identity(new OnnxFile { IrVersion = 99 }).ToBytes() },
        { "another length", "ONNX_SHAPE_MISMATCH", "is [?, 5], and an item of the dataset is [?, 4]", OnnxFile.Projection(5, 2) },
        { "images", "ONNX_SHAPE_MISMATCH", "[?, 3, 8, 8]", new OnnxFile().Input("x", 1, -1, 3, 8, 8).Node("Identity", ["x"], "y").Output("y", -1, 3, 8, 8).ToBytes() },
        { "two inputs", "ONNX_SHAPE_MISMATCH", "2 inputs", Model().Input("z", 1, -1, 4).ToBytes() },
        { "whole numbers", "ONNX_UNSUPPORTED", "neither float32 nor uint8", new OnnxFile().Input("x", 7, -1, 4).Node("Identity", ["x"], "y").Output("y", -1, 4).ToBytes() },
        { "items mixed up", "ONNX_SHAPE_MISMATCH", "first side must be the items", new OnnxFile().Input("x", 1, -1, 4).Node("Transpose", ["x"], "y", "", OnnxFile.Integers("perm", 1, 0)).Output("y", 4, -1).ToBytes() },
        { "one sum of all", "ONNX_SHAPE_MISMATCH", "first side must be the items", new OnnxFile().Input("x", 1, -1, 4).Node("ReduceMean", ["x"], "y", "", OnnxFile.Integer("keepdims", 0)).Output("y").ToBytes() },
        { "too many features", "ONNX_SHAPE_MISMATCH", "1 to 65536", Expanded(70_000) },
        { "more memory than there is", "ONNX_INVALID", "", Expanded(1L << 30) },
        { "a constant that is computed, larger than memory", "ONNX_INVALID", "", Computed(1L << 30) },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void What_cannot_be_used_is_refused_in_plain_words(string what, string reason, string words, byte[] file)
    {
        var error = Assert.Throws<ServiceException>(() => OnnxExtractor.Load(file, Schema, new ExtractorOptions()));

        Assert.True((ErrorKind.InvalidArgument, reason) == (error.Kind, error.Reason), $"{what}: {error.Reason} {error.Message}");
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Equal("content", Assert.Single(error.Violations).Field);
    }

    [Fact]
    public void A_truncated_file_is_refused_wherever_it_ends()
    {
        var file = OnnxFile.Projection(4, 2);
        var known = OnnxExtractor.Load(file, Schema, new ExtractorOptions());
        known.Dispose();
        for (var length = 0; length < file.Length; length++)
        {
            var error = Assert.Throws<ServiceException>(() => OnnxExtractor.Load(file.AsMemory(0, length), Schema, new ExtractorOptions()));
            Assert.Contains(error.Reason, Reasons);
        }
    }

    [Fact]
    public void Damaged_files_are_refused_or_run_but_never_do_anything_else()
    {
        var file = OnnxFile.Projection(4, 2);
        var random = new Random(LongForm.Seed + 10);
        var (refused, loaded) = (0, 0);
        for (var round = 0; round < LongForm.Of(400, 20_000); round++)
        {
            var damaged = file.ToArray();
            for (var hit = random.Next(1, 4); hit > 0; hit--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                using var extractor = OnnxExtractor.Load(damaged, Schema, new ExtractorOptions());
                loaded++;
            }
            catch (ServiceException error)
            {
                Assert.Contains(error.Reason, Reasons);
                refused++;
            }
        }

        Assert.True(refused > 50 && loaded > 50, $"{refused} refused, {loaded} loaded");
        SuiteReport.Add("security", "damaged ONNX files", ("seed", LongForm.Seed), ("inputs", refused + loaded), ("refused", refused), ("crashed", 0));
    }

    [Fact]
    public void Datasets_without_fixed_values_have_no_extractors()
    {
        var texts = new DatasetSchema(["a", "b"], LabelKind.Binary, ItemKind.Text, []);
        var error = Assert.Throws<ServiceException>(() => OnnxExtractor.Load(OnnxFile.Projection(4, 2), texts, new ExtractorOptions()));
        Assert.Equal("ONNX_SHAPE_MISMATCH", error.Reason);
    }

    [Fact]
    public void A_layout_that_the_shape_leaves_open_has_to_be_named()
    {
        var onnx = new OnnxFile().Input("x", 1, -1, -1, -1, -1).Node("Flatten", ["x"], "y").Output("y", -1, -1).ToBytes();
        var error = Assert.Throws<ServiceException>(() => OnnxExtractor.Load(onnx, Cases.Images(2, 3, 3), new ExtractorOptions()));
        Assert.Equal("ONNX_SHAPE_MISMATCH", error.Reason);
        Assert.Contains("extractor.layout", error.Message, StringComparison.Ordinal);

        using var named = OnnxExtractor.Load(onnx, Cases.Images(2, 3, 3), new ExtractorOptions { Input = new() { Layout = PixelLayout.Nchw } });
        Assert.Equal(18, named.Encoding.FeatureLength);
    }

    [Theory]
    [InlineData(new float[] { 1, 2 }, new float[0], "mean")]
    [InlineData(new float[] { float.NaN }, new float[0], "mean")]
    [InlineData(new float[0], new float[] { 0 }, "deviation")]
    public void A_scale_that_makes_no_sense_is_refused(float[] mean, float[] deviation, string field)
    {
        var onnx = new OnnxFile().Input("x", 1, -1, 2, 2, 3).Node("Flatten", ["x"], "y").Output("y", -1, 12).ToBytes();
        var error = Assert.Throws<ServiceException>(
            () => OnnxExtractor.Load(onnx, Cases.Images(2, 2, 3), new ExtractorOptions { Input = new() { Mean = mean, Deviation = deviation } }));
        Assert.Equal($"backbone.extractor.{field}", Assert.Single(error.Violations).Field);
    }

    private static OnnxFile Model() => Identity(new OnnxFile());

    private static OnnxFile Identity(OnnxFile file) => file.Input("x", 1, -1, 4).Node("Identity", ["x"], "y").Output("y", -1, 4);

    // The mean of an item's values, repeated: a few bytes that ask for any amount of memory.
    private static byte[] Expanded(long features) => new OnnxFile().Input("x", 1, -1, 4)
        .Node("ReduceMean", ["x"], "mean", "", OnnxFile.Integers("axes", 1)).Integers("shape", 1, features).Node("Expand", ["mean", "shape"], "y")
        .Output("y", -1, features).ToBytes();

    private static byte[] Computed(long length) => new OnnxFile().Input("x", 1, -1, 4).Integers("shape", length).Node("ConstantOfShape", ["shape"], "zeros")
        .Node("ReduceMax", ["zeros"], "zero", "", OnnxFile.Integer("keepdims", 0)).Node("Add", ["x", "zero"], "y").Output("y", -1, 4).ToBytes();

    private static byte[] Tensor(long[] sides)
    {
        var tensor = new WireWriter();
        foreach (var side in sides)
        {
            tensor.Number(1, side);
        }

        return tensor.Number(2, 1).Text(8, "c").Content(9, new byte[8]).ToBytes();
    }

    private static byte[] Pair(string key, string value) => new WireWriter().Text(1, key).Text(2, value).ToBytes();
}
