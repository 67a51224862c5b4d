using LabelerService.Core.Errors;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Security;
using LabelerService.Storage.Telemetry;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Ingest;

/// <summary>Who sends on beyond a quota is refused alone: the messages of others are written in groups as before.</summary>
public sealed class ExceededKeyTests(PostgresFixture database) : IClassFixture<PostgresFixture>, IDisposable
{
    private static readonly UnknownIds RegisterAll = new(UnknownLabelers.Register, UnknownItems.Register);
    private static readonly KeyAllowance Greedy = new("greedy", 1, 0);

    private readonly List<string[]> _groups = [];
    private readonly SemaphoreSlim _go = new(0);
    private bool _isRefused = true;
    private int _writing;

    public void Dispose() => _go.Dispose();

    [Fact]
    public async Task Once_refused_a_key_shares_no_group_until_something_of_it_is_stored_again()
    {
        var dataset = await Some.DatasetAsync(database);
        var queue = new AnnotationQueue(WriteAsync, lanes: 1, lanesEach: 1, groupRows: 100);

        // Nobody knows of it yet: its group is written once more, message by message.
        var (first, _) = await RoundAsync();
        Assert.Equal(["plug", "a b greedy c d", "a", "b", "greedy", "c", "d"], first);

        // Now it goes alone, and the others together.
        var (second, refused) = await RoundAsync();
        Assert.Equal(["plug", "a b c d", "greedy"], second);
        Assert.Equal(ServiceException.KeyQuotaExceeded, refused!.Reason);

        // Another day: what is stored makes it one like the others.
        _isRefused = false;
        Assert.Equal(["plug", "a b c d", "greedy"], (await RoundAsync()).Groups);
        Assert.Equal(["plug", "a b greedy c d"], (await RoundAsync()).Groups);

        // While the only lane is at the first message, the others come.
        async Task<(string[] Groups, ServiceException? Refused)> RoundAsync()
        {
            _groups.Clear();
            var plug = Add("plug", null);
            while (Volatile.Read(ref _writing) == 0)
            {
                await Task.Yield();
            }

            QueuedMessage[] others = [Add("a", null), Add("b", null), Add("greedy", Greedy), Add("c", null), Add("d", null)];
            _go.Release(100);
            await plug.Done;
            foreach (var message in others.Where(message => message.Message.Key is null))
            {
                await message.Done;
            }

            var error = _isRefused ? await Assert.ThrowsAsync<ServiceException>(() => others[2].Done) : null;
            if (!_isRefused)
            {
                await others[2].Done;
            }

            while (_go.CurrentCount > 0)
            {
                await _go.WaitAsync();
            }

            return ([.. _groups.Select(group => string.Join(' ', group))], error);
        }

        QueuedMessage Add(string labeler, KeyAllowance? key)
        {
            var batch = AnnotationBatch.Create(dataset.Schema, [new AnnotationWrite("item", labeler, 0)]);
            var message = new QueuedMessage(new AnnotationMessage(batch, null, key), new AnnotationSource(dataset, RegisterAll), database.Get<IngestMetrics>(), () => { });
            queue.Add(message);
            return message;
        }
    }

    private async Task<MessageOutcome[]> WriteAsync(AnnotationSource source, IReadOnlyList<AnnotationMessage> messages, int[] dependsOn)
    {
        Interlocked.Increment(ref _writing);
        await _go.WaitAsync();
        Interlocked.Decrement(ref _writing);
        _groups.Add([.. messages.Select(message => message.Batch[0].LabelerId)]);
        return _isRefused && messages.Any(message => message.Key is not null)
            ? throw new ServiceException(ErrorKind.ResourceExhausted, ServiceException.KeyQuotaExceeded, "no more today")
            : [.. messages.Select(_ => new MessageOutcome(new AnnotationWriteResult(1, 0, 0), null))];
    }
}
