using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using LabelerService.Contracts.V1;

namespace LabelerService.Benchmarks.Predict;

/// <summary>What calls took.</summary>
/// <param name="Milliseconds">Of each call, in no order.</param>
/// <param name="Seconds">Of all together.</param>
/// <param name="ServerSeconds">Processor time of the server meanwhile.</param>
/// <param name="ClientSeconds">Processor time of this process meanwhile.</param>
internal sealed record LoadTimes(List<double> Milliseconds, double Seconds, double ServerSeconds, double ClientSeconds)
{
    public double Percentile(double share)
    {
        Milliseconds.Sort();
        return Milliseconds.Count == 0 ? double.NaN : Milliseconds[Math.Min(Milliseconds.Count - 1, (int)(share * Milliseconds.Count))];
    }
}

/// <summary>
/// Clients of a prediction service, as cheap as they can be, since they share its cores: requests are serialised once, answers are left
/// as bytes, and all clients use a few connections.
/// </summary>
internal sealed class PredictLoad : IDisposable
{
    private const int Connections = 4;

    // Of /proc/PID/stat, on every Linux there is.
    private const double TicksPerSecond = 100;

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);
    private static readonly Method<byte[], byte[]> Unary = new(MethodType.Unary, "labeler.v1.PredictionService", "Predict", Bytes, Bytes);
    private static readonly Method<byte[], byte[]> Batch = new(MethodType.Unary, "labeler.v1.PredictionService", "BatchPredict", Bytes, Bytes);

    private readonly int _server;
    private readonly GrpcChannel[] _channels;
    private readonly CallInvoker[] _invokers;
    private long _refusals;

    public PredictLoad(Uri address, int serverProcess)
    {
        _server = serverProcess;
        _channels = [.. Enumerable.Range(0, Connections).Select(_ => GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null,
            HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, InitialHttp2StreamWindowSize = 1024 * 1024 },
        }))];
        _invokers = [.. _channels.Select(channel => channel.CreateCallInvoker())];
    }

    /// <summary>Made-up features of items, row-major.</summary>
    public static float[] Features(int rows, int seed)
    {
        var random = new Random(seed);
        var features = new float[rows * PredictModels.FeatureLength];
        foreach (ref var value in features.AsSpan())
        {
            value = (float)((random.NextDouble() * 2) - 1);
        }

        return features;
    }

    /// <summary>A request, serialised: for one item <c>Predict</c>, for more <c>BatchPredict</c>.</summary>
    public static byte[] Request(string dataset, float[] features, bool distilled)
    {
        var model = new ModelSelector { Model = $"{dataset}/models/wdn" };
        var rows = features.Length / PredictModels.FeatureLength;
        return rows == 1
            ? new PredictRequest { Dataset = dataset, Model = model, Distilled = distilled, Features = new FeatureVector { Values = { features } } }.ToByteArray()
            : new BatchPredictRequest
            {
                Dataset = dataset,
                Model = model,
                Distilled = distilled,
                Features = new Tensor
                {
                    DataType = Tensor.Types.DataType.Float32,
                    Shape = { rows, PredictModels.FeatureLength },
                    Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(features.AsSpan())),
                },
            }.ToByteArray();
    }

    /// <summary>One call.</summary>
    public async Task<byte[]> CallAsync(int client, byte[] request, bool unary, CancellationToken cancel)
    {
        using var call = _invokers[client % Connections].AsyncUnaryCall(unary ? Unary : Batch, null, new CallOptions(cancellationToken: cancel), request);
        return await call.ResponseAsync;
    }

    /// <summary>Calls that a server with too much to do refused; they were made again after the delay it asked for.</summary>
    public long Refusals => Interlocked.Read(ref _refusals);

    /// <summary>Clients that each call again as soon as they are answered. A refused call is repeated when the server said.</summary>
    public async Task<LoadTimes> ClosedAsync(int clients, byte[] request, bool unary, TimeSpan duration, CancellationToken cancel)
    {
        // Connections, the server's compiled code and its buffers are made before anything is measured.
        await LoopAsync(clients, TimeSpan.FromMilliseconds(500));
        var (server, client) = (ServerSeconds(), ClientSeconds());
        var clock = Stopwatch.StartNew();
        var milliseconds = await LoopAsync(clients, duration);
        return new LoadTimes(milliseconds, clock.Elapsed.TotalSeconds, ServerSeconds() - server, ClientSeconds() - client);

        async Task<List<double>> LoopAsync(int count, TimeSpan length)
        {
            var end = Stopwatch.StartNew();
            var all = await Task.WhenAll(Enumerable.Range(0, count).Select(number => Task.Run(
                async () =>
                {
                    var own = new List<double>();
                    while (end.Elapsed < length)
                    {
                        var started = Stopwatch.GetTimestamp();
                        await UntilAnsweredAsync(number, request, unary, cancel);
                        own.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                    }

                    return own;
                },
                cancel)));
            return [.. all.SelectMany(own => own)];
        }
    }

    private async Task UntilAnsweredAsync(int client, byte[] request, bool unary, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await CallAsync(client, request, unary, cancel);
                return;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.ResourceExhausted
                && error.GetRpcStatus()?.GetDetail<Google.Rpc.RetryInfo>() is { } retry)
            {
                Interlocked.Increment(ref _refusals);
                await Task.Delay(retry.RetryDelay.ToTimeSpan(), cancel);
            }
        }
    }

    /// <summary>Processor time that the server has used, in seconds.</summary>
    public double ServerSeconds()
    {
        // pid (name) state ppid …; fields 14 and 15 are user and system ticks.
        var stat = File.ReadAllText($"/proc/{_server.ToString(CultureInfo.InvariantCulture)}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    public void Dispose()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }
    }

    private static double ClientSeconds()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }
}
