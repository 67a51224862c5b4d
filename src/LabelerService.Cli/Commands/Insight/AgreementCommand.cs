using System.CommandLine;
using System.Globalization;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Insight;

/// <summary><c>agreement</c>: how much labelers agree.</summary>
internal static class AgreementCommand
{
    public static Command Create(CommandHost host)
    {
        var dataset = CommonArguments.Dataset();
        var scale = new Option<AgreementScale>("--scale")
        {
            Description = "Scale of the classes [default: ordinal where the dataset's are, else nominal]",
            HelpName = "nominal|ordinal|interval",
            DefaultValueFactory = _ => AgreementScale.Unspecified,
            CustomParser = result => CommonArguments.Parse<AgreementScale?>(
                result, ScaleOf, "a scale is nominal, ordinal or interval") ?? AgreementScale.Unspecified,
        };
        var pairs = InsightOptions.Number("--pairs", "Pairs of labelers to show, those who share most items first; at most 10000", 20);
        var command = new Command("agreement", "Measure how much labelers agree: percent, Cohen's and Fleiss' κ, Krippendorff's α, with intervals")
        {
            dataset, scale, pairs,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var name = run.Get(dataset);
            await InsightRefresh.RunAsync(
                run.Service, run.Terminal, run.Time,
                new RefreshInsightsRequest { Parent = name, AgreementScale = run.Get(scale), Parts = { InsightPart.Agreement } }, cancellationToken);
            var answer = await run.Service.Insight.GetAgreementAsync(
                new GetAgreementRequest { Name = $"{name}/agreement", Scale = run.Get(scale), MaxPairs = run.Get(pairs) },
                cancellationToken: cancellationToken);
            run.Terminal.Result(Document(name, answer), console =>
            {
                var interval = string.Create(CultureInfo.InvariantCulture, $"{answer.Level * 100:0.#} % interval");
                var table = Tables.Create("agreement", $"value ({interval})", "measured on");
                table.AddTextRow("percent", InsightText.Of(answer.Percent), $"{answer.Percent?.Count:N0} items");
                table.AddTextRow("Fleiss' κ", InsightText.Of(answer.FleissKappa), $"{answer.FleissKappa?.Count:N0} items");
                table.AddTextRow(
                    $"Krippendorff's α, {Name(answer.Scale)}", InsightText.Of(answer.KrippendorffAlpha), $"{answer.KrippendorffAlpha?.Count:N0} annotations");
                console.Write(table);
                if (answer.Pairs.Count > 0)
                {
                    var matrix = Tables.Create("labeler", "other", "shared items", "agree on", "Cohen's κ", "weighted κ");
                    foreach (var pair in answer.Pairs)
                    {
                        matrix.AddTextRow(
                            Tables.Shorten(pair.LabelerId), Tables.Shorten(pair.OtherLabelerId), $"{pair.SharedItems:N0}",
                            InsightText.Share(pair.PercentAgreement), pair.HasCohenKappa ? InsightText.Share(pair.CohenKappa) : "–",
                            pair.HasWeightedKappa ? InsightText.Share(pair.WeightedKappa) : "–");
                    }

                    console.Write(matrix);
                }

                console.Profile.Out.Writer.WriteLine($"{answer.Pairs.Count:N0} of {answer.PairCount:N0} pairs of labelers who share items");
            });
        });
        HelpWithExamples.Add(command, "labeler agreement scenes", "labeler agreement grades --scale ordinal --pairs 100 --json");
        return command;
    }

    private static object Document(string dataset, Agreement answer) => new
    {
        Dataset = dataset,
        Scale = Name(answer.Scale),
        answer.Level,
        Percent = InsightText.Document(answer.Percent),
        FleissKappa = InsightText.Document(answer.FleissKappa),
        KrippendorffAlpha = InsightText.Document(answer.KrippendorffAlpha),
        answer.PairCount,
        Pairs = answer.Pairs.Select(pair => new
        {
            Labeler = pair.LabelerId,
            Other = pair.OtherLabelerId,
            pair.SharedItems,
            pair.PercentAgreement,
            CohenKappa = pair.HasCohenKappa ? pair.CohenKappa : (double?)null,
            WeightedKappa = pair.HasWeightedKappa ? pair.WeightedKappa : (double?)null,
        }),
        State = InsightText.Document(answer.State),
    };

    private static string Name(AgreementScale scale) => scale switch
    {
        AgreementScale.Nominal => "nominal",
        AgreementScale.Ordinal => "ordinal",
        AgreementScale.Interval => "interval",
        _ => scale.ToString(),
    };

    private static AgreementScale? ScaleOf(string text) => text.ToLowerInvariant() switch
    {
        "nominal" => AgreementScale.Nominal,
        "ordinal" => AgreementScale.Ordinal,
        "interval" => AgreementScale.Interval,
        _ => null,
    };
}
