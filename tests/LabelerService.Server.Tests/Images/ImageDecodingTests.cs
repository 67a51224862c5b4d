using CsCheck;
using LabelerService.Server.Images;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Images;
using static LabelerService.Server.Tests.Images.Decoding;

namespace LabelerService.Server.Tests.Images;

[Trait("Suite", "security")]
public sealed class ImageDecodingTests
{
    [Fact]
    public void Pixels_come_out_as_they_went_in() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9], Gen.Bool).SelectMany((height, width, colour) =>
            Gen.Byte.Array[height * width * (colour ? 3 : 1)].Select(samples => (height, width, colour, samples)))
        .Sample(image =>
        {
            var file = PngFile.Encode(image.width, image.height, image.colour ? PngFile.Rgb : PngFile.Grey, image.samples);
            var (pixels, problem) = Decode(file, image.height, image.width, image.colour ? 3 : 1);
            Assert.Null(problem);
            Assert.Equal(image.samples, pixels);
        });

    [Fact]
    public void Grey_is_widened_to_three_channels()
    {
        var (pixels, _) = Decode(PngFile.Encode(2, 1, PngFile.Grey, [7, 200]), 1, 2, 3);
        Assert.Equal([7, 7, 7, 200, 200, 200], pixels);
        var (jpeg, _) = Decode(Jpeg(8, 8, colour: false, (_, _) => 90), 8, 8, 3);
        Assert.All(jpeg!, value => Assert.InRange(value, 88, 92));
    }

    [Fact]
    public void An_opaque_alpha_channel_and_a_palette_are_taken()
    {
        Assert.Equal([1, 2, 3, 4, 5, 6], Decode(PngFile.Encode(2, 1, PngFile.Rgba, [1, 2, 3, 255, 4, 5, 6, 255]), 1, 2, 3).Pixels);
        Assert.Equal([9, 8], Decode(PngFile.Encode(2, 1, PngFile.GreyAlpha, [9, 255, 8, 255]), 1, 2, 1).Pixels);
        Assert.Equal([10, 20, 30, 40, 50, 60], Decode(PngFile.Encode(2, 1, PngFile.Palette, [1, 0], ("PLTE", [40, 50, 60, 10, 20, 30])), 1, 2, 3).Pixels);
    }

    [Fact]
    public void A_colour_profile_or_gamma_does_not_change_the_values()
    {
        byte[] samples = [0, 1, 50, 128, 200, 255];
        Assert.Equal(samples, Decode(PngFile.Encode(2, 1, PngFile.Rgb, samples, ("gAMA", [0, 1, 0x86, 0xA0])), 1, 2, 3).Pixels);
        Assert.Equal(samples, Decode(PngFile.Encode(6, 1, PngFile.Grey, samples, ("gAMA", [0, 1, 0x86, 0xA0])), 1, 6, 1).Pixels);
    }

    [Fact]
    public void Jpeg_grey_and_colour_are_near_what_was_painted()
    {
        var grey = Decode(Jpeg(16, 24, colour: false, (y, x) => (byte)(y + (8 * x))), 16, 24, 1);
        Assert.Null(grey.Problem);
        Assert.InRange(grey.Pixels![(3 * 24) + 5], 3 + 40 - 4, 3 + 40 + 4);
        var colour = Decode(Jpeg(16, 16, colour: true, (_, _) => 30), 16, 16, 3);
        Assert.InRange(colour.Pixels![0], 25, 35);
        Assert.InRange(colour.Pixels[1], 220, 230);
    }

    public static TheoryData<string, byte[], string> Refused => new()
    {
        { "colour in a grey dataset", PngFile.Encode(4, 4, PngFile.Rgb, new byte[48]), "colour" },
        { "colour JPEG in a grey dataset", Jpeg(4, 4, colour: true, (_, _) => 9), "colour" },
        { "too wide", PngFile.Encode(5, 4, PngFile.Grey, new byte[20]), "rows of 5" },
        { "sides exchanged", Jpeg(2, 8, colour: false, (_, _) => 9), "2 rows of 8" },
        { "transparent", PngFile.Encode(4, 4, PngFile.GreyAlpha, new byte[32]), "transparent" },
        { "transparent by tRNS", PngFile.Encode(4, 4, PngFile.Grey, new byte[16], ("tRNS", [0, 0])), "transparent" },
        { "16 bits", PngFile.Encode(4, 4, PngFile.Grey, 16, PngFile.Rows(4, new byte[32])), "16 bits" },
        { "another format", [.. "GIF89a\u0004\0\u0004\0"u8], "neither" },
        { "bitmap", [.. "BM"u8, .. new byte[60]], "neither" },
        { "WebP", [.. "RIFF\0\0\0\0WEBPVP8 "u8, .. new byte[60]], "neither" },
        { "SVG", [.. "<svg xmlns='http://www.w3.org/2000/svg'/>"u8], "neither" },
        { "nothing", [], "neither" },
        { "claims 2^31 columns", PngFile.Encode(int.MinValue, 4, PngFile.Grey, 8, new byte[20]), "rows of" },
        { "claims no rows", PngFile.Encode(4, 0, PngFile.Grey, 8, new byte[20]), "0 rows" },
        { "pixels for half", PngFile.Encode(4, 4, PngFile.Grey, 8, PngFile.Rows(2, new byte[8])), "cut short" },
        { "unknown colour type", PngFile.Encode(4, 4, 5, 8, new byte[20]), "cut short" },
        { "JPEG without end", Jpeg(4, 4, colour: false, (_, _) => 9)[..^2], "without an end" },
        { "JPEG of scans without end", [.. Jpeg(4, 4, colour: false, (_, _) => 9)[..^2], .. Scans(), 0xFF, 0xD9], "scans" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_no_image_of_the_dataset_is_refused(string what, byte[] file, string reason)
    {
        var (pixels, problem) = Decode(file, 4, 4, 1);
        Assert.Null(pixels);
        Assert.True(problem?.Contains(reason, StringComparison.Ordinal), $"{what}: {problem}");
    }

    // Not among the cases above: whoever lists the tests writes their data out, and took minutes and gigabytes for this one.
    [Fact]
    public void A_file_longer_than_an_item_may_be_is_refused() =>
        What_is_no_image_of_the_dataset_is_refused("too large", [0x89, .. "PNG\r\n\u001a\n"u8, .. new byte[ItemRules.MaxItemBytes]], "at most");

    [Fact]
    public void A_bomb_is_refused_by_its_header_without_being_inflated()
    {
        // 64 MiB of zeros in 64 KiB: whoever inflates it allocates a thousandfold.
        var bomb = PngFile.Encode(8192, 8192, PngFile.Grey, 8, new byte[8192 * 8193]);
        Assert.InRange(bomb.Length, 1, 100_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("8192 rows", Decode(bomb, 28, 28, 1).Problem, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void More_pixels_than_the_header_says_are_never_written()
    {
        // The decoder must stop at the rows that the header promises, whatever is packed behind them.
        var file = PngFile.Encode(4, 4, PngFile.Grey, 8, new byte[1024 * 1024]);
        var (pixels, problem) = Decode(file, 4, 4, 1);
        Assert.True(problem is not null || pixels!.Length == 16);
    }

    [Fact]
    public void A_file_cut_short_anywhere_is_refused()
    {
        var samples = Enumerable.Range(0, 16 * 16 * 3).Select(i => (byte)(i * 37)).ToArray();
        var png = PngFile.Encode(16, 16, PngFile.Rgb, samples);
        for (var length = 0; length < png.Length; length++)
        {
            Assert.True(Decode(png[..length], 16, 16, 3).Problem is not null, $"{length} of {png.Length} bytes");
        }

        var jpeg = Jpeg(16, 16, colour: true, (y, x) => (byte)(y * x));
        for (var length = 0; length < jpeg.Length; length++)
        {
            Assert.True(Decode(jpeg[..length], 16, 16, 3).Problem is not null, $"{length} of {jpeg.Length} bytes");
        }
    }

    [Fact]
    public void Random_damage_gives_an_answer_and_never_a_crash()
    {
        byte[][] files =
        [
            PngFile.Encode(16, 16, PngFile.Rgb, [.. Enumerable.Range(0, 768).Select(i => (byte)(i * 37))]),
            PngFile.Encode(16, 16, PngFile.Palette, new byte[256], ("PLTE", new byte[30])),
            Jpeg(16, 16, colour: true, (y, x) => (byte)(y * x)), Jpeg(16, 16, colour: false, (y, x) => (byte)(y * x)),
        ];
        Gen.Select(Gen.Int[0, files.Length - 1], Gen.Select(Gen.Int[0, 2000], Gen.Byte).Array[1, 8]).Sample(
            (file, changes) =>
            {
                var damaged = files[file].ToArray();
                foreach (var (at, value) in changes)
                {
                    damaged[at % damaged.Length] = value;
                }

                var (pixels, problem) = Decode(damaged, 16, 16, 3);
                return problem is not null || pixels!.Length == 768;
            },
            iter: 20_000);
    }

    [Fact]
    public async Task A_batch_is_decoded_in_order_and_its_broken_images_are_named()
    {
        var schema = Decoding.Images(64, 64, 1);
        ItemWrite Item(int i, byte[] file) => new(
            $"i{i}", Core.Datasets.Split.Train, default, FeatureEncoding.UInt8, Content: new ItemContent(ContentType.Png, file));
        byte[] File(int i) => PngFile.Encode(64, 64, PngFile.Grey, [.. Enumerable.Repeat((byte)i, 64 * 64)]);

        var decoded = await new ImageDecoder().DecodeAsync(schema, [.. Enumerable.Range(0, 700).Select(i => Item(i, File(i % 256)))], default);
        Assert.Equal(Enumerable.Range(0, 700).Select(i => (byte)(i % 256)), decoded.Select(item => item.Features.Span[77]));

        var error = await Assert.ThrowsAsync<Core.Errors.ServiceException>(() => new ImageDecoder().DecodeAsync(
            schema, [.. Enumerable.Range(0, 600).Select(i => Item(i, i is 3 or 555 ? File(1)[..60] : File(1)))], default));
        Assert.Equal(["batch.images[3]", "batch.images[555]"], error.Violations.Select(violation => violation.Field));
    }

    [Fact]
    public async Task Images_to_predict_become_values_from_zero_to_one_and_the_broken_ones_are_named()
    {
        var schema = Decoding.Images(64, 64, 1);
        Google.Protobuf.ByteString File(int i) => Google.Protobuf.ByteString.CopyFrom(PngFile.Encode(64, 64, PngFile.Grey, [.. Enumerable.Repeat((byte)i, 64 * 64)]));
        var rows = new float[20 * 64 * 64];
        await new ImageDecoder().DecodeAsync(schema, [.. Enumerable.Range(0, 20).Select(i => File(10 * i))], i => $"images[{i}]", rows, default);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => 10 * i / 255f), rows.Where((_, at) => at % 4096 == 77));

        var error = await Assert.ThrowsAsync<Core.Errors.ServiceException>(() => new ImageDecoder().DecodeAsync(
            schema, [File(1), Google.Protobuf.ByteString.CopyFrom(File(2).Span[..60])], i => $"images[{i}]", rows, default));
        Assert.Equal(["images[1]"], error.Violations.Select(violation => violation.Field));
    }

    // A scan's marker, again and again.
    private static IEnumerable<byte> Scans() => Enumerable.Range(0, 200).SelectMany(_ => (byte[])[0xFF, 0xDA, 0, 2]);
}
