using System.Runtime.InteropServices;
using CsCheck;
using LabelerService.Cli.Client.Import;
using LabelerService.Cli.Files;
using LabelerService.Contracts.V1;
using LabelerService.Core.Tensors;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Tests.Client;

public sealed class UploadMessageTests : IDisposable
{
    private const int Mebibyte = 1 << 20;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(5000, 512, false)]
    [InlineData(5000, 512, true)]
    [InlineData(25_000, 1, false)]
    [InlineData(9, 65_536, false)]
    public void Items_go_out_in_order_in_messages_of_at_most_a_mebibyte(int rows, int length, bool half)
    {
        var values = Enumerable.Range(0, rows * length).Select(i => (float)(i % 2048)).ToArray();
        using (var stream = File.Create(_folder["f.npy"]))
        {
            NpyWriter.Write(stream, new NpyHeader(NpyType.Float32, [rows, length]), values);
        }

        using var file = FeatureFile.Open(_folder["f.npy"]);
        using var keys = ItemKeys.Numbered("k");
        var sent = new List<long>();
        var seen = 0;
        foreach (var message in ItemUpload.Messages("datasets/d", file, keys, Split.Test, half, new SentRows(), sent.Add))
        {
            Assert.True(message.CalculateSize() <= Mebibyte);
            Assert.True(message.Batch.ItemIds.Count <= 10_000);
            Assert.Equal(seen == 0 ? "datasets/d" : "", message.Parent);
            Assert.Equal(Split.Test, message.Batch.Split);
            Assert.Equal([message.Batch.ItemIds.Count, length], message.Batch.Features.Shape);
            var expected = values.AsSpan(seen * length, message.Batch.ItemIds.Count * length);
            var data = message.Batch.Features.Data.Span;
            Assert.True(half
                ? MemoryMarshal.Cast<byte, Half>(data).ToArray().Select(value => (float)value).SequenceEqual(expected.ToArray())
                : data.SequenceEqual(MemoryMarshal.AsBytes(expected)));
            Assert.All(message.Batch.ItemIds, key => Assert.Equal($"k{seen++}", key));
        }

        Assert.Equal(rows, seen);
        Assert.Equal(rows, sent[^1]);
    }

    [Fact]
    public Task Annotations_go_out_in_order_in_messages_of_at_most_a_mebibyte_and_ten_thousand_entries() =>
        Gen.Select(Gen.Int[1, 25_000], Gen.Int[1, 250]).SampleAsync(
            async (count, keyLength) =>
            {
                var rows = Enumerable.Range(0, count).Select(i => new LabelRow($"{i}".PadLeft(keyLength, 'x'), "labeler", $"{i % 3}")).ToAsyncEnumerable();
                var upload = new AnnotationUpload(null!, new AnnotationMessages(new ClassNames(["a", "b", "c"])));
                var (seen, sent) = (0, new SentRows());
                await foreach (var message in upload.RequestsAsync("datasets/d", rows, new UnknownKeys(), sent, _ => { }, default))
                {
                    Assert.True(message.CalculateSize() <= Mebibyte);
                    Assert.InRange(message.Annotations.Count, 1, 10_000);
                    Assert.Equal(seen == 0 ? UnknownLabelers.Register : UnknownLabelers.Unspecified, message.UnknownLabelers);
                    foreach (var annotation in message.Annotations)
                    {
                        Assert.Equal($"{seen++}".PadLeft(keyLength, 'x'), annotation.ItemId);
                    }
                }

                return seen == count;
            },
            iter: 20);

    [Fact]
    public void A_refused_entry_is_found_through_message_and_position()
    {
        var sent = new SentRows();
        sent.Add(10);
        sent.Add(7);

        Assert.Equal(12, sent.RowOf("messages[1].annotations[2].class_index"));
        Assert.Equal(3, sent.RowOf("messages[0].batch.item_ids[3]"));
        Assert.Equal(4, sent.RowOf("gold_classes[4].item_id"));
        Assert.Null(sent.RowOf("messages[1].annotations[7]"));
        Assert.Null(sent.RowOf("messages[2].annotations[0]"));
        Assert.Null(sent.RowOf("parent"));
    }

    public void Dispose() => _folder.Dispose();
}
