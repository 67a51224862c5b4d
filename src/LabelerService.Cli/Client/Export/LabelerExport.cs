using System.Runtime.CompilerServices;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Client.Export;

/// <summary>A dataset's labelers, page by page.</summary>
internal static class LabelerExport
{
    /// <summary>The labelers in the order they were registered.</summary>
    public static async IAsyncEnumerable<LabelerRow> ReadAsync(
        ServiceConnection connection, string parent, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var labelers = Paging.AllAsync<Labeler>(
            async token =>
            {
                var page = await connection.Labelers.ListLabelersAsync(
                    new ListLabelersRequest { Parent = parent, PageSize = Paging.PageSize, PageToken = token }, cancellationToken: cancellationToken);
                return (page.Labelers, page.NextPageToken);
            },
            cancellationToken);
        await foreach (var labeler in labelers)
        {
            yield return new LabelerRow(labeler.LabelerId, labeler.DisplayName, labeler.Tags);
        }
    }
}
