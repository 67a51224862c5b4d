using System.CommandLine;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using LabelerService.Cli.Client;
using LabelerService.Cli.Completion;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary><c>key create|list|revoke</c>.</summary>
internal static class KeyCommand
{
    public static Command Create(CommandHost host)
    {
        var command = new Command("key", "Create, list and revoke API keys (with an admin's key)") { CreateKey(host), List(host), Revoke(host) };
        HelpWithExamples.Add(
            command,
            "labeler key create --role labeler --dataset scenes --labeler anna --expires 90d",
            "labeler key list");
        return command;
    }

    /// <summary>Reads <c>90d</c>, <c>12h</c> or <c>30m</c>; null if it is none of them.</summary>
    internal static TimeSpan? ParseLifetime(string text)
    {
        const double MostDays = 36_500;
        var unit = text.Length < 2 ? null : text[^1] switch
        {
            'd' => TimeSpan.FromDays(1),
            'h' => TimeSpan.FromHours(1),
            'm' => TimeSpan.FromMinutes(1),
            _ => (TimeSpan?)null,
        };
        return unit is { } one && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0 && one.TotalDays * count <= MostDays ? one * count : null;
    }

    private static Command CreateKey(CommandHost host)
    {
        var role = new Option<ApiKey.Types.Role>("--role")
        {
            Description = "admin: everything; ingester: writes, trains and reads; labeler: submits as itself; reader: reads and predicts",
            HelpName = "admin|ingester|labeler|reader",
            Required = true,
            CustomParser = result => CommonArguments.Parse<ApiKey.Types.Role?>(
                result, RoleOf, "a role is admin, ingester, labeler, reader or trainer") ?? ApiKey.Types.Role.Unspecified,
        };
        var datasets = new Option<string[]>("--dataset")
        {
            Description = "Dataset that the key is for, as often as there are some; without it, for all",
            HelpName = "NAME",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result =>
            {
                var names = result.Tokens.Select(token => CommonArguments.DatasetName(token.Value)).ToArray();
                if (names.Contains(null))
                {
                    result.AddError("--dataset takes a dataset's id, 1 to 63 of a-z, 0-9 and -, or datasets/ID");
                }

                return [.. names.OfType<string>()];
            },
        };
        var labeler = new Option<string?>("--labeler") { Description = "The labeler_id that a labeler's key speaks for", HelpName = "ID" };
        var expires = new Option<TimeSpan?>("--expires")
        {
            Description = "How long the key is valid [default: until it is revoked]",
            HelpName = "90d|12h|30m",
            CustomParser = result => CommonArguments.Parse(result, ParseLifetime, "a lifetime is a number of days, hours or minutes: 90d, 12h, 30m"),
        };
        datasets.Names(NameKind.Dataset);
        var rate = new Option<double?>("--rate")
        {
            Description = "Requests a second, each message of a stream is one; 0: no limit [default: as the server says]",
            HelpName = "N",
        };
        var burst = new Option<int?>("--burst") { Description = "Requests at once after a pause [default: those of a second]", HelpName = "N" };
        var calls = new Option<int?>("--concurrent-calls")
        {
            Description = "Calls and streams at the same time; 0: no limit [default: as the server says]",
            HelpName = "N",
        };
        var annotations = new Option<long?>("--annotations-per-day")
        {
            Description = "Annotations that may be created, revised or retracted on one day of UTC; 0: no limit [default: 0]",
            HelpName = "N",
        };
        var items = new Option<long?>("--items-per-day")
        {
            Description = "Items that may be created or changed on one day of UTC; 0: no limit [default: 0]",
            HelpName = "N",
        };
        var display = new Option<string?>("--display-name") { Description = "Name for people", HelpName = "TEXT" };
        var command = new Command("create", "Create a key and show it, this once")
        {
            role, datasets, labeler, expires, rate, burst, calls, annotations, items, display,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var key = new ApiKey { Role = run.Get(role), LabelerId = run.Get(labeler) ?? "", DisplayName = run.Get(display) ?? "" };
            key.Datasets.AddRange(run.Get(datasets) ?? []);
            key.Limits = Limits(run.Get(rate), run.Get(burst), run.Get(calls));
            key.Quota = KeyQuotas.Read(run.Get(annotations), run.Get(items));
            if (Problem(key) is { } problem)
            {
                throw new UsageException(problem);
            }

            if (run.Get(expires) is { } lifetime)
            {
                key.ExpireTime = Timestamp.FromDateTimeOffset(run.Time.GetUtcNow() + lifetime);
            }

            var created = await run.Service.ApiKeys.CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = key }, cancellationToken: cancellationToken);
            run.Terminal.Note($"{created.ApiKey.Name} is created. The key is shown this once; the service keeps its hash only.");
            run.Terminal.Result(new { created.Key, ApiKey = Document(created.ApiKey) }, created.Key);
        });
        HelpWithExamples.Add(
            command,
            "labeler key create --role ingester --dataset scenes --display-name \"label studio\"",
            "labeler key create --role labeler --dataset scenes --labeler anna --expires 90d",
            "labeler key create --role reader --rate 50 --burst 100 --concurrent-calls 8",
            "labeler key create --role ingester --dataset scenes --annotations-per-day 100000 --items-per-day 5000");
        return command;
    }

    private static CallLimits? Limits(double? rate, int? burst, int? calls)
    {
        if (rate is null && burst is null && calls is null)
        {
            return null;
        }

        var limits = new CallLimits();
        if (rate is { } perSecond)
        {
            limits.RequestsPerSecond = perSecond;
        }

        if (burst is { } atOnce)
        {
            limits.Burst = atOnce;
        }

        if (calls is { } most)
        {
            limits.ConcurrentCalls = most;
        }

        return limits;
    }

    private static string? Problem(ApiKey key) => key.Role switch
    {
        ApiKey.Types.Role.Labeler when key.LabelerId.Length == 0 || key.Datasets.Count != 1 => "a labeler's key needs --labeler and one --dataset",
        ApiKey.Types.Role.Labeler => null,
        _ when key.Limits is { HasBurst: true, HasRequestsPerSecond: false } => "--burst goes with --rate",
        _ when key.LabelerId.Length > 0 => "--labeler goes with --role labeler",
        ApiKey.Types.Role.Admin when key.Datasets.Count > 0 => "an admin's key is for all datasets: leave --dataset out",
        _ => null,
    };

    private static Command List(CommandHost host)
    {
        var command = new Command("list", "List the keys, without their secrets");
        host.Handle(command, async (run, cancellationToken) =>
        {
            var keys = await Paging.AllAsync<ApiKey>(async token =>
            {
                var page = await run.Service.ApiKeys.ListApiKeysAsync(
                    new ListApiKeysRequest { PageSize = Paging.PageSize, PageToken = token }, cancellationToken: cancellationToken);
                return (page.ApiKeys, page.NextPageToken);
            }, cancellationToken).ToListAsync(cancellationToken);
            run.Terminal.Result(new { ApiKeys = keys.Select(Document) }, console =>
            {
                // What nobody has takes no room.
                string[] today = keys.Any(key => key.Quota is not null) ? ["stored today"] : [];
                var table = Tables.Create(["key", "role", "datasets", "labeler", "created", "expires", "last used", .. today, ""]);
                foreach (var key in keys)
                {
                    var scope = key.Datasets.Count == 0 ? "all" : Tables.Shorten(string.Join(", ", key.Datasets.Select(Id)));
                    table.AddTextRow(
                    [
                        key.Name, RoleText(key.Role), scope, key.LabelerId, Tables.Time(key.CreateTime), Tables.Time(key.ExpireTime),
                        Tables.Time(key.LastUseTime), .. today.Select(_ => KeyQuotas.Text(key)), key.DisplayName,
                    ]);
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(command, "labeler key list", "labeler key list --json");
        return command;
    }

    private static Command Revoke(CommandHost host)
    {
        var name = new Argument<string>("KEY")
        {
            Description = "Key: its id, or apiKeys/ID, as `labeler key list` shows it",
            CustomParser = result => CommonArguments.Parse(result, NameOf, "a key is named apiKeys/ID; do not give the key itself"),
        }.Names(NameKind.ApiKey);
        var command = new Command("revoke", "Revoke a key: it is refused from now on") { name };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var key = run.Get(name);
            await run.Service.ApiKeys.DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = key }, cancellationToken: cancellationToken);
            run.Terminal.Result(new { Revoked = key }, $"{key} is revoked");
        });
        HelpWithExamples.Add(command, "labeler key revoke xu74m6iftty6", "labeler key revoke apiKeys/xu74m6iftty6");
        return command;
    }

    private static object Document(ApiKey key) => new
    {
        key.Name,
        key.DisplayName,
        Role = RoleText(key.Role),
        key.Datasets,
        key.LabelerId,
        CreateTime = key.CreateTime?.ToDateTimeOffset(),
        ExpireTime = key.ExpireTime?.ToDateTimeOffset(),
        LastUseTime = key.LastUseTime?.ToDateTimeOffset(),
        Limits = key.Limits is null ? null : new
        {
            RequestsPerSecond = key.Limits.HasRequestsPerSecond ? key.Limits.RequestsPerSecond : (double?)null,
            Burst = key.Limits.HasBurst ? key.Limits.Burst : (int?)null,
            ConcurrentCalls = key.Limits.HasConcurrentCalls ? key.Limits.ConcurrentCalls : (int?)null,
        },
        Quota = KeyQuotas.Document(key),
    };

    private static ApiKey.Types.Role? RoleOf(string text) => text.ToLowerInvariant() switch
    {
        "admin" => ApiKey.Types.Role.Admin,
        "ingester" => ApiKey.Types.Role.Ingester,
        "labeler" => ApiKey.Types.Role.Labeler,
        "reader" => ApiKey.Types.Role.Reader,
        "trainer" => ApiKey.Types.Role.Trainer,
        _ => null,
    };

    private static string RoleText(ApiKey.Types.Role role) => role.ToString().ToLowerInvariant();

    private static string? NameOf(string text) =>
        ResourceName.IsId(text) ? ResourceName.ApiKey(text) : ResourceName.TryParseApiKey(text, out _) ? text : null;

    private static string Id(string dataset) => ResourceName.TryParseDataset(dataset, out var id) ? id : dataset;
}
