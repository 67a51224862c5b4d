using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using LabelerService.Contracts.V1;
using LabelerService.Server.Hosting;
using LabelerService.TestKit;
using LabelerService.TestKit.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LabelerService.EndToEnd.Security;

/// <summary>The real server within the test's process, demanding keys, on a database of its own: its endpoints can be looked at.</summary>
internal sealed class SecuredServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _scratch;
    private readonly List<IDisposable> _opened = [];

    private SecuredServer(WebApplication app, ServerOptions options, string scratch, LogLines log, string adminKey)
    {
        _app = app;
        _scratch = scratch;
        Options = options;
        Log = log;
        AdminKey = adminKey;
    }

    public ServerOptions Options { get; }

    public LogLines Log { get; }

    public string AdminKey { get; }

    public string HttpAddress => $"http://127.0.0.1:{Options.Port}";

    public string GrpcAddress => $"http://127.0.0.1:{Options.GrpcPort}";

    public IReadOnlyList<Microsoft.AspNetCore.Http.Endpoint> Endpoints => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    /// <summary>A service of the server.</summary>
    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Starts a server.</summary>
    /// <param name="database">Connection string; two servers on the same one are replicas.</param>
    /// <param name="configure">Changes the options; by default keys are demanded.</param>
    /// <param name="level">What is logged; everything is much where there are many calls.</param>
    public static async Task<SecuredServer> StartAsync(
        string database, Func<ServerOptions, ServerOptions>? configure = null, LogLevel level = LogLevel.Trace)
    {
        var scratch = ScratchDirectory.Create("labeler-secured-");
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var (http, grpc) = Harness.FreePort.Two();
                var options = new ServerOptions
                {
                    Port = http,
                    GrpcPort = grpc,
                    RequireKeys = true,
                    Trainers = 0,
                    AdminKeyFile = Path.Combine(scratch, "admin-key"),
                };
                options = configure?.Invoke(options) ?? options;
                var log = new LogLines();
                var builder = WebApplication.CreateSlimBuilder();
                builder.Logging.ClearProviders().SetMinimumLevel(level).AddProvider(log);
                var app = await ServerHost.BuildAsync(builder, options, new DatabaseConnection(database), CancellationToken.None);
                try
                {
                    await app.StartAsync();
                }
                catch (IOException) when (attempt < 5)
                {
                    await app.DisposeAsync();
                    continue;
                }

                var file = options.AdminKeyFile;
                return new SecuredServer(app, options, scratch, log, file is not null && File.Exists(file) ? (await File.ReadAllTextAsync(file)).Trim() : "");
            }
        }
        catch
        {
            Directory.Delete(scratch, recursive: true);
            throw;
        }
    }

    /// <summary>Calls with this credential in every call; null for none.</summary>
    public CallInvoker Call(string? key, string header = "authorization")
    {
        var channel = GrpcChannel.ForAddress(GrpcAddress);
        _opened.Add(channel);
        return channel.Intercept(metadata =>
        {
            if (key is not null)
            {
                metadata.Add(header, header == "authorization" ? $"Bearer {key}" : key);
            }

            return metadata;
        });
    }

    public ApiKeyService.ApiKeyServiceClient Keys(string? key = null) => new(Call(key ?? AdminKey));

    public DatasetService.DatasetServiceClient Datasets(string? key) => new(Call(key));

    /// <summary>Creates a key.</summary>
    /// <returns>Its text.</returns>
    public async Task<string> CreateKeyAsync(ApiKey.Types.Role role, string? dataset = null, string labeler = "")
    {
        var key = new ApiKey { Role = role, LabelerId = labeler };
        if (dataset is not null)
        {
            key.Datasets.Add(dataset);
        }

        return (await Keys().CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = key })).Key;
    }

    /// <summary>Creates a dataset of vectors of length 2 with classes a and b.</summary>
    public async Task<string> CreateDatasetAsync(string id)
    {
        var dataset = new Dataset { Classes = { "a", "b" }, ItemType = new ItemType { Vector = new ItemType.Types.Vector { Length = 2 } } };
        return (await Datasets(AdminKey).CreateDatasetAsync(new CreateDatasetRequest { DatasetId = id, Dataset = dataset })).Name;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var opened in _opened)
        {
            opened.Dispose();
        }

        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_scratch, recursive: true);
    }
}

/// <summary>Everything that was logged, at every level.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly List<string> _lines = [];

    public string All
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>The last lines.</summary>
    public string Tail(int count)
    {
        lock (_lines)
        {
            return string.Join('\n', _lines.TakeLast(count));
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            _lines.Add($"{formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>One server on a database of its own, for the tests of a class.</summary>
public sealed class SecuredServerFixture : IAsyncLifetime
{
    private readonly PostgresFixture _database = new();

    internal SecuredServer Server { get; private set; } = null!;

    internal string ConnectionString => _database.ConnectionString;

    public async Task InitializeAsync()
    {
        await _database.InitializeAsync();
        Server = await SecuredServer.StartAsync(_database.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await _database.DisposeAsync();
    }
}
