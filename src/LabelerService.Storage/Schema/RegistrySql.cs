namespace LabelerService.Storage.Schema;

/// <summary>What the registry's migration does to aliases that are there.</summary>
internal static class RegistrySql
{
    /// <summary>Every alias begins its history with the version it names.</summary>
    public const string BeginHistories =
        """
        INSERT INTO model_alias_changes (dataset_id, model_id, change, kind, alias, to_version, actor, reason, time)
        SELECT dataset_id, model_id, row_number() OVER (PARTITION BY dataset_id, model_id ORDER BY update_time, alias), 2, alias, model_version, '',
               'The history begins here.', update_time
        FROM model_aliases;
        UPDATE models m SET alias_changes = (
            SELECT count(*) FROM model_alias_changes c WHERE c.dataset_id = m.dataset_id AND c.model_id = m.model_id);
        """;
}
