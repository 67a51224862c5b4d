using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Text;
using LabelerService.Server.Inference;
using LabelerService.Server.Tests.Cards;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Tests.Inference;

public sealed class ItemEncodersTests
{
    private static readonly string[] Texts = ["a red fox", "a grey goose", "the red hen", "grey geese fly"];
    private static readonly TextEncoder Fitted = TextEncoder.Fit(Texts, new TextFeaturizerOptions { MaximumAnchors = 4 });

    private int _reads;

    [Fact]
    public async Task What_versions_share_is_read_once_and_given_up_with_the_last_of_them()
    {
        var encoders = new ItemEncoders(Read(Fitted.ToBytes()));
        var borrowed = await Task.WhenAll(Enumerable.Range(1, 4).Select(number => encoders.BorrowAsync(Dataset, Version(number, Fitted.Encoding), default)));
        Assert.Equal(1, _reads);
        Assert.All(borrowed, loaded => Assert.Same(borrowed[0]!.Encoder, loaded!.Encoder));
        Assert.Equal(Rows(Fitted), Rows(borrowed[0]!.Encoder));
        foreach (var loaded in borrowed[1..])
        {
            loaded!.Dispose();
            loaded.Dispose();
        }

        Assert.Equal(1, encoders.Count);
        borrowed[0]!.Dispose();
        Assert.Equal(0, encoders.Count);
        (await encoders.BorrowAsync(Dataset, Version(5, Fitted.Encoding), default))!.Dispose();
        Assert.Equal(2, _reads);
    }

    [Fact]
    public async Task Vectors_need_no_encoder_and_sequences_nothing_that_is_stored()
    {
        var encoders = new ItemEncoders(Read([]));
        Assert.Null(await encoders.BorrowAsync(Dataset, Version(1, null), default));
        Assert.Null(await encoders.BorrowAsync(Dataset, Version(1, ItemEncoding.OfValues(4)), default));
        using var sequences = await encoders.BorrowAsync(Dataset, Version(1, ItemEncoding.OfSequences(2, 3)), default);
        Assert.Equal(7, sequences!.Encoder.Encoding.FeatureLength);
        Assert.Equal(0, _reads);
    }

    [Fact]
    public async Task What_cannot_be_read_is_said_to_be_corrupt_and_is_read_anew_the_next_time()
    {
        var bytes = Fitted.ToBytes();
        var damaged = bytes.ToArray();
        damaged[4] ^= 0xFF;
        var answers = new Queue<byte[]>([damaged, bytes]);
        var encoders = new ItemEncoders((_, _) => Task.FromResult(answers.Dequeue()));
        var error = await Assert.ThrowsAsync<ServiceException>(() => encoders.BorrowAsync(Dataset, Version(1, Fitted.Encoding), default));
        Assert.Equal("ARTEFACT_CORRUPT", error.Reason);
        Assert.Equal(0, encoders.Count);
        using var loaded = await encoders.BorrowAsync(Dataset, Version(1, Fitted.Encoding), default);
        Assert.Equal(Rows(Fitted), Rows(loaded!.Encoder));
    }

    [Fact]
    public async Task Rows_that_the_model_does_not_take_are_refused()
    {
        var encoders = new ItemEncoders(Read(Fitted.ToBytes()));
        var version = Version(1, Fitted.Encoding);
        version = version with { Manifest = version.Manifest with { FeatureLength = Fitted.Encoding.FeatureLength + 1 } };
        var error = await Assert.ThrowsAsync<ServiceException>(() => encoders.BorrowAsync(Dataset, version, default));
        Assert.Equal("ARTEFACT_CORRUPT", error.Reason);
        Assert.Equal(0, encoders.Count);
    }

    private static DatasetRecord Dataset { get; } = new()
    {
        Key = 1,
        Id = "notes",
        Uid = Guid.Empty,
        DisplayName = "",
        Schema = new DatasetSchema(["a", "b"], LabelKind.Binary, ItemKind.Text, []),
        Tags = new Dictionary<string, string>(),
        CreateTime = DateTimeOffset.UnixEpoch,
        UpdateTime = DateTimeOffset.UnixEpoch,
        Version = 1,
        Quota = new DatasetQuota(),
    };

    private static ModelVersionRecord Version(int number, ItemEncoding? encoding) => new(
        "wdn", number, new string('b', 64), 1234,
        SomeCards.Manifest() with { Encoding = encoding, FeatureLength = encoding?.FeatureLength ?? 4 }, "r-1", ModelVersionState.Ready,
        DateTimeOffset.UnixEpoch);

    private static float[] Rows(IItemEncoder encoder)
    {
        var rows = new float[encoder.Encoding.FeatureLength];
        encoder.Encode([new RawItem(default, "a red goose")], rows, default);
        return rows;
    }

    private Func<string, CancellationToken, Task<byte[]>> Read(byte[] bytes) => async (_, _) =>
    {
        Interlocked.Increment(ref _reads);
        await Task.Yield();
        return bytes;
    };
}
