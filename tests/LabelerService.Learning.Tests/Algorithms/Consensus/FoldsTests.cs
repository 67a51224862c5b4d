using CsCheck;
using LabelerService.Learning.Algorithms.Consensus;

namespace LabelerService.Learning.Tests.Algorithms.Consensus;

public sealed class FoldsTests
{
    [Fact]
    public void Every_item_is_held_out_once_a_repeat_and_never_by_a_fold_that_is_fitted_to_it() =>
        Gen.Select(Gen.Int[2, 40], Gen.Int[2, 8], Gen.Int[1, 3], Gen.Int).Sample((items, parts, repeats, seed) =>
        {
            var folds = Folds.Draw(items, parts, repeats, new Random(seed));
            for (var repeat = 0; repeat < repeats; repeat++)
            {
                var mine = folds.Where(fold => fold.Repeat == repeat).ToArray();
                Assert.Equal(Enumerable.Range(0, items), mine.SelectMany(fold => fold.HeldOut).Order());
                Assert.All(mine, fold => Assert.Equal(Enumerable.Range(0, items).Except(fold.HeldOut), fold.Train));
                Assert.All(mine, fold => Assert.NotEmpty(fold.HeldOut));
                Assert.All(mine, fold => Assert.NotEmpty(fold.Train));
            }
        });

    [Fact]
    public void A_single_item_is_both_fitted_to_and_predicted()
    {
        var fold = Assert.Single(Folds.Draw(1, 5, 3, new Random(1)));

        Assert.Equal([0], fold.Train);
        Assert.Equal([0], fold.HeldOut);
    }
}
