using System.CommandLine;
using System.Globalization;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary><c>compare</c>: says which of two models is better on the same items.</summary>
internal static class CompareCommand
{
    public static Command Create(CommandHost host)
    {
        var first = CommonArguments.Model("MODEL_A");
        var second = CommonArguments.Model("MODEL_B");
        var split = CommonArguments.Split(Split.Test, "Split to measure on [default: test]");
        var basis = CommonArguments.Basis();
        var command = new Command(
            "compare", "Say which of two models of a dataset is better, on the same items: differences with 95 % intervals")
        {
            first, second, split, basis,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var (a, b) = (run.Get(first), run.Get(second));
            if (a.Dataset != b.Dataset)
            {
                throw new UsageException($"MODEL_A and MODEL_B are of different datasets: {a.Dataset} and {b.Dataset}");
            }

            var answer = await run.Service.Models.CompareModelsAsync(
                new CompareModelsRequest
                {
                    Parent = ResourceName.Dataset(a.Dataset),
                    FirstModel = a.Text,
                    SecondModel = b.Text,
                    Split = run.Get(split),
                    Basis = run.Get(basis),
                },
                cancellationToken: cancellationToken);
            foreach (var warning in answer.Warnings)
            {
                run.Terminal.Warn(warning);
            }

            run.Terminal.Result(Document(answer, run.Get(split)), console =>
            {
                var table = Tables.Create(
                    $"{SplitText.Of(run.Get(split))}, {BasisText.Of(answer.Basis)}", "first", "second", "second − first (95 % interval)",
                    "measured on", "better");
                foreach (var metric in answer.Metrics)
                {
                    table.AddTextRow(
                        metric.Metric.Replace('_', ' '), Number(metric.First), Number(metric.Second),
                        $"{Signed(metric.Difference)} ({Signed(metric.Lower)} – {Signed(metric.Upper)})", $"{metric.Count:N0} items",
                        Short(metric.Verdict));
                }

                console.Write(table);
                foreach (var line in Lines(answer))
                {
                    console.Profile.Out.Writer.WriteLine(line);
                }
            });
        });
        HelpWithExamples.Add(
            command,
            "labeler compare datasets/scenes/models/bn datasets/scenes/models/wdn --split test",
            "labeler compare datasets/scenes/models/wdn/versions/1 datasets/scenes/models/wdn/versions/2 --json",
            "labeler compare datasets/scenes/models/bn datasets/scenes/models/wdn --basis labelers");
        return command;
    }

    private static IEnumerable<string> Lines(CompareModelsResponse answer)
    {
        if (answer.Mcnemar is { } test)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"only the first right: {test.OnlyFirstRight}, only the second: {test.OnlySecondRight}, McNemar p {(test.PValue < 0.0001 ? "< 0.0001" : test.PValue.ToString("= 0.####", CultureInfo.InvariantCulture))}");
        }

        yield return answer.Verdict switch
        {
            ComparisonVerdict.FirstBetter => $"better: the first, {answer.FirstModelVersion}",
            ComparisonVerdict.SecondBetter => $"better: the second, {answer.SecondModelVersion}",
            _ => "no difference that these items can show",
        };
    }

    private static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Signed(double value) => value.ToString("+0.0000;−0.0000;0.0000", CultureInfo.InvariantCulture);

    private static string Short(ComparisonVerdict verdict) => verdict switch
    {
        ComparisonVerdict.FirstBetter => "first",
        ComparisonVerdict.SecondBetter => "second",
        _ => "",
    };

    private static object Document(CompareModelsResponse answer, Split split) => new
    {
        answer.FirstModelVersion,
        answer.SecondModelVersion,
        Split = SplitText.Of(split),
        Basis = BasisText.Of(answer.Basis),
        Verdict = BasisText.Of(answer.Verdict),
        Metrics = answer.Metrics.Select(metric => new
        {
            metric.Metric,
            metric.Split,
            metric.First,
            metric.Second,
            metric.Difference,
            metric.Lower,
            metric.Upper,
            metric.Count,
            Verdict = BasisText.Of(metric.Verdict),
        }),
        Mcnemar = answer.Mcnemar is { } test ? new { test.OnlyFirstRight, test.OnlySecondRight, test.PValue } : null,
        answer.Warnings,
    };
}
