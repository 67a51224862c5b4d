using LabelerService.Cli.Client;
using LabelerService.Cli.Files;
using LabelerService.Core.Tensors;

namespace LabelerService.Cli.Tests.Files;

public sealed class FeatureFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Rows_of_images_are_flat()
    {
        using var file = Open([3, 2, 2], Enumerable.Range(0, 12).Select(i => (float)i).ToArray());
        var values = new float[8];

        Assert.Equal((3, 4), (file.Rows, file.Length));
        Assert.Equal(2, file.Read(values));
        Assert.Equal(1, file.Read(values));
        Assert.Equal([8f, 9f, 10f, 11f], values[..4]);
        Assert.Equal(0, file.Read(values));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_value_that_is_not_finite_is_named_with_file_and_row(float bad)
    {
        var values = new float[8];
        values[5] = bad;
        using var file = Open([4, 2], values);

        var exception = Assert.Throws<CommandException>(() => file.Read(new float[8]));

        Assert.StartsWith($"{_folder["f.npy"]} row 2, value 1 ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_precision_files_pass_through_bit_for_bit()
    {
        float[] values = [0f, -0f, 1f, 0.333251953125f, 65504f, 5.9604645e-8f];
        using var file = Open([1, 6], values, NpyType.Float16);
        var read = new float[6];
        file.Read(read);
        var bytes = new byte[12];

        file.ToHalf(read, bytes);

        Assert.True(file.IsHalf);
        Assert.Equal(File.ReadAllBytes(_folder["f.npy"])[^12..], bytes);
    }

    [Fact]
    public void What_float16_cannot_hold_is_named_with_its_row()
    {
        using var file = Open([2, 2], [1, 2, 3, 70000]);
        var values = new float[4];
        file.Read(values);

        var exception = Assert.Throws<CommandException>(() => file.ToHalf(values, new byte[8]));

        Assert.Contains("row 1, value 1", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_cut_off_or_too_long_is_refused()
    {
        Open([2, 2], [1, 2, 3, 4]).Dispose();
        var content = File.ReadAllBytes(_folder["f.npy"]);
        File.WriteAllBytes(_folder["cut.npy"], content[..^1]);
        File.WriteAllBytes(_folder["long.npy"], [.. content, 0]);

        foreach (var name in new[] { "cut.npy", "long.npy" })
        {
            using var file = FeatureFile.Open(_folder[name]);
            Assert.Throws<CommandException>(() => file.Read(new float[4]));
        }
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 0, 3 })]
    [InlineData(new[] { 3, 0 })]
    public void A_file_without_rows_of_features_is_refused(int[] shape)
    {
        using (var stream = File.Create(_folder["f.npy"]))
        {
            NpyWriter.Write(stream, new NpyHeader(NpyType.Float32, shape), new float[shape.Length == 0 ? 1 : 0]);
        }

        Assert.Throws<CommandException>(() => FeatureFile.Open(_folder["f.npy"]));
    }

    [Fact]
    public void A_missing_or_foreign_file_is_named()
    {
        var missing = Assert.Throws<CommandException>(() => FeatureFile.Open(_folder["none.npy"]));
        var foreign = Assert.Throws<CommandException>(() => FeatureFile.Open(_folder.Write("x.npy", "hello, world")));

        Assert.Contains("no such file", missing.Message, StringComparison.Ordinal);
        Assert.Contains("NPY", foreign.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private FeatureFile Open(int[] shape, float[] values, NpyType type = NpyType.Float32)
    {
        using (var stream = File.Create(_folder["f.npy"]))
        {
            NpyWriter.Write(stream, new NpyHeader(type, shape), values);
        }

        return FeatureFile.Open(_folder["f.npy"]);
    }
}
