using LabelerService.Core.Datasets;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Runs;

/// <summary>Which trainers may take a run, while two versions share a queue.</summary>
public sealed class TrainerLevelTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    [Theory]
    [InlineData(ItemKind.Vector, "wdn", "", "", TrainerLevel.First)]
    [InlineData(ItemKind.Vector, "wdn", "epochs", "5", TrainerLevel.First)]
    [InlineData(ItemKind.Vector, "wdn", "backbone", "mlp", TrainerLevel.First)]
    [InlineData(ItemKind.Vector, "wdn", "backbone", "auto", TrainerLevel.Backbones)]
    [InlineData(ItemKind.Vector, "wdn", "capacity", "s", TrainerLevel.Backbones)]
    [InlineData(ItemKind.Vector, "wdn", "pretrained", "datasets/d/backbones/b", TrainerLevel.Backbones)]
    [InlineData(ItemKind.Vector, "bingo", "", "", TrainerLevel.Backbones)]
    [InlineData(ItemKind.Vector, "x-theirs", "", "", TrainerLevel.Backbones)]
    [InlineData(ItemKind.Image, "wdn", "", "", TrainerLevel.Backbones)]
    [InlineData(ItemKind.Text, "wdn", "", "", TrainerLevel.Backbones)]
    [InlineData(ItemKind.Sequence, "wdn", "", "", TrainerLevel.Backbones)]
    public void A_run_needs_the_level_that_does_what_it_asks_for(ItemKind kind, string algorithm, string key, string value, short level)
    {
        var settings = new Dictionary<string, string>();
        if (key.Length > 0)
        {
            settings[key] = value;
        }

        var schema = new DatasetSchema(["a", "b"], LabelKind.Binary, kind, kind == ItemKind.Text ? [] : [4]);
        Assert.Equal(level, TrainerLevel.Of(schema, new RunWrite("r", algorithm, "m", 1, settings)));
    }

    [Fact]
    public void A_curve_and_a_warm_start_need_the_level_that_came_with_backbones()
    {
        var run = new RunWrite("r", "wdn", "m", 1, new Dictionary<string, string>());
        Assert.Equal(TrainerLevel.Backbones, TrainerLevel.Of(Some.Schema(), run with { CurveId = "c" }));
        Assert.Equal(TrainerLevel.Backbones, TrainerLevel.Of(Some.Schema(), run with { WarmStart = new WarmStart("m", 1) }));
    }

    [Fact]
    public async Task Whoever_does_not_say_its_level_claims_no_run_that_needs_one_and_a_later_level_is_left_alone_too()
    {
        var runs = database.Get<RunStore>();
        var dataset = await Some.DatasetAsync(database);
        await runs.CreateAsync(dataset, new RunWrite("curve", "wdn", "m", 1, new Dictionary<string, string>()) { CurveId = "c" }, null, default);
        await runs.CreateAsync(dataset, new RunWrite("later", "wdn", "m", 1, new Dictionary<string, string>()), null, default);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);

        // As the version before claims.
        const string Claim = "UPDATE training_runs SET state = 2, attempt = attempt + 1, fencing_token = fencing_token + 1 WHERE run_id = 'curve'";
        await using (var claim = source.CreateCommand(Claim))
        {
            Assert.Equal(0, await claim.ExecuteNonQueryAsync());
        }

        await using (var later = source.CreateCommand($"UPDATE training_runs SET trainer_level = {TrainerLevel.Current + 1} WHERE run_id = 'later'"))
        {
            Assert.Equal(1, await later.ExecuteNonQueryAsync());
        }

        Assert.Equal("curve", (await runs.TryClaimAsync("t", TimeSpan.FromMinutes(5), default))?.Run.RunId);
        Assert.Null(await runs.TryClaimAsync("t", TimeSpan.FromMinutes(5), default));
    }
}
