using System.Runtime.CompilerServices;

namespace LabelerService.Client;

/// <summary>Walks the pages of a List call.</summary>
internal static class Paging
{
    /// <summary>Largest page the API gives.</summary>
    public const int PageSize = 1000;

    /// <summary>All entries, page by page.</summary>
    /// <param name="page">Asks for the page of a token; gives its entries and the next token, empty at the end.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    public static async IAsyncEnumerable<T> AllAsync<T>(
        Func<string, Task<(IEnumerable<T> Entries, string Next)>> page, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var token = "";
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            (var entries, token) = await page(token);
            foreach (var entry in entries)
            {
                yield return entry;
            }
        }
        while (token.Length > 0);
    }
}
