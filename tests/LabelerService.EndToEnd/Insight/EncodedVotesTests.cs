using System.Text;
using LabelerService.Core.Datasets;
using LabelerService.Server.Insight;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;

namespace LabelerService.EndToEnd.Insight;

/// <summary>Models of texts and of sequences vote as those of vectors do: trained, stored and read back by the parts that do so in the service.</summary>
public sealed class EncodedVotesTests(VotingModels fixture) : IClassFixture<VotingModels>
{
    private const int Items = 40;

    [Theory]
    [InlineData(ItemKind.Text)]
    [InlineData(ItemKind.Sequence)]
    public async Task A_model_is_silent_on_what_it_has_learnt_and_predicts_other_items_and_contents_that_changed(ItemKind kind)
    {
        var dataset = await DatasetAsync(kind);
        await fixture.TrainAsync(dataset, "dn");
        var keys = await fixture.KeysAsync(dataset);
        var cache = new ModelVoteCache();
        var before = await fixture.Votes(cache).GetAsync(dataset, "dn", 1, null, keys, null, default);
        Assert.Equal((Items / 2, Items / 2, 0), (before.Predicted, before.Withheld, before.WithoutFeatures));

        // Gold is no change of what an item is; another content is; and a sequence that the model cannot read is nothing it could speak of.
        await fixture.Get<GoldStore>().SetAsync(dataset, [new GoldWrite("item-0", 1)], null, default);
        await fixture.Get<ItemStore>().UpsertAsync(dataset, [Item(kind, 2, 77), new ItemWrite("bare", Split.Train, default)], null, default);
        if (kind == ItemKind.Sequence)
        {
            await fixture.Get<ItemStore>().UpsertAsync(
                dataset, [new ItemWrite("long", Split.Test, FeaturePacking.Pack(new float[2 * 50]))], null, default);
        }

        keys = await fixture.KeysAsync(dataset);
        foreach (var votes in (ModelVotes[])[fixture.Votes(cache), fixture.Votes()])
        {
            var after = await votes.GetAsync(dataset, "dn", 1, null, keys, null, default);
            Assert.Equal(
                ((Items / 2) + 1, (Items / 2) - 1, kind == ItemKind.Sequence ? 2 : 1), (after.Predicted, after.Withheld, after.WithoutFeatures));
        }
    }

    private static ItemWrite Item(ItemKind kind, int item, int content)
    {
        var split = item % 2 == 0 ? Split.Train : Split.Test;
        return kind == ItemKind.Text
            ? new ItemWrite($"item-{item}", split, default, Content: new ItemContent(
                ContentType.Text, Encoding.UTF8.GetBytes($"{(content / 2 % 2 == 0 ? "a fine film" : "a dull plot")}, says viewer {content}")))
            : new ItemWrite($"item-{item}", split, FeaturePacking.Pack(
                [.. Enumerable.Range(0, 2 * (1 + (content % 6))).Select(value => MathF.Sin(value + content) + (content / 2 % 2))]));
    }

    private async Task<DatasetRecord> DatasetAsync(ItemKind kind)
    {
        var dataset = await fixture.Get<DatasetStore>().CreateAsync(
            new DatasetWrite(
                $"votes-{kind.ToString().ToLowerInvariant()}",
                new DatasetSchema(["fine", "dull"], LabelKind.Binary, kind, kind == ItemKind.Text ? [] : [2])), null, default);
        await fixture.Get<ItemStore>().UpsertAsync(dataset, [.. Enumerable.Range(0, Items).Select(i => Item(kind, i, i))], null, default);
        AnnotationWrite[] labels =
        [
            .. Enumerable.Range(0, Items).Where(i => i % 2 == 0)
                .SelectMany(i => Enumerable.Range(0, 2).Select(labeler => new AnnotationWrite($"item-{i}", $"labeler-{labeler}", i / 2 % 2))),
        ];
        await fixture.Get<AnnotationStore>().WriteAsync(dataset, labels, UnknownLabelers.Register, null, default);
        return dataset;
    }
}
