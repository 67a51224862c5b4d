using CsCheck;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Tests.Training;

public sealed class EpochPlanTests
{
    [Fact]
    public void Pieces_cover_every_item_and_annotation_once_and_stay_within_their_bounds() =>
        Gen.Select(Gen.Int[0, 5].Array[1, 30], Gen.Int[1, 9], Gen.Int[1, 6], Gen.Int[0, 1000]).Sample((counts, batchSize, itemsPerPiece, seed) =>
        {
            int[] offsets = [0, .. counts.Select((_, i) => counts[..(i + 1)].Sum())];
            var annotations = offsets[^1];
            // Head a belongs to annotation a alone, so that annotations can be told apart.
            var annotated = new AnnotatedItems(
                [.. counts.Select((_, i) => i)], [.. counts.Select((_, i) => 100 + i)], offsets,
                [.. Enumerable.Range(0, annotations)], new int[annotations]);
            var order = Enumerable.Range(0, counts.Length).ToArray();
            new Random(seed).Shuffle(order);
            using var plan = new EpochPlan(annotated, order, batchSize, itemsPerPiece);

            Assert.Equal((counts.Length + batchSize - 1) / batchSize, plan.Batches.Count);
            var heads = new List<int>();
            var items = new List<long>();
            foreach (var batch in plan.Batches)
            {
                Assert.InRange(batch.Sum(piece => piece.Count), 1, batchSize);
                foreach (var piece in batch)
                {
                    Assert.InRange(piece.Count, 1, itemsPerPiece);
                    using var rows = plan.Rows(piece);
                    using var ids = plan.Items(piece);
                    var own = ids.data<long>().ToArray();
                    Assert.Equal(own.Select(id => id + 100), rows.data<long>().ToArray());
                    items.AddRange(own);
                    var annotationRows = plan.AnnotationRows(piece);
                    for (var a = 0; a < annotationRows.Length; a++)
                    {
                        var head = plan.AnnotationHeads(piece)[a];
                        var item = (int)own[annotationRows[a]];
                        Assert.InRange(head, offsets[item], offsets[item + 1] - 1);
                        heads.Add(head);
                    }
                }
            }

            Assert.Equal(order.Select(i => (long)i), items);
            Assert.Equal(Enumerable.Range(0, annotations), heads.Order());
        }, threads: 1, iter: 200);
}
