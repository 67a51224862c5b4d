namespace LabelerService.Storage.Schema;

/// <summary>What the migration of item contents needs beyond what EF Core can express.</summary>
internal static class ItemSql
{
    /// <summary>Hashes and weighs the features of items from before, as <see cref="Items.ItemParameters"/> and the upsert do for new ones.</summary>
    public const string DescribeWhatIsStored =
        """
        UPDATE items SET bytes = octet_length(features),
            content_hash = encode(substring(sha256(int2send(feature_encoding) || features) FROM 1 FOR 16), 'hex')::uuid
        WHERE features IS NOT NULL
        """;
}
