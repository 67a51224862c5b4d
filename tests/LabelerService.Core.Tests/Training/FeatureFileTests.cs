using LabelerService.Core.Training;

namespace LabelerService.Core.Tests.Training;

public sealed class FeatureFileTests : IDisposable
{
    private const int Rows = 37;
    private const int Length = 11;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("labeler-features-");

    private string Place => Path.Combine(_folder.FullName, "one.features");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Rows_come_back_as_they_were_written()
    {
        var values = Write();
        using var file = FeatureFile.TryOpen(Place, Rows, Length, CancellationToken.None);
        Assert.NotNull(file);
        Assert.Equal(values, file.Load());
        var row = new float[Length];
        file.CopyRow(Rows - 1, row);
        Assert.Equal(values[^Length..], row);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.CopyRow(Rows, row));
        Assert.Equal([Place], Directory.GetFiles(_folder.FullName));
    }

    [Fact]
    public void A_file_with_any_byte_changed_or_cut_off_is_not_opened()
    {
        Write();
        var bytes = File.ReadAllBytes(Place);
        var random = new Random(1);
        foreach (var at in Enumerable.Range(0, 200).Select(_ => random.Next(bytes.Length)).Concat([0, bytes.Length - 1]))
        {
            var damaged = bytes.ToArray();
            damaged[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(Place, damaged);
            Assert.Null(FeatureFile.TryOpen(Place, Rows, Length, CancellationToken.None));
        }

        foreach (var length in (int[])[0, 1, Rows * Length * sizeof(float), bytes.Length - 1])
        {
            File.WriteAllBytes(Place, bytes[..length]);
            Assert.Null(FeatureFile.TryOpen(Place, Rows, Length, CancellationToken.None));
        }
    }

    [Fact]
    public void A_file_of_another_shape_or_none_is_not_opened()
    {
        Assert.Null(FeatureFile.TryOpen(Place, Rows, Length, CancellationToken.None));
        Write();
        Assert.Null(FeatureFile.TryOpen(Place, Length, Rows, CancellationToken.None));
        Assert.Null(FeatureFile.TryOpen(Place, Rows + 1, Length, CancellationToken.None));
    }

    [Fact]
    public void What_is_not_completed_leaves_the_place_as_it_was()
    {
        var values = Write();
        using (var writer = new FeatureFileWriter(Place, Length))
        {
            writer.Append(new float[Length]);
        }

        using var file = FeatureFile.TryOpen(Place, Rows, Length, CancellationToken.None);
        Assert.Equal(values, file!.Load());
        Assert.Equal([Place], Directory.GetFiles(_folder.FullName));
    }

    private float[] Write()
    {
        var random = new Random(7);
        var values = Enumerable.Range(0, Rows * Length).Select(_ => random.NextSingle() - 0.5f).ToArray();
        using var writer = new FeatureFileWriter(Place, Length);
        for (var row = 0; row < Rows; row++)
        {
            writer.Append(values.AsSpan(row * Length, Length));
        }

        writer.Complete();
        return values;
    }
}
