using Grpc.Core;

namespace LabelerService.EndToEnd.Faults;

/// <summary>A client that keeps a record of its requests and their answers, through whatever happens to the service.</summary>
internal interface ITortureClient
{
    /// <summary>Requests that were acknowledged.</summary>
    public long Acknowledged { get; }

    /// <summary>Whether nothing is left that was sent and not acknowledged.</summary>
    public bool IsDone { get; }

    /// <summary>Sends until told to stop, or until the service breaks off. Told before it begins, it sends only what was not acknowledged.</summary>
    public Task RunAsync(CallInvoker service, CancellationToken stop);

    /// <summary>Compares with what is stored. What turns out to be committed stays to be sent: sending it again must change nothing.</summary>
    public IReadOnlyList<Finding> Check(StoredState stored);
}

/// <summary>What a client sees of a service, a database or a connection that dies under it. Anything else is a defect.</summary>
internal static class Break
{
    private static readonly StatusCode[] Codes = [StatusCode.Unavailable, StatusCode.Cancelled, StatusCode.Aborted];

    public static bool Is(RpcException error) =>
        Array.IndexOf(Codes, error.StatusCode) >= 0

        // The transport's own words for a connection that broke: no status of the service came.
        || (error.StatusCode == StatusCode.Internal && error.GetRpcStatus() is null && error.Status.DebugException is not null);
}
