using Google.Rpc;
using Grpc.Core;
using LabelerService.Client.Tests.Harness;
using LabelerService.Contracts.V1;

namespace LabelerService.Client.Tests.Uploads;

/// <summary>Acknowledged means committed; nothing is lost and nothing is stored twice, whatever breaks.</summary>
public sealed class AnnotationUploadTests
{
    private const int Rows = 200;

    private static readonly AnnotationUploadOptions Small = new() { MessageRows = 10 };

    [Fact]
    public async Task All_annotations_are_committed_in_order_and_reported()
    {
        var store = new AnnotationStore();
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client();
        var progress = new Reports();

        var counts = await client.Annotations.UploadAsync("d", Source(Rows), Small, progress);

        Assert.Equal(Ids(Rows), store.Committed.Select(annotation => annotation.ItemId));
        Assert.Equal(Rows, counts.Created);
        Assert.Equal(new UploadProgress(Rows, 0, 0), progress.Last);
        Assert.All(store.Arrived, rows => Assert.Equal(10, rows));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_is_cut_loses_nothing_and_doubles_nothing(bool afterTheCommit)
    {
        var store = new AnnotationStore();
        await using var host = await GrpcHost.StartAsync(store);
        Task CutAsync(int message)
        {
            if (message % 3 == 0)
            {
                host.Cut();
            }

            return Task.CompletedTask;
        }

        store.Before = (message, _) => afterTheCommit ? Task.CompletedTask : CutAsync(message);
        store.After = (message, _) => afterTheCommit ? CutAsync(message) : Task.CompletedTask;
        using var client = host.Client();
        var progress = new Reports();

        var counts = await client.Annotations.UploadAsync("d", Source(Rows), Small, progress);

        Assert.Equal(Ids(Rows), store.Committed.Select(annotation => annotation.ItemId));
        Assert.Equal(Rows, counts.Created);
        Assert.Equal(Rows, progress.Last!.Stored);
        Assert.True(store.Streams > 1);
    }

    [Fact]
    public async Task A_connection_that_is_cut_while_messages_are_written_is_a_break()
    {
        // Messages of almost 1 MiB do not fit the window of the connection: the client is still writing when it is cut.
        var store = new AnnotationStore();
        await using var host = await GrpcHost.StartAsync(store);
        store.Before = async (message, _) =>
        {
            if (message % 2 == 1 && store.Streams <= 4)
            {
                host.Cut();
                await Task.Yield();
            }
        };
        using var client = host.Client();

        await client.Annotations.UploadAsync(
            "d", Ids(60_000).ToAsyncEnumerable().Select(id => Said.Class(id, new string('l', 80), 0)));

        Assert.Equal(60_000, store.Committed.Count);
        Assert.Equal(60_000, store.Committed.Select(annotation => annotation.ItemId).Distinct().Count());
        Assert.True(store.Streams > 1);
    }

    [Fact]
    public async Task A_service_that_goes_down_is_waited_for()
    {
        var store = new AnnotationStore
        {
            Before = (message, _) => message is 2 or 3 or 5 ? throw Refusals.Of(Code.Unavailable, "SHUTTING_DOWN", "going down") : Task.CompletedTask,
        };
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client();

        await client.Annotations.UploadAsync("d", Source(Rows), Small);

        Assert.Equal(Ids(Rows), store.Committed.Select(annotation => annotation.ItemId));
    }

    [Fact]
    public async Task A_service_that_stays_away_ends_the_upload_with_what_is_stored()
    {
        var store = new AnnotationStore
        {
            Before = (message, _) => message > 2 ? throw Refusals.Of(Code.Unavailable, "SHUTTING_DOWN", "going down") : Task.CompletedTask,
        };
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client(settings => settings with { Retries = settings.Retries with { LongestOutage = TimeSpan.Zero } });
        var progress = new Reports();

        var error = await Assert.ThrowsAsync<LabelerException>(() => client.Annotations.UploadAsync("d", Source(Rows), Small, progress));

        Assert.Equal(StatusCode.Unavailable, error.Status);
        Assert.Equal("SHUTTING_DOWN", error.Reason);
        Assert.Equal(progress.Last!.Stored, store.Committed.Count);
    }

    [Fact]
    public async Task Refused_annotations_are_left_out_and_the_rest_is_stored()
    {
        var store = new AnnotationStore { Refuse = RefuseUnknown };
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client();
        var refused = new List<string>();
        var progress = new Reports();

        await client.Annotations.UploadAsync(
            "d", Source(Rows), Small with { OnRefused = (annotation, reason) => refused.Add($"{annotation.ItemId} {reason}") }, progress);

        Assert.Equal(Ids(Rows).Where(id => !Unknown(id)), store.Committed.Select(annotation => annotation.ItemId));
        Assert.Equal(Ids(Rows).Where(Unknown).Select(id => $"{id} item_id: there is no such item"), refused);
        Assert.Equal(Rows, progress.Last!.Stored + progress.Last.Refused);
    }

    [Fact]
    public async Task Without_a_place_for_refused_annotations_the_first_ends_the_upload_and_is_named_by_its_row()
    {
        var store = new AnnotationStore { Refuse = RefuseUnknown };
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client();

        var error = await Assert.ThrowsAsync<LabelerException>(() => client.Annotations.UploadAsync("d", Source(Rows), Small));

        Assert.Equal(StatusCode.NotFound, error.Status);
        Assert.Equal(["annotations[37].item_id", "annotations[38].item_id"], error.Violations.Select(violation => violation.Field));
        Assert.Equal(Ids(30), store.Committed.Select(annotation => annotation.ItemId));
    }

    [Fact]
    public async Task The_source_is_read_no_further_than_the_window()
    {
        var gate = new TaskCompletionSource();
        var store = new AnnotationStore { Before = (_, _) => gate.Task };
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client();
        var read = 0;
        var windowRead = new TaskCompletionSource();
        async IAsyncEnumerable<Annotation> CountedAsync()
        {
            await foreach (var annotation in Source(Rows))
            {
                if (++read == 31)
                {
                    windowRead.SetResult();
                }

                yield return annotation;
            }
        }

        var upload = client.Annotations.UploadAsync("d", CountedAsync(), Small with { Window = 3 });
        await windowRead.Task;

        // Three messages of ten, and the row that shows that the third is full.
        Assert.Equal(31, read);
        Assert.False(upload.IsCompleted);
        gate.SetResult();
        await upload;
        Assert.Equal(Rows, read);
    }

    [Fact]
    public async Task An_unfinished_message_goes_out_when_the_source_pauses()
    {
        var store = new AnnotationStore();
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client();
        var stored = new TaskCompletionSource();
        async IAsyncEnumerable<Annotation> PausingAsync()
        {
            yield return Said.Class("i0", "anna", 0);
            // Goes on only when the first is acknowledged: a message that waited to be full would wait for ever.
            await stored.Task;
            yield return Said.Class("i1", "anna", 0);
        }

        await client.Annotations.UploadAsync(
            "d", PausingAsync(), Small with { Linger = TimeSpan.Zero }, new Reports(_ => stored.TrySetResult()));

        Assert.Equal([1, 1], store.Arrived);
    }

    [Fact]
    public async Task What_the_source_throws_is_not_taken_for_a_break()
    {
        var store = new AnnotationStore();
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client();
        static async IAsyncEnumerable<Annotation> BrokenAsync()
        {
            await foreach (var annotation in Source(20))
            {
                yield return annotation;
            }

            throw new IOException("the file is gone");
        }

        var error = await Assert.ThrowsAsync<IOException>(() => client.Annotations.UploadAsync("d", BrokenAsync(), Small));

        Assert.Equal("the file is gone", error.Message);
        Assert.Equal(1, store.Streams);
    }

    [Fact]
    public async Task Cancelling_ends_the_upload()
    {
        using var cancel = new CancellationTokenSource();
        var store = new AnnotationStore { Before = async (message, _) => await (message == 3 ? cancel.CancelAsync() : Task.CompletedTask) };
        await using var host = await GrpcHost.StartAsync(store);
        using var client = host.Client();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.Annotations.UploadAsync("d", Source(Rows), Small, cancellationToken: cancel.Token));

        Assert.Equal(1, store.Streams);
    }

    private static RpcException? RefuseUnknown(int index, IngestAnnotationsRequest message)
    {
        var fields = message.Annotations.Index().Where(entry => Unknown(entry.Item.ItemId))
            .Select(entry => ($"messages[{index}].annotations[{entry.Index}].item_id", "there is no such item")).ToArray();
        return fields.Length == 0 ? null : Refusals.Of(Code.NotFound, "ITEM_NOT_FOUND", "no such item", fields);
    }

    private static bool Unknown(string id) => id is "i37" or "i38" or "i111";

    private static IEnumerable<string> Ids(int count) => Enumerable.Range(0, count).Select(row => $"i{row}");

    private static IAsyncEnumerable<Annotation> Source(int count) =>
        Ids(count).Select(id => Said.Class(id, "anna", 0)).ToAsyncEnumerable();
}
