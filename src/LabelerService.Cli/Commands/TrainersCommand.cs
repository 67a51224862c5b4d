using System.CommandLine;
using System.Globalization;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary><c>trainers</c>: who works on the queue.</summary>
internal static class TrainersCommand
{
    public static Command Create(CommandHost host)
    {
        var command = new Command("trainers", "List the trainers: who works on the queue of runs, and how much of it at once");
        host.Handle(command, async (run, cancellationToken) =>
        {
            var trainers = await Paging.AllAsync<Trainer>(async token =>
            {
                var page = await run.Service.Training.ListTrainersAsync(
                    new ListTrainersRequest { PageSize = Paging.PageSize, PageToken = token }, cancellationToken: cancellationToken);
                return (page.Trainers, page.NextPageToken);
            }, cancellationToken).ToListAsync(cancellationToken);
            if (!trainers.Exists(trainer => trainer.Alive))
            {
                run.Terminal.Warn("no trainer is alive: runs wait until one starts (`labeler serve` starts one with the service)");
            }

            run.Terminal.Result(
                new
                {
                    Trainers = trainers.Select(trainer => new
                    {
                        trainer.Name,
                        trainer.DisplayName,
                        trainer.Slots,
                        trainer.BusySlots,
                        trainer.Alive,
                        StartTime = trainer.StartTime?.ToDateTimeOffset(),
                        LastSeenTime = trainer.LastSeenTime?.ToDateTimeOffset(),
                        trainer.CodeVersion,
                    }),
                },
                console =>
                {
                    var table = Tables.Create("trainer", "busy", "state", "started", "last seen", "version");
                    foreach (var trainer in trainers)
                    {
                        table.AddTextRow(
                            trainer.DisplayName, string.Create(CultureInfo.InvariantCulture, $"{trainer.BusySlots} of {trainer.Slots}"),
                            trainer.Alive ? "alive" : "no sign of life", Tables.Time(trainer.StartTime), Tables.Time(trainer.LastSeenTime),
                            Tables.Shorten(trainer.CodeVersion, 16));
                    }

                    console.Write(table);
                });
        });
        HelpWithExamples.Add(command, "labeler trainers", "labeler trainers --json");
        return command;
    }
}
