using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Retrain;

/// <summary><c>retrain policy set</c>: creates a policy, or changes what is given of one that is there.</summary>
internal static class SetPolicyCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var policy = RetrainCommand.Policy();
        var options = new PolicyOptions();
        var command = new Command("set", "Create a policy, or change of an existing one what is given (with an admin's key)") { name, policy };
        foreach (var option in options.All)
        {
            command.Options.Add(option);
        }

        host.Handle(command, async (run, cancellationToken) =>
        {
            var wanted = Name(run, name, policy);
            RetrainingPolicy? current = null;
            try
            {
                current = await run.Service.Retraining.GetRetrainingPolicyAsync(
                    new GetRetrainingPolicyRequest { Name = wanted }, cancellationToken: cancellationToken);
            }
            catch (RpcException missing) when (missing.StatusCode == StatusCode.NotFound)
            {
                // It is created below; where the dataset is what is missing, that says so.
            }

            var changed = current?.Clone() ?? new RetrainingPolicy();
            var fields = options.Apply(run, changed);
            RetrainingPolicy stored;
            if (current is null)
            {
                stored = await run.Service.Retraining.CreateRetrainingPolicyAsync(
                    new CreateRetrainingPolicyRequest
                    {
                        Parent = run.Get(name),
                        RetrainingPolicyId = run.Get(policy),
                        RetrainingPolicy = changed,
                        RequestId = ServiceConnection.NewRequestId(),
                    },
                    cancellationToken: cancellationToken);
            }
            else if (fields.Count == 0)
            {
                throw new UsageException($"{wanted} is there already; say what to change of it, or see it with `labeler retrain policy show`");
            }
            else
            {
                // With the etag of what was read: another's change meanwhile is not overwritten by half of ours.
                stored = await run.Service.Retraining.UpdateRetrainingPolicyAsync(
                    new UpdateRetrainingPolicyRequest { RetrainingPolicy = changed, UpdateMask = new FieldMask { Paths = { fields } } },
                    cancellationToken: cancellationToken);
            }

            run.Terminal.Result(PolicyText.Document(stored), $"{stored.Name}: {PolicyText.Triggers(stored)}; {PolicyText.Promotion(stored)}");
        });
        HelpWithExamples.Add(
            command,
            "labeler retrain policy set scenes --model wdn --set epochs=100 --new-labels 500 --min-interval 1h --promote if-better",
            "labeler retrain policy set scenes --policy nightly --model auto --cron \"0 3 * * *\" --time-zone Europe/Vienna",
            "labeler retrain policy set scenes --drift 50 --basis labelers",
            "labeler retrain policy set scenes --pause");
        return command;
    }

    private static string Name(CommandRun run, Argument<string> dataset, Option<string> policy) =>
        RetrainCommand.Name(run.Get(dataset), run.Get(policy));
}
