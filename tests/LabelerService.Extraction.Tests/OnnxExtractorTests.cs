using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.TestKit.Crowds.Onnx;

namespace LabelerService.Extraction.Tests;

public sealed class OnnxExtractorTests
{
    [Fact]
    public void Features_of_vectors_are_what_the_model_computes()
    {
        using var extractor = OnnxExtractor.Load(OnnxFile.Projection(5, 3), Cases.Vectors(5), new ExtractorOptions { Backbone = "datasets/d/backbones/b" });
        var items = Cases.Items(70, 5);

        var rows = Cases.Extract(extractor, items);

        var weights = OnnxFile.ProjectionWeights(5, 3, 1);
        for (var n = 0; n < items.Length; n++)
        {
            for (var f = 0; f < 3; f++)
            {
                var sum = Enumerable.Range(0, 5).Sum(d => (double)items[n].Values.Span[d] * weights[(d * 3) + f]);
                Assert.Equal(Math.Tanh(sum), rows[(n * 3) + f], 1e-5);
            }
        }

        Assert.Equal((ItemEncodingKind.Extracted, 3, "datasets/d/backbones/b"), (extractor.Encoding.Kind, extractor.Encoding.FeatureLength, extractor.Encoding.Backbone));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(OnnxFile.Projection(5, 3))), extractor.Encoding.ArtefactSha256);
    }

    [Theory]
    [InlineData(PixelLayout.Nhwc)]
    [InlineData(PixelLayout.Nchw)]
    public void Images_are_scaled_and_laid_out_as_asked(PixelLayout layout)
    {
        const int Height = 2, Width = 3, Channels = 2;
        long[] sides = layout == PixelLayout.Nhwc ? [Height, Width, Channels] : [Channels, Height, Width];
        var onnx = new OnnxFile().Input("image", 1, -1, sides[0], sides[1], sides[2]).Node("Identity", ["image"], "out")
            .Output("out", -1, sides[0], sides[1], sides[2]).ToBytes();
        using var extractor = OnnxExtractor.Load(
            onnx, Cases.Images(Height, Width, Channels),
            new ExtractorOptions { Input = new() { Layout = layout, Mean = [0.25f, 0.5f], Deviation = [2, 4] } });
        var items = Cases.Items(5, Height * Width * Channels);

        var rows = Cases.Extract(extractor, items);

        for (var n = 0; n < items.Length; n++)
        {
            for (var p = 0; p < Height * Width; p++)
            {
                for (var c = 0; c < Channels; c++)
                {
                    var value = (items[n].Values.Span[(p * Channels) + c] - (c == 0 ? 0.25f : 0.5f)) / (c == 0 ? 2 : 4);
                    var at = layout == PixelLayout.Nhwc ? (p * Channels) + c : (c * Height * Width) + p;
                    Assert.Equal(value, rows[(n * Height * Width * Channels) + at]);
                }
            }
        }
    }

    [Fact]
    public void A_model_of_bytes_gets_values_from_0_to_255()
    {
        var onnx = new OnnxFile().Input("image", 2, -1, 1, 2, 1).Node("Cast", ["image"], "out", "", OnnxFile.Integer("to", 1)).Output("out", -1, 1, 2, 1).ToBytes();
        using var extractor = OnnxExtractor.Load(onnx, Cases.Images(1, 2, 1), new ExtractorOptions());

        Assert.Equal([0, 255, 128, 3], Cases.Extract(extractor, [new(new[] { -0.1f, 1f }), new(new[] { 128 / 255f, 0.0118f })]));
    }

    [Fact]
    public void A_fixed_number_of_items_a_run_changes_nothing()
    {
        using var any = OnnxExtractor.Load(OnnxFile.Projection(6, 4), Cases.Vectors(6), new ExtractorOptions());
        using var four = OnnxExtractor.Load(OnnxFile.Projection(6, 4, items: 4), Cases.Vectors(6), new ExtractorOptions());
        var items = Cases.Items(11, 6);

        Assert.Equal(4, four.BlockItems);
        Assert.All(Cases.Extract(any, items).Zip(Cases.Extract(four, items)), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Fact]
    public void The_same_items_give_the_same_bits_from_many_threads()
    {
        using var extractor = OnnxExtractor.Load(OnnxFile.Projection(40, 33), Cases.Vectors(40), new ExtractorOptions { BlockItems = 8 });
        var items = Cases.Items(30, 40);
        var first = Cases.Extract(extractor, items);

        Parallel.For(0, 8, _ => Assert.Equal(first, Cases.Extract(extractor, items)));
    }

    [Fact]
    public void An_output_is_chosen_by_name_and_flattened()
    {
        var onnx = new OnnxFile().Input("x", 1, -1, 4).Integers("shape", -1, 2, 2).Node("Reshape", ["x", "shape"], "square").Node("Neg", ["x"], "other")
            .Output("other", -1, 4).Output("square", -1, 2, 2).ToBytes();

        var error = Assert.Throws<ServiceException>(() => OnnxExtractor.Load(onnx, Cases.Vectors(4), new ExtractorOptions()));
        Assert.Equal("ONNX_SHAPE_MISMATCH", error.Reason);
        Assert.Contains("'other' [?, 4], 'square' [?, 2, 2]", error.Message, StringComparison.Ordinal);

        using var extractor = OnnxExtractor.Load(onnx, Cases.Vectors(4), new ExtractorOptions { Input = new() { Output = "square" } });
        Assert.Equal([1, 2, 3, 4], Cases.Extract(extractor, [new(new float[] { 1, 2, 3, 4 })]));
    }

    [Fact]
    public void An_item_that_makes_no_number_is_an_error()
    {
        var onnx = new OnnxFile().Input("x", 1, -1, 1).Node("Log", ["x"], "y").Output("y", -1, 1).ToBytes();
        using var extractor = OnnxExtractor.Load(onnx, Cases.Vectors(1), new ExtractorOptions());

        var error = Assert.Throws<ServiceException>(() => Cases.Extract(extractor, [new(new[] { -1f })]));
        Assert.Equal((ErrorKind.FailedPrecondition, "EXTRACTION_FAILED"), (error.Kind, error.Reason));
    }

    [Fact]
    public void Items_that_do_not_fit_are_named_before_they_are_encoded()
    {
        using var extractor = OnnxExtractor.Load(OnnxFile.Projection(5, 3), Cases.Vectors(5), new ExtractorOptions());

        Assert.Null(extractor.Problem(new RawItem(new float[5])));
        Assert.Contains("4 values instead of 5", extractor.Problem(new RawItem(new float[4])), StringComparison.Ordinal);
        Assert.Contains("text", extractor.Problem(new RawItem(default, "five")), StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_stops_between_blocks()
    {
        using var extractor = OnnxExtractor.Load(OnnxFile.Projection(5, 3), Cases.Vectors(5), new ExtractorOptions());
        Assert.ThrowsAny<OperationCanceledException>(() => extractor.Encode(Cases.Items(2, 5), new float[6], new CancellationToken(canceled: true)));
    }
}
