using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.TestKit.Suites;
using Npgsql;

namespace LabelerService.EndToEnd.Faults;

/// <summary>Labels that come twice, late, or at the same moment as others that say something else.</summary>
[Trait("Suite", "faults")]
[Collection(SharedService.Name)]
public sealed class ContradictionTests(ServiceFixture fixture)
{
    private const int Clients = 8;
    private static readonly DateTimeOffset Today = new(2026, 11, 28, 0, 0, 0, TimeSpan.Zero);
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task The_same_label_from_many_clients_at_once_is_stored_once()
    {
        var rounds = LongForm.Of(20, 200);
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, rounds);
        for (var round = 0; round < rounds; round++)
        {
            var item = $"i{round}";
            var counts = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => _service.AnnotateAsync(dataset, Requests.Says("anna", item, "a"))));
            Assert.Equal((1, Clients - 1), (counts.Sum(count => count.Created), counts.Sum(count => count.Unchanged)));
        }

        await using var database = NpgsqlDataSource.Create(_service.DatabaseConnectionString());
        var stored = (await StoredState.ReadAsync(database, dataset)).Of("anna");
        Assert.Equal(rounds, stored.Count);
        Assert.All(stored.Values, revisions => Assert.Equal([new StoredRevision(1, 0)], revisions));
        Assert.Empty(await Invariants.CheckAsync(database));
        SuiteReport.Add("faults", "the same label from many clients at once", ("clients", Clients), ("labels", rounds), ("doubled", 0));
    }

    [Fact]
    public async Task Labels_that_contradict_each_other_at_once_make_one_line_of_revisions()
    {
        var messages = LongForm.Of(40, 500);
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 1);
        string[] classes = ["a", "b", "c"];
        var answers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            var (random, total) = (new Random(LongForm.Seed + client), new AnnotationWriteCounts());
            for (var message = 0; message < messages; message++)
            {
                var says = Requests.Says("anna", "i0", classes[random.Next(classes.Length)]);
                if (random.Next(5) == 0)
                {
                    says = new Annotation { ItemId = "i0", LabelerId = "anna", Retracted = true };
                }

                var counts = await _service.AnnotateAsync(dataset, says);
                total.Created += counts.Created;
                total.Revised += counts.Revised;
                total.Unchanged += counts.Unchanged;
                total.Retracted += counts.Retracted;
            }

            return total;
        }));

        await using var database = NpgsqlDataSource.Create(_service.DatabaseConnectionString());
        var revisions = (await StoredState.ReadAsync(database, dataset)).Of("anna")[0];

        // Every message is in the line or was answered to have changed nothing; nobody's revision hides another's.
        var changes = answers.Sum(count => count.Created + count.Revised + count.Retracted);
        Assert.Equal(Clients * messages, changes + answers.Sum(count => count.Unchanged));
        Assert.Equal(Enumerable.Range(1, (int)changes), revisions.Select(revision => revision.Number));
        Assert.All(revisions.Zip(revisions.Skip(1)), pair => Assert.NotEqual(pair.First.Class, pair.Second.Class));
        Assert.Equal(answers.Sum(count => count.Retracted), revisions.Count(revision => revision.Class is null));
        SuiteReport.Add("faults", "contradictory labels at once", ("clients", Clients), ("messages", Clients * messages), ("revisions", changes), ("lost", 0));
    }

    [Fact]
    public async Task A_label_that_comes_late_is_a_revision_like_any_other_whatever_its_clock_says()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 1);
        var (now, old) = (Requests.Says("anna", "i0", "a"), Requests.Says("anna", "i0", "b"));
        now.AnnotateTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(Today);
        old.AnnotateTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(Today.AddYears(-1));
        await _service.AnnotateAsync(dataset, now);
        Assert.Equal(1, (await _service.AnnotateAsync(dataset, old)).Revised);
        var annotation = Assert.Single((await _service.Annotations.ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset })).Annotations);
        Assert.Equal(("b", 2, old.AnnotateTime), (annotation.ClassName, annotation.Revision, annotation.AnnotateTime));
    }
}
