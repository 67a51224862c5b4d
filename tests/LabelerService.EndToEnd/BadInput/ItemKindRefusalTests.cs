using Google.Protobuf;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Items;
using LabelerService.TestKit.Images;

namespace LabelerService.EndToEnd.BadInput;

/// <summary>Wrong images, texts and sequences: the right status, the field at fault, and nothing stored.</summary>
[Collection(SharedService.Name)]
public sealed class ItemKindRefusalTests(ServiceFixture fixture)
{
    private static readonly byte[] Good = PngFile.Encode(4, 4, PngFile.Grey, new byte[16]);

    private readonly RunningService _service = fixture.Service;

    public static TheoryData<string, string, string> Wrong => new()
    {
        { "image", "cut PNG", "batch.images[1]" },
        { "image", "empty file", "batch.images[1]" },
        { "image", "GIF", "batch.images[1]" },
        { "image", "other size", "batch.images[1]" },
        { "image", "colour", "batch.images[1]" },
        { "image", "bomb", "batch.images[1]" },
        { "image", "fewer images than ids", "batch.images" },
        { "image", "images and features", "batch.images" },
        { "image", "texts", "batch.texts" },
        { "image", "features of another size", "batch.features.shape" },
        { "image", "integers", "batch.features.data_type" },
        { "large", "more pixels than fit", "batch.images" },
        { "text", "empty text", "batch.texts[1]" },
        { "text", "text with NUL", "batch.texts[1]" },
        { "text", "text over 64 KiB", "batch.texts[1]" },
        { "text", "features", "batch.features" },
        { "text", "images", "batch.images" },
        { "sequence", "NaN", "batch.sequences[1].data" },
        { "sequence", "infinite as float16", "batch.sequences[1].data" },
        { "sequence", "steps of another length", "batch.sequences[1].shape" },
        { "sequence", "no steps", "batch.sequences[1].shape" },
        { "sequence", "too many steps", "batch.sequences[1].shape" },
        { "sequence", "no type", "batch.sequences[1].data_type" },
        { "sequence", "data too short", "batch.sequences[1].data" },
        { "sequence", "bytes", "batch.sequences[1].data_type" },
        { "sequence", "split and splits", "batch.split" },
        { "sequence", "fewer splits", "batch.splits" },
        { "sequence", "unknown split", "batch.splits[1]" },
        { "sequence", "unknown gold", "batch.gold_classes[1]" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_batch_with_a_fault_is_refused_whole(string kind, string fault, string field)
    {
        var dataset = await KindDatasets.CreateAsync(_service, kind switch
        {
            "image" => KindDatasets.Image(4, 4, 1),
            "large" => KindDatasets.Image(4096, 4096, 3),
            "text" => KindDatasets.Text(),
            _ => KindDatasets.Sequence(2),
        });
        var batch = Break(fault);
        await Requests.RefusedAsync(StatusCode.InvalidArgument, field, () => _service.StoreAsync(dataset, batch));
        Assert.Equal(0, (await _service.CountAsync(dataset)).Items);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4_097)]
    public async Task A_sequence_type_without_a_sensible_step_is_refused(int length) =>
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "dataset.item_type.sequence.step_length", () => KindDatasets.CreateAsync(_service, KindDatasets.Sequence(length)));

    private static ItemBatch Break(string fault) => fault switch
    {
        "cut PNG" => KindDatasets.Images(Good, Good[..^20]),
        "empty file" => KindDatasets.Images(Good, []),
        "GIF" => KindDatasets.Images(Good, [.. "GIF89a"u8, .. new byte[30]]),
        "other size" => KindDatasets.Images(Good, PngFile.Encode(4, 5, PngFile.Grey, new byte[20])),
        "colour" => KindDatasets.Images(Good, PngFile.Encode(4, 4, PngFile.Rgb, new byte[48])),
        "bomb" => KindDatasets.Images(Good, PngFile.Encode(16_384, 16_384, PngFile.Grey, 8, new byte[64 << 20])),
        "fewer images than ids" => new ItemBatch { ItemIds = { "a", "b" }, Images = { ByteString.CopyFrom(Good) } },
        "images and features" => new ItemBatch(KindDatasets.Images(Good)) { Features = Requests.Floats(new float[16], 1, 16) },
        "features of another size" => new ItemBatch { ItemIds = { "a" }, Features = Requests.Floats(new float[16], 1, 4, 2, 2) },
        "integers" => new ItemBatch
        {
            ItemIds = { "a" },
            Features = new Tensor { DataType = Tensor.Types.DataType.Int32, Shape = { 1, 16 }, Data = ByteString.CopyFrom(new byte[64]) },
        },
        "more pixels than fit" => KindDatasets.Images(Good, Good),
        "texts" => KindDatasets.Texts("a", "b"),
        "empty text" => KindDatasets.Texts("a", ""),
        "text with NUL" => KindDatasets.Texts("a", "a\0b"),
        "text over 64 KiB" => KindDatasets.Texts("a", new string('é', 32_769)),
        "features" => Requests.Batch(2, 4),
        "images" => KindDatasets.Images(Good),
        "NaN" => KindDatasets.Sequences(Steps(1, 2), Steps(1, 2, 3, float.NaN)),
        "infinite as float16" => KindDatasets.Sequences(Steps(1, 2), new Tensor
        {
            DataType = Tensor.Types.DataType.Float16,
            Shape = { 1, 2 },
            Data = ByteString.CopyFrom(0, 0, 0, 0x7C),
        }),
        "steps of another length" => KindDatasets.Sequences(Steps(1, 2), Requests.Floats([1, 2, 3], 1, 3)),
        "no steps" => KindDatasets.Sequences(Steps(1, 2), Requests.Floats([], 0, 2)),
        "too many steps" => KindDatasets.Sequences(Steps(1, 2), Requests.Floats(new float[2 * 65_537], 65_537, 2)),
        "no type" => KindDatasets.Sequences(Steps(1, 2), new Tensor { Shape = { 1, 2 }, Data = ByteString.CopyFrom(new byte[8]) }),
        "data too short" => KindDatasets.Sequences(Steps(1, 2), Requests.Floats([1, 2, 3], 2, 2)),
        "bytes" => KindDatasets.Sequences(Steps(1, 2), new Tensor
        {
            DataType = Tensor.Types.DataType.Uint8,
            Shape = { 1, 2 },
            Data = ByteString.CopyFrom(1, 2),
        }),
        "split and splits" => new ItemBatch(KindDatasets.Sequences(Steps(1, 2))) { Split = Split.Test, Splits = { Split.Test } },
        "fewer splits" => new ItemBatch(KindDatasets.Sequences(Steps(1, 2), Steps(1, 2))) { Splits = { Split.Test } },
        "unknown split" => new ItemBatch(KindDatasets.Sequences(Steps(1, 2), Steps(1, 2))) { Splits = { Split.Test, (Split)9 } },
        "unknown gold" => new ItemBatch(KindDatasets.Sequences(Steps(1, 2), Steps(1, 2))) { GoldClasses = { "", "none" } },
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
    };

    private static Tensor Steps(params float[] values) => Requests.Floats(values, values.Length / 2, 2);
}
