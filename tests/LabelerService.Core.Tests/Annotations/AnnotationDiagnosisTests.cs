using LabelerService.Core.Annotations;

namespace LabelerService.Core.Tests.Annotations;

public sealed class AnnotationDiagnosisTests
{
    [Fact]
    public void A_table_with_overlap_and_all_classes_needs_no_warning() =>
        Assert.Empty(Codes(2, 2, 2, [(0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1)]));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 2)]
    public void Without_annotations_that_is_all_there_is_to_say(int items, int labelers) =>
        Assert.Equal(["NO_ANNOTATIONS"], Codes(items, labelers, 2, []));

    [Fact]
    public void One_labeler_is_named_though_others_are_registered() =>
        Assert.Equal(["ONE_LABELER", "NO_REPEATED_ITEMS"], Codes(2, 3, 2, [(0, 1, 0), (1, 1, 1)]));

    [Fact]
    public void One_class_by_nature_or_by_votes_is_told()
    {
        Assert.Equal(["ONE_CLASS"], Codes(1, 2, 1, [(0, 0, 0), (0, 1, 0)]));
        Assert.Equal(["ONE_CLASS", "CLASSES_NEVER_NAMED"], Codes(1, 2, 3, [(0, 0, 2), (0, 1, 2)]));
    }

    [Fact]
    public void Items_without_annotations_and_classes_nobody_names_are_counted()
    {
        var warnings = AnnotationDiagnosis.Of(Table(5, 2, 4, [(0, 0, 0), (0, 1, 0), (2, 0, 3), (2, 1, 3)]));

        Assert.Equal(["ITEMS_WITHOUT_ANNOTATIONS", "CLASSES_NEVER_NAMED"], warnings.Select(warning => warning.Code));
        Assert.StartsWith("3 of 5 items", warnings[0].Text, StringComparison.Ordinal);
        Assert.StartsWith("2 of 4 classes", warnings[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Labelers_who_share_no_item_even_through_others_are_in_groups()
    {
        // 0–2 through item 0, 2–4 through item 1: one group of three; 1–3 another; 5 has no annotations.
        var table = Table(3, 6, 2, [(0, 0, 0), (0, 2, 0), (1, 2, 1), (1, 4, 1), (2, 1, 0), (2, 3, 0)]);
        var warning = Assert.Single(AnnotationDiagnosis.Of(table));
        var groups = LabelerGroups.Of(table);

        Assert.Equal("DISCONNECTED_LABELERS", warning.Code);
        Assert.Contains("2 groups", warning.Text, StringComparison.Ordinal);
        Assert.Equal([0, 1, 0, 1, 0, -1], groups.Groups.ToArray());
        Assert.Equal(3, groups.Largest);
    }

    [Fact]
    public void Ties_everywhere_are_told_and_one_decided_item_ends_it()
    {
        Assert.Equal(["ALL_TIED"], Codes(2, 2, 2, [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]));
        Assert.Empty(Codes(2, 3, 2, [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 2, 0)]));
    }

    [Fact]
    public void A_labeler_who_repeats_an_item_is_no_second_opinion() =>
        Assert.Equal(
            ["DISCONNECTED_LABELERS", "NO_REPEATED_ITEMS"], Codes(2, 2, 2, [(0, 0, 0), (0, 0, 0), (1, 1, 1)]));

    /// <summary>Against the transitive closure of "share an item", on random sparse tables.</summary>
    [Fact]
    public void Groups_are_the_connected_components()
    {
        var random = new Random(5);
        for (var trial = 0; trial < 200; trial++)
        {
            const int Items = 8, Labelers = 9;
            var rows = Enumerable.Range(0, random.Next(1, 14)).Select(_ => (random.Next(Items), random.Next(Labelers), 0)).ToArray();
            var table = Table(Items, Labelers, 1, rows);
            var reach = new bool[Labelers, Labelers];
            foreach (var (item, labeler, _) in rows)
            {
                foreach (var (_, other, _) in rows.Where(row => row.Item1 == item))
                {
                    reach[labeler, other] = true;
                }
            }

            for (var via = 0; via < Labelers; via++)
            {
                for (var cell = 0; cell < Labelers * Labelers; cell++)
                {
                    reach[cell / Labelers, cell % Labelers] |= reach[cell / Labelers, via] && reach[via, cell % Labelers];
                }
            }

            var groups = LabelerGroups.Of(table).Groups.ToArray();
            for (var cell = 0; cell < Labelers * Labelers; cell++)
            {
                var (one, other) = (groups[cell / Labelers], groups[cell % Labelers]);
                Assert.Equal(reach[cell / Labelers, cell % Labelers], one >= 0 && one == other);
            }
        }
    }

    private static string[] Codes(int items, int labelers, int classes, (int Item, int Labeler, int Label)[] rows) =>
        [.. AnnotationDiagnosis.Of(Table(items, labelers, classes, rows)).Select(warning => warning.Code)];

    private static AnnotationTable Table(int items, int labelers, int classes, (int Item, int Labeler, int Label)[] rows) =>
        new(items, labelers, classes, [.. rows.Select(row => row.Item)], [.. rows.Select(row => row.Labeler)], [.. rows.Select(row => row.Label)]);
}
