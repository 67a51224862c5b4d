using CsCheck;
using LabelerService.Core.Acquisition;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Items;
using LabelerService.Core.Tests.Aggregation;
using LabelerService.Core.Tests.Data;
using LabelerService.Core.Tests.Items;

namespace LabelerService.Core.Tests.Acquisition;

public sealed class NextAnnotationsTests
{
    private static readonly AvailableLabeler[] Five = [.. Enumerable.Range(0, 5).Select(r => new AvailableLabeler(r))];

    [Fact]
    public void The_batch_is_the_greedy_one_found_by_trying_every_pair() => Gen.Select(Tables.Any, Gen.Int[0, 1000], Gen.Int[1, 3]).Sample((table, seed, perItem) =>
    {
        var random = new Random(seed);
        AvailableLabeler[] labelers =
            [.. Enumerable.Range(0, table.LabelerCount + 1).Select(r => new AvailableLabeler(r) { Cost = 1 + random.Next(3), MaxAnnotations = random.Next(4) })];
        var input = Input(table) with { Labelers = labelers };
        var batch = NextAnnotations.Rank(input, new NextOptions { Count = 8, MaxPerItem = perItem });

        AssertGreedy(input, labelers, batch.Annotations, count: 8, perItem);
    }, iter: 200, threads: 1);

    [Fact]
    public void Nobody_is_asked_twice_about_an_item_nor_more_than_the_limits_allow() => Gen.Select(Tables.Any, Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[0, 2]).Sample((table, perItem, profiles, policy) =>
    {
        AvailableLabeler[] labelers = [.. Enumerable.Range(0, table.LabelerCount).Select(r => new AvailableLabeler(r) { MaxAnnotations = r + 1 })];
        var batch = NextAnnotations.Rank(
            Input(table) with { Labelers = labelers },
            new NextOptions
            {
                Count = 30,
                MaxPerItem = perItem,
                MaxPerLabeler = 3,
                MaxProfiles = profiles,
                Policy = (NextPolicy)policy,
                MaxAnnotationsPerItem = 5,
            });
        var pairs = Enumerable.Range(0, table.Count).Select(i => (table.Items[i], table.Labelers[i])).Distinct()
            .Concat(batch.Annotations.Select(next => (next.Item, next.Labeler!.Value))).ToArray();

        Assert.Equal(pairs.Length, pairs.Distinct().Count());
        Assert.All(batch.Annotations.GroupBy(next => next.Labeler!.Value), group => Assert.True(group.Count() <= Math.Min(3, group.Key + 1)));
        Assert.All(batch.Annotations.GroupBy(next => next.Item), group =>
        {
            var (start, end) = table.RangeOfItem(group.Key);
            Assert.True(group.Count() <= perItem && end - start + group.Count() <= 5);
        });
        Assert.All(batch.Annotations, next => Assert.True(double.IsFinite(next.Score) && next.ExpectedInformationGain > 0));
    });

    [Fact]
    public void Who_knows_the_classes_in_question_is_asked()
    {
        // Labeler 0 tells 0 from 1 and nothing else, labeler 1 tells 2 from 3; item 0 is between 0 and 1, item 1 between 2 and 3.
        double[] first = [0.98, 0.02, 0, 0, 0.02, 0.98, 0, 0, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25];
        double[] second = [0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0, 0, 0.98, 0.02, 0, 0, 0.02, 0.98];
        var items = Enumerable.Range(0, 400).Select(n => n % 4).ToArray();
        var random = new Random(1);
        var rows = items.SelectMany((k, n) => new[]
        {
            (n + 2, 0, CrowdLabels.Draw(random, first.AsSpan(k * 4, 4))), (n + 2, 1, CrowdLabels.Draw(random, second.AsSpan(k * 4, 4))), (n + 2, 2, k), (n + 2, 3, k),
        });
        float[] model = [.. (float[])[0.5f, 0.5f, 0, 0, 0, 0, 0.5f, 0.5f], .. items.SelectMany(k => Enumerable.Range(0, 4).Select(c => c == k ? 0.7f : 0.1f))];
        var data = new AggregationInput(Tables.Of(402, 4, 4, [.. rows])) { ModelProbabilities = model };
        var batch = NextAnnotations.Rank(
            new NextInput(data, new AggregatorOf("model").Aggregate(data)) { Candidates = [0, 1], Labelers = [new(0), new(1)] },
            new NextOptions { ClassNames = ["ash", "beech", "cedar", "douglas"] });

        Assert.Equal(new Dictionary<int, int?> { [0] = 0, [1] = 1 }, batch.Annotations.ToDictionary(next => next.Item, next => next.Labeler));
        Assert.All(batch.Annotations, next => Assert.InRange(next.ExpectedInformationGain, 0.4, Math.Log(2)));
        Assert.StartsWith("no annotation yet: ash 0.50, beech 0.50; this labeler's answer tells 0.", batch.Annotations.Single(next => next.Item == 0).Reason);
        Assert.Equal("NO_MORE_POSSIBLE", Assert.Single(batch.Warnings).Code);
    }

    [Fact]
    public void Cheaper_labelers_are_asked_where_they_tell_more_for_their_cost()
    {
        var data = new AggregationInput(Tables.Of(3, 2, 2, (0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1)));
        var input = new NextInput(data, new AggregatorOf("hierarchical").Aggregate(data)) { Candidates = [2] };

        int? Asked(double first, double second) => NextAnnotations.Rank(
            input with { Labelers = [new(0) { Cost = first }, new(1) { Cost = second }] }).Annotations[0].Labeler;
        Assert.Equal(0, Asked(1, 2));
        Assert.Equal(1, Asked(2, 1));
    }

    [Fact]
    public void Items_that_are_sure_enough_known_or_full_are_done()
    {
        // Item 0: five agree; item 1: a tie; item 2: known; item 3: nothing.
        var table = WithBackground(4, (0, 0, 0), (0, 1, 0), (0, 2, 0), (0, 3, 0), (0, 4, 0), (1, 0, 0), (1, 1, 1), (2, 0, 1));
        var data = new AggregationInput(table) { Gold = Enumerable.Range(0, table.ItemCount).Select(n => n == 2 ? 1 : -1).ToArray() };
        var input = new NextInput(data, new AggregatorOf("hierarchical").Aggregate(data)) { Labelers = Five, Candidates = [0, 1, 2, 3] };

        NextBatch Batch(NextOptions options) => NextAnnotations.Rank(input, options);
        Assert.Equal(1, Batch(new NextOptions()).DoneItems);
        var sure = Batch(new NextOptions { DoneProbabilityWrong = 0.2 });
        Assert.Equal((2, 4), (sure.DoneItems, sure.CandidateItems));
        Assert.Equal([1, 3], sure.Annotations.Select(next => next.Item).Order());
        Assert.Equal(3, Batch(new NextOptions { MaxAnnotationsPerItem = 2 }).DoneItems);
    }

    [Fact]
    public void Without_labelers_items_are_suggested_for_anybody()
    {
        var batch = NextAnnotations.Rank(
            Input(WithBackground(3, (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1), (1, 2, 1))) with { Candidates = [0, 1, 2] }, new NextOptions { Count = 2 });

        Assert.All(batch.Annotations, next => Assert.Null(next.Labeler));
        Assert.DoesNotContain(1, batch.Annotations.Select(next => next.Item));
        Assert.Contains("an answer tells", batch.Annotations[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Items_nothing_is_known_of_are_drawn_by_the_seed()
    {
        var input = Input(Tables.Of(1000, 1, 2));
        int[] Items(int seed) => [.. NextAnnotations.Rank(input, new NextOptions { Count = 100, Seed = seed }).Annotations.Select(next => next.Item)];

        Assert.Equal(Items(1), Items(1));
        Assert.NotEqual(Items(1), Items(2));
        // A fair sample of 0…999 has a mean of 500 ± 29.
        Assert.InRange(Items(1).Average(), 380, 620);
    }

    [Fact]
    public void Threads_change_nothing_and_many_labelers_are_grouped()
    {
        var crowd = CrowdLabels.Simulate(3000, 4, 3, [.. Enumerable.Range(0, 300).Select(r => CrowdLabels.OneCoin(4, 0.3 + (r % 7 * 0.1)))], seed: 3);
        var data = new AggregationInput(crowd.Table);
        var input = new NextInput(data, new AggregatorOf("hierarchical").Aggregate(data)) { Labelers = [.. Enumerable.Range(0, 300).Select(r => new AvailableLabeler(r))] };
        NextBatch Batch(int threads, int profiles) =>
            NextAnnotations.Rank(input, new NextOptions { Count = 200, Threads = threads, MaxProfiles = profiles, MaxPerLabeler = 5 });

        var grouped = Batch(1, 16);
        Assert.Equal(grouped.Annotations, Batch(4, 16).Annotations);
        // Grouping loses little of what trying everybody finds.
        var everybody = Batch(1, 300).Annotations.Sum(next => next.ExpectedInformationGain);
        Assert.InRange(grouped.Annotations.Sum(next => next.ExpectedInformationGain) / everybody, 0.93, 1.001);
    }

    [Fact]
    public void ActiveLab_scores_are_those_worked_out_by_hand()
    {
        // Labelers 0 and 1 agree on items 0 and 1; labeler 2 disagrees with both on 0.
        var table = Tables.Of(3, 3, 2, (0, 0, 0), (0, 1, 0), (0, 2, 1), (1, 0, 1), (1, 1, 1));
        var scores = new ActiveLabScores(new AggregationInput(table) { ModelProbabilities = new[] { 0.8f, 0.2f, 0.6f, 0.4f, 0.3f, 0.7f } }, [0, 1, 1]);

        // Commonest class: 1 of 2 items, so E₀ = 0.5. Agreement: labelers 0 and 1 agree with 2 of 3 others, labeler 2 with 0 of 2.
        double w0 = 1 - ((1.0 / 3) / 0.5), w2 = 1e-6, mean = (w0 + w0 + w2) / 3;
        // The model is wrong on item 1: error 0.5 = E₀.
        var model = 1e-6 * Math.Sqrt(5.0 / 2);
        double Expected(double quality, double weight) => ((quality * weight) + (mean / 2)) / (weight + mean);
        Assert.Equal(Expected(0.9, w0 + w0 + w2 + model), scores.Of(0, 0.9), 1e-9);
        Assert.Equal(Expected(0.9, w0 + w0 + model), scores.Of(1, 0.9), 1e-9);
        Assert.Equal(Expected(0.7, model), scores.Of(2, 0.7), 1e-9);
        Assert.Equal(Expected(0.7, model + mean), scores.Of(2, 0.7, pending: 1), 1e-9);
    }

    [Fact]
    public void With_ActiveLab_and_uncertainty_less_sure_items_come_first()
    {
        var data = new AggregationInput(WithBackground(
            3, (0, 0, 0), (0, 1, 0), (0, 2, 0), (1, 0, 0), (1, 1, 1), (1, 2, 1), (1, 3, 0), (2, 0, 1), (2, 1, 1)));
        var input = new NextInput(data, new AggregatorOf("hierarchical").Aggregate(data)) { Labelers = Five, Candidates = [0, 1, 2] };
        foreach (var policy in (NextPolicy[])[NextPolicy.ActiveLab, NextPolicy.Uncertainty])
        {
            var batch = NextAnnotations.Rank(input, new NextOptions { Policy = policy });

            Assert.Equal(1, batch.Annotations[0].Item);
            Assert.Equal(batch.Annotations.OrderByDescending(next => next.Score), batch.Annotations);
            Assert.All(batch.Annotations, next => Assert.InRange(next.Score, 0, 1));
        }
    }

    [Fact]
    public void With_one_class_or_nobody_to_ask_there_is_a_word_about_it()
    {
        var one = NextAnnotations.Rank(Input(Tables.Of(2, 1, 1, (0, 0, 0))));
        Assert.Equal(("ONE_CLASS", 2), (Assert.Single(one.Warnings).Code, one.DoneItems));
        Assert.Empty(one.Annotations);
        var nobody = NextAnnotations.Rank(Input(Tables.Of(2, 1, 2, (0, 0, 0))) with { Labelers = [] });
        Assert.Equal("NO_LABELERS", Assert.Single(nobody.Warnings).Code);
        Assert.Throws<ArgumentException>(() => NextAnnotations.Rank(Input(Tables.Of(2, 1, 2)) with { Labelers = [new(0) { Cost = 0 }] }));
        Assert.Throws<ArgumentException>(() => NextAnnotations.Rank(Input(Tables.Of(2, 1, 2)) with { Candidates = [2] }));
    }

    // Five labelers alike, right on four items of five of a hundred more: so that it is known what they are worth.
    private static AnnotationTable WithBackground(int items, params (int Item, int Labeler, int Class)[] rows) => Tables.Of(
        items + 100, 5, 2,
        [
            .. rows, .. Enumerable.Range(0, 500).Select(i => (items + (i / 5), i % 5, ((i / 5) + (((i / 5) + i) % 5 == 0 ? 1 : 0)) % 2)),
        ]);

    private static NextInput Input(AnnotationTable table)
    {
        var data = new AggregationInput(table);
        return new NextInput(data, new AggregatorOf("hierarchical").Aggregate(data));
    }

    // Each is the best of all pairs after those before it. What follows depends on which of equal ones is taken, so it is taken from the batch.
    private static void AssertGreedy(NextInput input, AvailableLabeler[] labelers, IReadOnlyList<NextAnnotation> batch, int count, int perItem)
    {
        // A gain must be worth mentioning; that gain divided by its cost need not be. Sums in another order may differ about the limit.
        const double worth = 1e-9;
        var table = input.Data.Table;
        var calibrated = CalibratedPosteriors.Of(input.Data, input.Consensus);
        var pending = Enumerable.Range(0, table.ItemCount)
            .Select(n => new PendingAnswers(calibrated.Posteriors.AsSpan(n * table.ClassCount, table.ClassCount))).ToArray();
        InformationGain[] gains = [.. labelers.Select(labeler => new InformationGain(calibrated.Confusions.Matrix(labeler.Labeler), table.ClassCount))];
        int[] left = [.. labelers.Select(labeler => labeler.MaxAnnotations)];
        foreach (var (rank, next) in batch.Index())
        {
            var slot = next.Labeler!.Value;
            Assert.True(IsAllowed(next.Item, slot), $"{rank}: labeler {slot} is asked about item {next.Item}.");
            Assert.True(pending[next.Item].Gain(gains[slot]) > worth / 2, $"{rank}: nothing is gained.");

            // Those after the first may be found by what was true a little before.
            var tolerance = 1e-6 + (Best() * 0.02 * (rank > 0 ? 1 : 0));
            Assert.Equal(Score(next.Item, slot), next.Score, tolerance);
            Assert.Equal(Best(), next.Score, tolerance);
            pending[next.Item].Ask(gains[slot]);
            pending[next.Item].Asked.Add(slot);
            left[slot]--;
        }

        Assert.True(batch.Count == count || Allowed().All(pair => pending[pair.Item].Gain(gains[pair.Slot]) < 2 * worth), "Something is left to ask.");

        double Score(int item, int slot) => pending[item].Gain(gains[slot]) / labelers[slot].Cost;

        double Best() => Allowed().Where(pair => pending[pair.Item].Gain(gains[pair.Slot]) > worth / 2).Max(pair => Score(pair.Item, pair.Slot));

        IEnumerable<(int Item, int Slot)> Allowed() =>
            from item in Enumerable.Range(0, table.ItemCount) from slot in Enumerable.Range(0, labelers.Length) where IsAllowed(item, slot) select (item, slot);

        bool IsAllowed(int item, int slot)
        {
            var (start, end) = table.RangeOfItem(item);
            return left[slot] > 0 && pending[item].Asked.Count < perItem && !pending[item].Asked.Contains(slot) && !table.Labelers[start..end].Contains(slot);
        }
    }
}
