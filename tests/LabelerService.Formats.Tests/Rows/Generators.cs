using CsCheck;
using LabelerService.Core.Datasets;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Tests.Rows;

/// <summary>Random rows with everything that the service can hold.</summary>
internal static class Generators
{
    // Valid UTF-16 that formats find hard: quotes, separators, line breaks, controls, marks, formulas, and characters outside the first plane.
    private static readonly Gen<string> Piece = Gen.OneOf(
        Gen.Char["abcdefgh0123456789-_ "].Select(c => c.ToString()),
        Gen.OneOf(
            "\"", "\"\"", ",", ";", "\t", "\n", "\r", "\r\n", "'", "\\", "/", "{", "}", "[", "]", ":", "=", "+", "-", "@", " ", "\u0001", "\u0085",
            "\u00A0", "\u2028", "\uFEFF", "\uFFFD", "é", "ß", "漢", "עברית", "🏥", "e\u0301", "null", "true", "NaN"));

    /// <summary>Text of some characters, never empty.</summary>
    public static Gen<string> Text { get; } = Piece.Array[1, 12].Select(string.Concat);

    /// <summary>A key of at most 256 bytes.</summary>
    public static Gen<string> Key { get; } = Text;

    /// <summary>A moment to the microsecond, from 1970 until now.</summary>
    public static Gen<DateTimeOffset> Time { get; } =
        Gen.Long[0, (TestFile.Now.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / 10].Select(micros => DateTimeOffset.UnixEpoch.AddTicks(micros * 10));

    /// <summary>Any number from 0 to 1 that single precision has.</summary>
    public static Gen<float> Confidence { get; } = Gen.OneOf(Gen.OneOf(0f, 1f, float.Epsilon, 0.1f), Gen.Int[0, 0x3F80_0000].Select(BitConverter.Int32BitsToSingle));

    /// <summary>A label with or without everything optional, or taken back.</summary>
    public static Gen<LabelRow> Label { get; } = Gen.Select(
        Key, Key, Text, Time.Nullable(), Confidence.Nullable(), Gen.Int[0, 2_147_483_000].Nullable(), Gen.Int[0, 9],
        (item, labeler, label, time, confidence, duration, retracted) => retracted == 0
            ? new LabelRow(item, labeler, "", Retracted: true)
            : new LabelRow(item, labeler, label, time, confidence, duration is { } ms ? TimeSpan.FromMilliseconds(ms) : null));

    /// <summary>A gold class.</summary>
    public static Gen<GoldRow> Gold { get; } = Gen.Select(Key, Text, (item, label) => new GoldRow(item, label));

    /// <summary>A labeler.</summary>
    public static Gen<LabelerRow> Labeler { get; } = Gen.Select(
        Key, Gen.OneOf(Gen.Const(""), Text), Gen.Dictionary(Text, Gen.OneOf(Gen.Const(""), Text))[0, 4],
        (labeler, name, tags) => new LabelerRow(labeler, name, tags));

    /// <summary>Any finite single-precision number.</summary>
    public static Gen<float> Feature { get; } = Gen.OneOf(
        Gen.OneOf(0f, -0f, 1f, float.MaxValue, float.MinValue, float.Epsilon, 1e-30f), Gen.UInt.Select(BitConverter.UInt32BitsToSingle).Where(float.IsFinite));

    /// <summary>Items of one kind, as our own files have them.</summary>
    public static Gen<ItemRow> Item(ItemKind kind, bool files) => Gen.Select(
        Key, Gen.OneOf(Split.Train, Split.Validation, Split.Test), Text.Null(), Gen.Bool, Feature.Array[1, 6], Text, Gen.Byte.Array[0, 40],
        (item, split, gold, bare, features, text, image) => bare ? new ItemRow(item, split, gold) : kind switch
        {
            ItemKind.Text => new ItemRow(item, split, gold, Text: text),
            ItemKind.Image when files => new ItemRow(item, split, gold, Image: image),
            _ => new ItemRow(item, split, gold, new NumberBlock(features)),
        });
}
