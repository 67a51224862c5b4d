using System.Runtime.CompilerServices;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Client.Export;

/// <summary>Streams a dataset's annotations out, as of one moment, by item and labeler.</summary>
internal static class AnnotationExport
{
    /// <summary>The annotations in their current revision.</summary>
    /// <param name="connection">The service.</param>
    /// <param name="parent"><c>datasets/{dataset}</c>.</param>
    /// <param name="retracted">Whether those that were taken back are among them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<LabelRow> ReadAsync(
        ServiceConnection connection, string parent, bool retracted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = connection.Annotations.ExportAnnotations(
            new ExportAnnotationsRequest { Parent = parent, ShowRetracted = retracted }, cancellationToken: cancellationToken);
        await foreach (var answer in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            foreach (var annotation in answer.Annotations)
            {
                yield return ToRow(annotation);
            }
        }
    }

    private static LabelRow ToRow(Annotation annotation) => new(
        annotation.ItemId, annotation.LabelerId, annotation.ClassName, annotation.AnnotateTime?.ToDateTimeOffset(),
        annotation.HasConfidence ? annotation.Confidence : null, annotation.Duration?.ToTimeSpan(), annotation.Retracted);
}
