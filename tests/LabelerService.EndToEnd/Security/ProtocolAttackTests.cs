using System.Buffers.Binary;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using LabelerService.Contracts.V1;
using LabelerService.TestKit.Postgres;
using LabelerService.TestKit.Suites;
using Microsoft.Extensions.Logging;

namespace LabelerService.EndToEnd.Security;

/// <summary>Attacks on the protocols below the API: streams that are reset as fast as they are opened, and messages that unfold beyond all memory.</summary>
[Trait("Suite", "security")]
[Collection(ProcessMemoryCollection.Name)]
public sealed class ProtocolAttackTests(ProtocolAttackTests.QuietServer fixture) : IClassFixture<ProtocolAttackTests.QuietServer>
{
    private const long Mebibyte = 1 << 20;

    private readonly SecuredServer _server = fixture.Server;

    [Fact]
    public async Task A_storm_of_resets_takes_nothing_from_others_and_leaves_no_memory_taken()
    {
        var streams = LongForm.Of(20_000, 500_000);
        await _server.Datasets(_server.AdminKey).ListDatasetsAsync(new ListDatasetsRequest());
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var storm = Task.Run(() => StormAsync(streams));
        var calls = 0;
        var client = _server.Datasets(_server.AdminKey);
        while (!storm.IsCompleted || calls < 50)
        {
            await client.ListDatasetsAsync(new ListDatasetsRequest(), deadline: DateTime.UtcNow.AddMinutes(1));
            calls++;
        }

        var (reset, connections) = await storm;
        Assert.Equal(streams, reset);
        await client.ListDatasetsAsync(new ListDatasetsRequest());
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < 64 * Mebibyte, $"{grown / Mebibyte} MiB more than before {reset} resets");
        SuiteReport.Add("security", "HTTP/2 reset storm", ("streams", reset), ("connections", connections), ("other calls, all answered", calls));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task A_message_that_unfolds_beyond_the_limit_is_refused_within_the_memory_of_the_limit(string encoding)
    {
        // A gibibyte of zeros in a mebibyte.
        var bomb = Compress(encoding, 1_024);
        Assert.True(bomb.Length < 2 * Mebibyte);
        await _server.Datasets(_server.AdminKey).ListDatasetsAsync(new ListDatasetsRequest());
        var before = GC.GetTotalAllocatedBytes();
        var status = await CallCompressedAsync(encoding, bomb);
        var allocated = GC.GetTotalAllocatedBytes() - before;
        Assert.Contains(status, (string[])["8", "12"]);
        Assert.True(allocated < 256 * Mebibyte, $"{allocated / Mebibyte} MiB were allocated for a message of {bomb.Length} bytes");
        SuiteReport.Add("security", $"{encoding} bomb", ("bytes sent", bomb.Length), ("bytes it unfolds to", 1_024 * Mebibyte), ("MiB allocated", allocated / Mebibyte));
    }

    [Fact]
    public async Task A_message_that_is_compressed_and_small_is_read()
    {
        using var message = new MemoryStream();
        await using (var zip = new GZipStream(message, CompressionLevel.Optimal, leaveOpen: true))
        {
            await zip.WriteAsync(Google.Protobuf.MessageExtensions.ToByteArray(new ListDatasetsRequest { PageSize = 3 }));
        }

        Assert.Equal("0", await CallCompressedAsync("gzip", message.ToArray()));
    }

    [Fact]
    public async Task JSON_is_never_unfolded()
    {
        using var client = new HttpClient { DefaultRequestHeaders = { { "x-api-key", _server.AdminKey } } };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_server.HttpAddress + "/v1/datasets?dataset_id=bomb"))
        {
            Content = new ByteArrayContent(Compress("gzip", 64)) { Headers = { ContentType = new("application/json"), ContentEncoding = { "gzip" } } },
        };
        using var response = await client.SendAsync(request);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, response.StatusCode);
    }

    private static byte[] Compress(string encoding, int mebibytes)
    {
        using var packed = new MemoryStream();
        using (Stream zip = encoding == "gzip"
            ? new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)
            : new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var zeros = new byte[Mebibyte];
            for (var i = 0; i < mebibytes; i++)
            {
                zip.Write(zeros);
            }
        }

        return packed.ToArray();
    }

    /// <summary>A call with a message that says it is compressed; gives its gRPC status.</summary>
    private async Task<string> CallCompressedAsync(string encoding, byte[] packed)
    {
        using var client = new HttpClient();
        var frame = new byte[5 + packed.Length];
        frame[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), packed.Length);
        packed.CopyTo(frame, 5);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_server.GrpcAddress + "/labeler.v1.DatasetService/ListDatasets"))
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new("application/grpc") } },
        };
        request.Headers.Add("te", "trailers");
        request.Headers.Add("grpc-encoding", encoding);
        request.Headers.Add("x-api-key", _server.AdminKey);
        using var response = await client.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        return (response.TrailingHeaders.TryGetValues("grpc-status", out var late) ? late
            : response.Headers.TryGetValues("grpc-status", out var early) ? early : []).SingleOrDefault() ?? "none";
    }

    /// <summary>Opens streams and resets each at once (CVE-2023-44487), with a new connection wherever the server ends one.</summary>
    private async Task<(int Streams, int Connections)> StormAsync(int streams)
    {
        var (opened, connections) = (0, 0);
        var headers = Headers(_server.AdminKey);
        while (opened < streams)
        {
            connections++;
            using var socket = new TcpClient();
            await socket.ConnectAsync("127.0.0.1", _server.Options.GrpcPort);
            await using var stream = socket.GetStream();
            var reading = DrainAsync(stream);
            try
            {
                await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
                await stream.WriteAsync(Frame(4, 0, 0, []));
                for (var id = 1; opened < streams && id < int.MaxValue - 2; id += 2)
                {
                    // END_HEADERS; then RST_STREAM with CANCEL.
                    await stream.WriteAsync((byte[])[.. Frame(1, 4, id, headers), .. Frame(3, 0, id, [0, 0, 0, 8])]);
                    opened++;
                }
            }
            catch (IOException)
            {
                // The server has had enough of this connection.
            }

            socket.Client.Shutdown(SocketShutdown.Both);
            await reading;
        }

        return (opened, connections);
    }

    private static async Task DrainAsync(NetworkStream stream)
    {
        var buffer = new byte[16_384];
        try
        {
            while (await stream.ReadAsync(buffer) > 0)
            {
                // Settings, window updates, and at last a goodbye.
            }
        }
        catch (IOException)
        {
            // The connection is gone.
        }
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    // HPACK (RFC 7541): two indexed fields, the others as literals without indexing.
    private static byte[] Headers(string key)
    {
        using var block = new MemoryStream();
        block.WriteByte(0x83); // :method POST
        block.WriteByte(0x86); // :scheme http
        Literal(":path", "/labeler.v1.DatasetService/ListDatasets");
        Literal(":authority", "127.0.0.1");
        Literal("content-type", "application/grpc");
        Literal("te", "trailers");
        Literal("x-api-key", key);
        return block.ToArray();

        void Literal(string name, string value)
        {
            block.WriteByte(0);
            foreach (var text in (string[])[name, value])
            {
                var bytes = Encoding.ASCII.GetBytes(text);
                Assert.True(bytes.Length < 127, "HPACK writes longer lengths in more bytes");
                block.WriteByte((byte)bytes.Length);
                block.Write(bytes);
            }
        }
    }

    /// <summary>A server that keeps no line of every call: those would be the memory that is measured.</summary>
    public sealed class QuietServer : IAsyncLifetime
    {
        private readonly PostgresFixture _database = new();

        internal SecuredServer Server { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            await _database.InitializeAsync();
            Server = await SecuredServer.StartAsync(_database.ConnectionString, level: LogLevel.Warning);
        }

        public async Task DisposeAsync()
        {
            await Server.DisposeAsync();
            await _database.DisposeAsync();
        }
    }
}
