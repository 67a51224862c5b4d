using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Security;
using LabelerService.Server.Security;
using LabelerService.Server.Services;
using LabelerService.Storage.Datasets;
using Microsoft.AspNetCore.Http;

namespace LabelerService.EndToEnd.Ingestion;

/// <summary>
/// A stream that is refused between two messages ends with nothing of it being read: the pipe of a call that has ended is a later call's.
/// </summary>
public sealed class AbandonedStreamTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_read_outlives_a_stream_that_is_given_up(bool fails)
    {
        var server = fixture.Server;
        var dataset = await server.Datasets(server.AdminKey).CreateDatasetAsync(new CreateDatasetRequest
        {
            DatasetId = $"abandoned-{Guid.NewGuid():N}",
            Dataset = new Dataset { Classes = { "a", "b" }, ItemType = new ItemType { Vector = new ItemType.Types.Vector { Length = 4 } } },
        });
        var reader = new EndlessReader(new StreamAnnotationsRequest { Parent = dataset.Name });
        var stream = new DatasetStream<StreamAnnotationsRequest>(reader, message => message.Parent, CancellationToken.None);
        var http = new HttpContextAccessor { HttpContext = new DefaultHttpContext { User = new CallerPrincipal(Caller.Anonymous, "test") } };
        await stream.StartAsync(new DatasetResolver(server.Get<DatasetStore>(), http));

        var given = 0;
        try
        {
            await foreach (var _ in stream.ReadAsync((message, _) => message))
            {
                given++;
                await reader.Waiting;
                if (fails)
                {
                    throw new InvalidOperationException("refused");
                }

                break;
            }
        }
        catch (InvalidOperationException error) when (error.Message == "refused")
        {
            // As a store refuses a batch.
        }

        Assert.Equal((1, false), (given, reader.IsReading));
    }

    /// <summary>One message, and then none for ever.</summary>
    private sealed class EndlessReader(StreamAnnotationsRequest message) : IAsyncStreamReader<StreamAnnotationsRequest>
    {
        private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _asked;

        public StreamAnnotationsRequest Current => message;

        public bool IsReading { get; private set; }

        /// <summary>Completes when the second message is being waited for.</summary>
        public Task Waiting => _waiting.Task;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (_asked++ == 0)
            {
                return true;
            }

            IsReading = true;
            _waiting.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return false;
            }
            finally
            {
                IsReading = false;
            }
        }
    }
}
