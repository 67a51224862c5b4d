using System.Text.RegularExpressions;
using Grpc.Core;
using LabelerService.Cli.Client;
using LabelerService.Cli.Commands;
using LabelerService.Cli.Configuration;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Diagnosis;

/// <summary>Finds out more about a failed call than its status says: why there is no connection, which key was refused, what was meant.</summary>
internal static partial class FailureAdvice
{
    private const int MostListed = 5;
    private static readonly TimeSpan Limit = Patience.OfSeconds(2);

    /// <summary>What to tell of a failed call.</summary>
    /// <param name="error">The failure.</param>
    /// <param name="command">The command whose call failed.</param>
    /// <param name="cancellationToken">Ends the looking.</param>
    public static async Task<ServiceFailure> OfAsync(RpcException error, CommandRun command, CancellationToken cancellationToken)
    {
        var (connection, settings) = (command.Connection, command.Settings);
        var failure = ServiceFailure.Of(error, connection.Server);
        var transport = error.GetRpcStatus() is null && error.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown;
        if (transport && connection.Replicas.Count == 0)
        {
            var found = await EndpointProbe.LookAsync(connection.Server, TrustedAuthorities.Load(connection), cancellationToken);
            return await ConnectionAdvice.OfAsync(connection.Server, found, settings, cancellationToken) is { } advice
                ? failure with { Message = $"{advice.Problem}: {advice.Fix}" }
                : failure;
        }

        return error.StatusCode switch
        {
            StatusCode.Unauthenticated => failure with { Message = Refused(error, connection, settings) },
            StatusCode.NotFound => failure with { Message = failure.Message + await MeantAsync(failure.Message, command, cancellationToken) },
            _ => failure,
        };
    }

    private static string Refused(RpcException error, ConnectionSettings connection, ResolvedSettings settings) => (connection.ApiKey, settings.KeyWithheld) switch
    {
        (null, true) => $"{error.Status.Detail.TrimEnd('.')} (the key in {settings.File.Path} is for another server and was not sent): "
            + "give this one's with --api-key or LABELER_API_KEY",
        (null, false) => "the service wants an API key: give one with --api-key, LABELER_API_KEY or `labeler config set api-key`; "
            + "an admin makes them with `labeler key create`",
        ({ } key, _) when ServiceError.Of(error).Reason == "CREDENTIAL_EXPIRED" =>
            $"the key {ConfigCommand.Shown(Setting.ApiKey, key)} from {settings.Describe(Setting.ApiKey)} has expired: an admin makes another one with `labeler key create`",
        ({ } key, _) => $"the service refuses the key {ConfigCommand.Shown(Setting.ApiKey, key)} from {settings.Describe(Setting.ApiKey)}: it is wrong or "
            + "revoked; `labeler key list` with an admin's key shows which there are",
    };

    // "; did you mean …", or what there is; empty where that cannot be told.
    private static async Task<string> MeantAsync(string message, CommandRun command, CancellationToken cancellationToken)
    {
        if (Missing().Match(message) is not { Success: true } found)
        {
            return "";
        }

        var (dataset, collection) = (found.Groups["dataset"].Value, found.Groups["collection"].Value);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var names = await NamesAsync(command.Service, dataset, collection, limit.Token);
            var given = found.Groups["name"].Value;
            return DidYouMean.Nearest(given, names) is { } meant ? $"; did you mean {meant}?"
                : names.Count == 0 ? collection.Length == 0 ? "; there are no datasets yet" : $"; {dataset} has no {collection}"
                : names.Count <= MostListed ? $"; there is {string.Join(", ", names)}"
                : "";
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // Whoever may not list names gets no hint.
            return "";
        }
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(ServiceConnection service, string dataset, string collection, CancellationToken cancellationToken)
    {
        switch (collection)
        {
            case "":
                var datasets = await service.Datasets.ListDatasetsAsync(new ListDatasetsRequest { PageSize = Paging.PageSize }, cancellationToken: cancellationToken);
                return [.. datasets.Datasets.Select(entry => entry.Name)];
            case "models":
                var models = await service.Models.ListModelsAsync(
                    new ListModelsRequest { Parent = dataset, PageSize = Paging.PageSize }, cancellationToken: cancellationToken);
                return [.. models.Models.Select(entry => entry.Name)];
            default:
                var backbones = await service.Backbones.ListBackbonesAsync(
                    new ListBackbonesRequest { Parent = dataset, PageSize = Paging.PageSize }, cancellationToken: cancellationToken);
                return [.. backbones.Backbones.Select(entry => entry.Name)];
        }
    }

    // "datasets/scnes does not exist", "datasets/scenes/models/wdm does not exist."
    [GeneratedRegex(
        "(?<name>(?<dataset>datasets/[a-z0-9-]+)(/(?<collection>models|backbones)/[a-z0-9-]+)?) does not exist",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Missing();
}
