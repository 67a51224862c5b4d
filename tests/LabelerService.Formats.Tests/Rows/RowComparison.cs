using LabelerService.Formats.Rows;

namespace LabelerService.Formats.Tests.Rows;

/// <summary>Whether two rows are the same, bit for bit.</summary>
internal static class RowComparison
{
    public static bool Same(LabelRow left, LabelRow right) => left == right;

    public static bool Same(GoldRow left, GoldRow right) => left == right;

    public static bool Same(LabelerRow left, LabelerRow right) =>
        left.Labeler == right.Labeler && left.DisplayName == right.DisplayName && left.Tags.Count == right.Tags.Count
        && left.Tags.All(tag => right.Tags.TryGetValue(tag.Key, out var value) && value == tag.Value);

    public static bool Same(ItemRow left, ItemRow right) =>
        left with { Features = null, Image = null } == right with { Features = null, Image = null }
        && left.Image.HasValue == right.Image.HasValue && left.Image.GetValueOrDefault().Span.SequenceEqual(right.Image.GetValueOrDefault().Span)
        && (left.Features is null) == (right.Features is null)
        && (left.Features is null || (left.Features.Steps == right.Features!.Steps && left.Features.Values.Select(BitConverter.SingleToInt32Bits)
            .SequenceEqual(right.Features.Values.Select(BitConverter.SingleToInt32Bits))));
}
