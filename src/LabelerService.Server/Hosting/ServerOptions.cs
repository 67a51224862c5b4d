using System.Net;
using LabelerService.Telemetry;

namespace LabelerService.Server.Hosting;

/// <summary>How the server runs; read from the command line and the environment, see <see cref="ServerCommand"/>.</summary>
public sealed record ServerOptions
{
    /// <summary>Port for HTTP/1.1: the JSON API, <c>/healthz</c> and <c>/readyz</c>.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Port for gRPC (HTTP/2).</summary>
    public int GrpcPort { get; init; } = 8081;

    /// <summary>Address that both ports listen on.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>Whether to serve callers without a key on an address that other machines reach.</summary>
    public bool AllowAnonymous { get; init; }

    /// <summary>Whether to demand a key of callers on this machine too.</summary>
    public bool RequireKeys { get; init; }

    /// <summary>Whether to listen without TLS on an address that other machines reach.</summary>
    public bool AllowClearText { get; init; }

    /// <summary>How both ports are encrypted; null for clear text.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>Whose tokens count beside API keys; null for none.</summary>
    public JwtOptions? Jwt { get; init; }

    /// <summary>File that the first admin key is taken from or written to; null for the console.</summary>
    public string? AdminKeyFile { get; init; }

    /// <summary>Whether to make one more admin key and exit.</summary>
    public bool ResetAdminKey { get; init; }

    /// <summary>Whether callers without a credential are let in, as admins.</summary>
    public bool AdmitsAnonymous => !RequireKeys && (AllowAnonymous || IPAddress.IsLoopback(Listen));

    /// <summary>Oldest state of the API keys that a key is accepted by: this long at most after its deletion, even if no notification comes.</summary>
    internal TimeSpan KeyFreshness { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How much each caller may call whose key does not say so; nothing is no limit.</summary>
    internal Core.Access.CallLimits CallLimits { get; init; }

    /// <summary>Directory of the embedded PostgreSQL; not used with <see cref="Postgres"/>.</summary>
    public string DataDirectory { get; init; } = "";

    /// <summary>Connection string of an existing PostgreSQL; null starts the embedded one.</summary>
    public string? Postgres { get; init; }

    /// <summary>Trainers to run as child processes; 0 where they run elsewhere (Compose).</summary>
    public int Trainers { get; init; } = 1;

    /// <summary>Path of the trainer's assembly.</summary>
    public string TrainerAssembly { get; init; } = "";

    /// <summary>
    /// How long a server that is told to stop goes on taking calls, while its readiness says that it stops: until a balancer that looks at
    /// it sends nobody more.
    /// </summary>
    public TimeSpan DrainDelay { get; init; }

    /// <summary>Whether gRPC reflection answers.</summary>
    public bool Reflection { get; init; } = true;

    /// <summary>How the server, and the trainers that it starts, tell what they do.</summary>
    public TelemetryOptions Telemetry { get; init; } = new();

    /// <summary>How many predictions run at once, and how many wait before more are refused.</summary>
    internal Inference.Batching.PredictionLimits Predictions { get; init; } = new();

    /// <summary>How many models stay loaded.</summary>
    internal Inference.ResidencyLimits Residency { get; init; } = new();

    /// <summary>What insight may take of the machine.</summary>
    internal Insight.InsightOptions Insight { get; init; } = new();
}
