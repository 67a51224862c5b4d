using System.Globalization;
using System.Text;
using LabelerService.Contracts.V1;

namespace LabelerService.Server.Cards;

/// <summary>A card as Markdown. Whatever users have chosen goes through <see cref="MarkdownText"/>, without exception.</summary>
internal static class ModelCardMarkdown
{
    private const int HeaviestShown = 10;
    private const int LightestShown = 5;

    /// <summary>The document.</summary>
    public static string Write(ModelCard card)
    {
        var text = new StringBuilder();
        text.Append("# Model card: ").Append(MarkdownText.Escape(card.DisplayName.Length > 0 ? card.DisplayName : card.Version)).Append("\n\n");
        if (card.Description.Length > 0)
        {
            text.Append("Description: ").Append(MarkdownText.Escape(card.Description)).Append("\n\n");
        }

        Table(text, "Fact", "Value");
        Row(text, "Version", card.Version);
        Row(text, "Aliases", card.Aliases.Count == 0 ? "none" : string.Join(", ", card.Aliases));
        Row(text, "Published", card.CreateTime.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        Row(text, "Dataset", card.Dataset.DisplayName.Length > 0 ? $"{card.Dataset.DisplayName} ({card.Dataset.Name})" : card.Dataset.Name);
        Row(text, "Algorithm", card.Training.Algorithm);
        Row(text, "Classes", $"{card.Classes.Count}");
        text.Append('\n');

        List(text, "Intended use", card.IntendedUses);
        List(text, "Limits", card.Limits.Select(limit => limit.Text));
        Data(text, card);
        Metrics(text, card);
        Heads(text, card);
        Training(text, card.Training);
        Graph(text, card);
        return text.ToString();
    }

    private static void Data(StringBuilder text, ModelCard card)
    {
        Heading(text, "Data");
        Table(text, "Fact", "Value");
        Row(text, "Snapshot", card.Dataset.SnapshotId);
        if (card.Data is not { } data)
        {
            text.Append('\n');
            return;
        }

        Row(text, "Items", $"{Count(data.ItemCount)}: {Count(data.TrainItemCount)} train, {Count(data.ValidationItemCount)} validation, {Count(data.TestItemCount)} test");
        Row(text, "Items with a gold class", Count(data.GoldItemCount));
        Row(text, "Items learnt from", Count(data.AnnotatedItemCount));
        Row(text, "Annotations learnt from", Count(data.AnnotationCount));
        Row(text, "Labelers", Count(data.LabelerCount));
        Row(text, "Annotations of an item", $"{Count(data.AnnotationsPerItemMin)} to {Count(data.AnnotationsPerItemMax)}, median {Number(data.AnnotationsPerItemMedian, "0.#")}");
        Row(text, "Annotations of a labeler", $"{Count(data.AnnotationsPerLabelerMin)} to {Count(data.AnnotationsPerLabelerMax)}, median {Number(data.AnnotationsPerLabelerMedian, "0.#")}");
        text.Append('\n');
        Table(text, "Class", "Annotations", "Share");
        foreach (var (name, count) in card.Classes.Zip(data.ClassAnnotationCounts))
        {
            Row(text, name, Count(count), Number(data.AnnotationCount == 0 ? 0 : (double)count / data.AnnotationCount, "0.000"));
        }

        text.Append('\n');
    }

    private static void Metrics(StringBuilder text, ModelCard card)
    {
        Heading(text, "Measured when training ended");
        if (card.Metrics.Count == 0)
        {
            text.Append("Nothing was measured.\n\n");
        }
        else
        {
            Table(text, "Split", "Metric", "Value", "95 % interval", "Measured on");
            foreach (var metric in card.Metrics)
            {
                Row(
                    text, metric.Split, metric.Metric_.Replace('_', ' '), Number(metric.Value, "0.0000"),
                    metric.HasLower && metric.HasUpper ? $"{Number(metric.Lower, "0.0000")} – {Number(metric.Upper, "0.0000")}" : "", Count(metric.Count));
            }

            text.Append('\n');
        }

        text.Append("Calibration: ").Append(card.Training.Temperature == 1
            ? "probabilities are as they were learnt.\n\n"
            : $"probabilities are calibrated with temperature {Number(card.Training.Temperature, "0.###")}.\n\n");
    }

    private static void Heads(StringBuilder text, ModelCard card)
    {
        Heading(text, "Labelers");
        Table(text, "Labeler", "Annotations", "Weight", "95 % interval", "Estimated accuracy");
        var all = card.Heads.Count <= HeaviestShown + LightestShown;
        Rows(card.Heads.Take(all ? card.Heads.Count : HeaviestShown));
        if (!all)
        {
            Row(text, $"… {Count(card.Heads.Count - HeaviestShown - LightestShown)} more between …", "", "", "", "");
            Rows(card.Heads.TakeLast(LightestShown));
        }

        text.Append('\n');

        void Rows(IEnumerable<ModelHead> heads)
        {
            foreach (var head in heads)
            {
                Row(
                    text, head.LabelerId.Length == 0 ? "(shared: nobody's own)" : head.LabelerId, Count(head.AnnotationCount), Number(head.Weight, "0.0000"),
                    head.HasWeightLower && head.HasWeightUpper ? $"{Number(head.WeightLower, "0.0000")} – {Number(head.WeightUpper, "0.0000")}" : "",
                    Number(head.EstimatedAccuracy, "0.000"));
            }
        }
    }

    private static void Training(StringBuilder text, CardTraining training)
    {
        Heading(text, "Training");
        Table(text, "Fact", "Value");
        Row(text, "Algorithm", training.Summary.Length == 0 ? training.Algorithm : $"{training.Algorithm}: {training.Summary}");
        Row(text, "Reference", training.Reference);
        if (training.Selection is { } selection)
        {
            Row(text, "Chosen", selection.Chosen);
            Row(text, "Why", selection.Reason);
        }

        Row(text, "Settings", string.Join(", ", training.Settings.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} = {pair.Value}")));
        Row(text, "Seed", training.Seed.ToString(CultureInfo.InvariantCulture));
        Row(text, "Code", training.CodeVersion);
        Row(text, "Duration", $"{Number(training.Seconds, "0.0")} s");
        Row(text, "Run", training.TrainingRun);
        Row(text, "Began with the weights of", training.ParentVersion.Length == 0 ? "none" : training.ParentVersion);
        Row(text, "Champion at that time", training.ChampionVersion.Length == 0 ? "none" : training.ChampionVersion);
        text.Append('\n');
    }

    private static void Graph(StringBuilder text, ModelCard card)
    {
        Heading(text, "File");
        text.Append("One self-contained ONNX graph; any ONNX Runtime loads it. `labeler model download` or `GET /v1/{version}:download` gives it.\n\n");
        Table(text, "Tensor", "Type", "Shape", "What");
        foreach (var (role, tensors) in new[] { ("input", card.Graph.Inputs), ("output", card.Graph.Outputs) })
        {
            foreach (var tensor in tensors)
            {
                Row(text, $"{role} {tensor.Name}", tensor.DataType, $"[{string.Join(", ", tensor.Shape.Select(side => side < 0 ? "N" : $"{side}"))}]", tensor.Description);
            }
        }

        text.Append('\n');
        Table(text, "Fact", "Value");
        Row(text, "Size", $"{Count(card.Graph.Size)} bytes");
        Row(text, "SHA-256", card.Graph.Sha256);
        Row(text, "Largest difference from the trained net", card.Graph.ParityMaxDifference.ToString("0.0e+0", CultureInfo.InvariantCulture));
    }

    private static void Heading(StringBuilder text, string heading) => text.Append("## ").Append(heading).Append("\n\n");

    private static void List(StringBuilder text, string heading, IEnumerable<string> lines)
    {
        Heading(text, heading);
        foreach (var line in lines)
        {
            text.Append("- ").Append(MarkdownText.Escape(line)).Append('\n');
        }

        text.Append('\n');
    }

    private static void Table(StringBuilder text, params ReadOnlySpan<string> columns)
    {
        text.Append("| ").AppendJoin(" | ", columns).Append(" |\n|");
        foreach (var _ in columns)
        {
            text.Append(" --- |");
        }

        text.Append('\n');
    }

    private static void Row(StringBuilder text, params ReadOnlySpan<string> cells)
    {
        text.Append('|');
        foreach (var cell in cells)
        {
            text.Append(' ').Append(MarkdownText.Escape(cell)).Append(" |");
        }

        text.Append('\n');
    }

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
