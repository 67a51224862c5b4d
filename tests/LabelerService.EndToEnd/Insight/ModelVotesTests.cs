using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.EndToEnd.Predictions;
using LabelerService.Learning;
using LabelerService.Server.Insight;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Models;
using LabelerService.Storage.Queries;
using Npgsql;

namespace LabelerService.EndToEnd.Insight;

/// <summary>What a model says as one more voter: trained, stored and read back by the parts that do so in the service.</summary>
public sealed class ModelVotesTests(VotingModels fixture) : IClassFixture<VotingModels>
{
    private const int Classes = 3;

    [Fact]
    public async Task A_consensus_model_votes_out_of_fold_where_it_was_trained_and_predicts_everything_else()
    {
        var (crowd, dataset) = await fixture.CrowdAsync();
        var version = await fixture.TrainAsync(dataset, "consensus");
        var keys = await fixture.KeysAsync(dataset);
        var votes = await fixture.Votes().GetAsync(dataset, "consensus", null, null, keys, null, default);

        // The same data, settings and seed give the same again.
        using var snapshot = await fixture.Get<SnapshotReader>().ReadAsync(dataset.Id, default);
        var trained = new ModelTrainer(TimeProvider.System, version.Manifest.CodeVersion).Train(
            snapshot, AlgorithmCatalogue.Validate("consensus", VotingModels.Quick), 1, null, default);
        Assert.Equal(crowd.Snapshot.Splits.Count(split => split == Split.Train), trained.TrainingItems.Count);
        var served = PublishedModels.Expected(trained, crowd.Snapshot.Features.Load());
        foreach (var item in Enumerable.Range(0, keys.Length))
        {
            var at = trained.TrainingItems.ToList().IndexOf(item);
            if (at >= 0)
            {
                Assert.Equal(trained.OutOfFold.Skip(at * Classes).Take(Classes), Row(votes, item));
            }
            else
            {
                Assert.All(served.Skip(item * Classes).Take(Classes).Zip(Row(votes, item)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
            }
        }

        Assert.Equal((trained.TrainingItems.Count, keys.Length - trained.TrainingItems.Count, 0, 0), Counts(votes));
        Assert.Empty(votes.Warnings);
        Assert.Equal(($"datasets/{dataset.Id}/models/consensus/versions/1", 1), (votes.Name, votes.Version.Version));
    }

    [Fact]
    public async Task A_model_that_has_learnt_the_annotations_is_silent_on_them_and_says_so()
    {
        var (crowd, dataset) = await fixture.CrowdAsync();
        await fixture.TrainAsync(dataset, "dn");
        var keys = await fixture.KeysAsync(dataset);
        var votes = await fixture.Votes().GetAsync(dataset, "dn", 1, null, keys, null, default);

        var train = crowd.Snapshot.Splits.Count(split => split == Split.Train);
        Assert.Equal((0, keys.Length - train, train, 0), Counts(votes));
        Assert.All(Enumerable.Range(0, keys.Length), item => Assert.Equal(crowd.Snapshot.Splits[item] == Split.Train ? 0 : 1, Row(votes, item).Sum(), 1e-5));
        var warning = Assert.Single(votes.Warnings);
        Assert.Equal("MODEL_WITHOUT_OUT_OF_FOLD", warning.Code);
        Assert.Contains($"{train} of these items", warning.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_of_before_out_of_fold_was_kept_is_silent_on_all_that_was_annotated_by_then()
    {
        var (crowd, dataset) = await fixture.CrowdAsync();
        await fixture.TrainAsync(dataset, "consensus");

        // As the service published it before: the graph and nothing else.
        await using (var old = fixture.Get<NpgsqlDataSource>().CreateCommand(
            "UPDATE model_versions SET out_of_fold_sha256 = NULL, out_of_fold_length = NULL WHERE dataset_id = $1"))
        {
            old.Parameters.Add(new NpgsqlParameter { Value = dataset.Key });
            Assert.Equal(1, await old.ExecuteNonQueryAsync());
        }

        var keys = await fixture.KeysAsync(dataset);
        var test = Array.IndexOf(crowd.Snapshot.Splits, Split.Test);
        await fixture.Get<AnnotationStore>().WriteAsync(
            dataset, [new AnnotationWrite($"item-{test}", "labeler-0", 0)], UnknownLabelers.Reject, null, default);
        var votes = await fixture.Votes().GetAsync(dataset, "consensus", 1, null, keys, null, default);

        var annotated = crowd.Snapshot.Splits.Count(split => split != Split.Test);
        Assert.Equal((0, keys.Length - annotated, annotated, 0), Counts(votes));
        Assert.Equal(1, Row(votes, test).Sum(), 1e-5);
    }

    [Fact]
    public async Task Gold_changes_no_vote_other_features_are_predicted_and_what_is_gone_says_nothing()
    {
        var (crowd, dataset) = await fixture.CrowdAsync();
        await fixture.TrainAsync(dataset, "consensus");
        var keys = await fixture.KeysAsync(dataset);
        var (cache, items) = (new ModelVoteCache(), fixture.Get<ItemStore>());
        var before = await fixture.Votes(cache).GetAsync(dataset, "consensus", 1, null, keys, null, default);
        await fixture.Get<GoldStore>().SetAsync(dataset, [new GoldWrite("item-0", 1)], null, default);
        var features = Enumerable.Range(0, 8).Select(d => 5f - d).ToArray();
        await items.UpsertAsync(
            dataset,
            [
                new ItemWrite("item-1", Split.Train, FeaturePacking.Pack(features)), new ItemWrite("item-149", Split.Test, FeaturePacking.Pack(features)),
                new ItemWrite("bare", Split.Train, default),
            ],
            null, default);
        await items.DeleteAsync(dataset, keys[2], default);
        var all = (await fixture.KeysAsync(dataset)).Append(keys[2]).Order().ToArray();
        Assert.Equal(keys.Length + 1, all.Length);

        // A server that has just started and one that has asked before say the same.
        foreach (var votes in (ModelVotes[])[fixture.Votes(cache), fixture.Votes()])
        {
            var after = await votes.GetAsync(dataset, "consensus", 1, null, all, null, default);
            Assert.Equal(Row(before, 0), Row(after, 0));
            Assert.NotEqual(Row(before, 1), Row(after, 1));
            Assert.Equal(1, Row(after, 1).Sum(), 1e-5);
            Assert.Equal(Row(after, 1), Row(after, 149));
            Assert.Equal(new float[Classes], Row(after, 2));
            Assert.Equal(new float[Classes], Row(after, 150));
            Assert.Equal(before.Probabilities[(3 * Classes)..(149 * Classes)], after.Probabilities[(3 * Classes)..(149 * Classes)]);
            Assert.Equal((before.OutOfFold - 2, before.Predicted + 1, 0, 2), Counts(after));
            Assert.Equal("ITEMS_WITHOUT_FEATURES", Assert.Single(after.Warnings).Code);
        }
    }

    [Fact]
    public async Task What_was_found_out_is_not_asked_for_again_and_a_damaged_table_is_refused_where_it_is_needed()
    {
        var (_, dataset) = await fixture.CrowdAsync();
        var version = await fixture.TrainAsync(dataset, "consensus");
        var keys = await fixture.KeysAsync(dataset);
        var cache = new ModelVoteCache();
        var first = await fixture.Votes(cache).GetAsync(dataset, "consensus", 1, null, keys, null, default);
        await using (var damage = fixture.Get<NpgsqlDataSource>().CreateCommand("UPDATE artefacts SET bytes = '\\x00' WHERE sha256 = $1"))
        {
            damage.Parameters.Add(new NpgsqlParameter { Value = Convert.FromHexString(version.OutOfFoldSha256!) });
            Assert.Equal(1, await damage.ExecuteNonQueryAsync());
        }

        var again = await fixture.Votes(cache).GetAsync(dataset, "consensus", 1, null, keys, null, default);
        Assert.Equal(first.Probabilities, again.Probabilities);
        Assert.Equal(Counts(first), Counts(again));
        var part = await fixture.Votes(cache).GetAsync(dataset, "consensus", 1, null, keys[5..9], null, default);
        Assert.Equal(first.Probabilities[(5 * Classes)..(9 * Classes)], part.Probabilities);

        var error = await Assert.ThrowsAsync<ServiceException>(() => fixture.Votes().GetAsync(dataset, "consensus", 1, null, keys, null, default));
        Assert.Equal((ErrorKind.FailedPrecondition, "ARTEFACT_CORRUPT"), (error.Kind, error.Reason));
    }

    [Fact]
    public async Task The_champion_votes_or_who_is_named_and_never_a_canary()
    {
        var (_, dataset) = await fixture.CrowdAsync(60);
        await fixture.TrainAsync(dataset, "consensus");
        await fixture.TrainAsync(dataset, "consensus");
        var models = fixture.Get<ModelStore>();
        await models.SetCanaryAsync(dataset, "consensus", 2, 0.99, new PromotionReason("", "test"), null, default);
        await models.SetAliasAsync(dataset, "consensus", "blue", 2, null, default);
        var (keys, votes) = (await fixture.KeysAsync(dataset), fixture.Votes());

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(1, (await votes.GetAsync(dataset, "consensus", null, null, keys, null, default)).Version.Version);
        }

        Assert.Equal(2, (await votes.GetAsync(dataset, "consensus", null, "blue", keys, null, default)).Version.Version);
        Assert.Equal(2, (await votes.ResolveAsync(dataset, "consensus", 2, null, default)).Version);
        foreach (var (model, version, alias) in ((string, int?, string?)[])[("none", null, null), ("consensus", 9, null), ("consensus", null, "red")])
        {
            var error = await Assert.ThrowsAsync<ServiceException>(() => votes.GetAsync(dataset, model, version, alias, keys, null, default));
            Assert.Equal((ErrorKind.NotFound, ModelVotes.Field), (error.Kind, Assert.Single(error.Violations).Field));
        }
    }

    [Fact]
    public async Task Progress_rises_to_the_end_and_whoever_cancels_holds_nobody_up()
    {
        var (_, dataset) = await fixture.CrowdAsync();
        await fixture.TrainAsync(dataset, "dn");
        var (keys, cache) = (await fixture.KeysAsync(dataset), new ModelVoteCache());
        using var cancelled = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Votes(cache).GetAsync(
            dataset, "dn", 1, null, keys, new Told(_ => cancelled.Cancel()), cancelled.Token));

        var shares = new List<double>();
        var tables = await Task.WhenAll(
            fixture.Votes(cache).GetAsync(dataset, "dn", 1, null, keys, new Told(shares.Add), default),
            fixture.Votes(cache).GetAsync(dataset, "dn", 1, null, keys, null, default));
        Assert.Equal(tables[0].Probabilities, tables[1].Probabilities);
        Assert.Equal(shares.Order(), shares);
        Assert.Equal(1, shares[^1]);
        Assert.All(shares, share => Assert.InRange(share, 0, 1));

        var none = await fixture.Votes().GetAsync(dataset, "dn", 1, null, [], null, default);
        Assert.Equal(((0, 0, 0, 0), 0), (Counts(none), none.Probabilities.Length));
        await Assert.ThrowsAsync<ArgumentException>(() => fixture.Votes().GetAsync(dataset, "dn", 1, null, [keys[1], keys[0]], null, default));
    }

    private static float[] Row(ModelVoteTable votes, int item) => votes.Probabilities[(item * Classes)..((item + 1) * Classes)];

    private static (int OutOfFold, int Predicted, int Withheld, int WithoutFeatures) Counts(ModelVoteTable votes) =>
        (votes.OutOfFold, votes.Predicted, votes.Withheld, votes.WithoutFeatures);

    private sealed class Told(Action<double> tell) : IProgress<double>
    {
        public void Report(double value) => tell(value);
    }
}
