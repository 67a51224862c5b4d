using Npgsql;

namespace LabelerService.Storage.Tests.Backups;

/// <summary>All that two databases may differ in, as far as users see it.</summary>
internal static class DatabaseContents
{
    /// <summary>Rows and a hash of each table, and where each sequence stands.</summary>
    public static async Task<SortedDictionary<string, string>> ReadAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        await using var connection = await source.OpenConnectionAsync();
        var contents = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in await NamesAsync(connection, "'r', 'p'"))
        {
            contents[name] = await TextAsync(
                connection, $"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")), '') FROM \"{name}\" t");
        }

        foreach (var name in await NamesAsync(connection, "'S'"))
        {
            contents[name] = await TextAsync(connection, $"SELECT last_value || ' ' || is_called FROM \"{name}\"");
        }

        return contents;
    }

    private static async Task<List<string>> NamesAsync(NpgsqlConnection connection, string kinds)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ({kinds}) AND NOT relispartition", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var names = new List<string>();
        while (await reader.ReadAsync())
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private static async Task<string> TextAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
