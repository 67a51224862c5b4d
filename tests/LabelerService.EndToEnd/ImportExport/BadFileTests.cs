using System.Text;
using LabelerService.Core.Tensors;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.ImportExport;

/// <summary>Files that are broken as a whole: a message that names file and place, and nothing stored.</summary>
[Collection(SharedService.Name)]
public sealed class BadFileTests(ServiceFixture fixture) : IDisposable
{
    private readonly RunningService _service = fixture.Service;
    private readonly ExchangeFiles _files = new(fixture.Service);

    [Fact]
    public async Task Broken_files_of_labels_store_nothing()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 3);
        await _service.AnnotateAsync(dataset, Requests.Says("l", "i0", "a"));
        var parquet = File.ReadAllBytes(await _files.ExportAsync("labels", dataset, "good.parquet"));
        var tasks = File.ReadAllText(await _files.ExportAsync("labels", dataset, "good.json"));
        (string File, string Says)[] cases =
        [
            (_files.Write("cut.parquet", parquet[..^9]), "does not end with PAR1"),
            (_files.Write("none.parquet", "hello, world, this is no Parquet"), "does not begin with PAR1"),
            (_files.Write("cut.json", tasks[..^4]), "[0]"),
            (_files.Write("cut.jsonl", "{\"item\":\"i1\",\"labeler\":\"l2\",\"label\":\"a\"}\n{\"item\":"), "line 2"),
            (_files.Write("quote.csv", "item,labeler,label\ni1,l2,a\ni2,\"l2,a\n"), "line 3"),
            (_files.Write("twice.csv", "item,labeler,label,label\ni1,l2,a,b\n"), "two columns"),
            (_files.Write("latin1.csv", [.. Encoding.UTF8.GetBytes("item,labeler,label\ni1,l2,a\ni2,"), 0xE9, .. Encoding.UTF8.GetBytes(",a\n")]), "line 3"),
            (_files.Write("future.csv", "item,labeler,label,time\ni1,l2,a,2199-01-01\n"), "in the future"),
            (_files.Write("sure.csv", "item,labeler,label,confidence\ni1,l2,a,1.01\n"), "from 0 to 1"),
            (_files.Write("deep.jsonl", "{\"item\":" + new string('[', 5000) + "\n"), "line 1"),
        ];
        foreach (var (file, says) in cases)
        {
            var outcome = await _files.RunAsync("import", "labels", dataset, "--file", file);
            Assert.Equal(1, outcome.ExitCode);
            Assert.Contains(file, outcome.Error, StringComparison.Ordinal);
            Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
        }

        Assert.Equal(1, (await _service.CountAsync(dataset)).Annotations);
    }

    [Fact]
    public async Task Broken_arrays_store_nothing()
    {
        var dataset = await _service.CreateDatasetAsync();
        (string File, string Says)[] cases =
        [
            (Npy("fortran", "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 4), }", 32), "Fortran"),
            (Npy("big", "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 4), }", 32), "little-endian"),
            (Npy("complex", "{'descr': '<c8', 'fortran_order': False, 'shape': (2, 4), }", 64), "<c8"),
            (Npy("object", "{'descr': '|O', 'fortran_order': False, 'shape': (2, 4), }", 64), "|O"),
            (Npy("negative", "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 4), }", 32), "shape"),
            (Npy("huge", "{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000, 4), }", 32), "cut off"),
            (Npy("cut", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }", 31), "cut off"),
        ];
        foreach (var (file, says) in cases)
        {
            var outcome = await _files.RunAsync("import", "items", dataset, "--features", file);
            Assert.Equal(1, outcome.ExitCode);
            Assert.Contains(file, outcome.Error, StringComparison.Ordinal);
            Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await _service.CountAsync(dataset)).Items);
    }

    [Fact]
    public async Task Images_that_are_none_store_nothing()
    {
        var name = Requests.NewId("img");
        (await _files.RunAsync("dataset", "create", name, "--classes", "a,b", "--item-type", "image:2x3x1")).Succeeded();
        _files.Write("good.png", TinyPng.Grey(3, 2, (y, x) => (byte)(y + x)));
        _files.Write("text.png", "no image");
        _files.Write("cut.png", TinyPng.Grey(3, 2, (_, _) => 7)[..40]);
        var list = _files.Write("list.csv", "item,path\na,good.png\nb,text.png\n");

        var text = await _files.RunAsync("import", "items", name, "--file", list);
        var cut = await _files.RunAsync("import", "items", name, "--images", _files["good.png"], _files["cut.png"]);
        var missing = await _files.RunAsync("import", "items", name, "--images", _files["none.png"]);
        var good = await _files.RunAsync("import", "items", name, "--images", _files["good.png"]);

        Assert.Equal((1, 1, 1), (text.ExitCode, cut.ExitCode, missing.ExitCode));
        Assert.Contains("neither PNG nor JPEG", text.Error, StringComparison.Ordinal);
        Assert.Contains("cut.png", cut.Error, StringComparison.Ordinal);
        good.Succeeded();
        Assert.Equal(1, (await _service.CountAsync($"datasets/{name}")).Items);
    }

    public void Dispose() => _files.Dispose();

    private string Npy(string name, string header, int bytes)
    {
        using var right = new MemoryStream();
        NpyWriter.Open(right, new NpyHeader(NpyType.Float32, [2, 4]));
        var content = right.ToArray();
        Encoding.ASCII.GetBytes(header.PadRight(content.Length - 11) + "\n").CopyTo(content, 10);
        return _files.Write($"{name}.npy", [.. content, .. new byte[bytes]]);
    }
}
