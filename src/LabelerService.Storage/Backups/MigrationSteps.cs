using LabelerService.Storage.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LabelerService.Storage.Backups;

/// <summary>
/// The statements of migrations, one by one, for a transaction that does more than migrate. EF Core's own way takes a transaction for each
/// migration; its script puts nothing between statements that lack a semicolon.
/// </summary>
internal static class MigrationSteps
{
    /// <summary>What makes the table of applied migrations.</summary>
    public static string CreateHistory(LabelerDbContext context) => context.GetService<IHistoryRepository>().GetCreateIfNotExistsScript();

    /// <summary>What some migrations do, with the notes that they were applied.</summary>
    public static IEnumerable<string> Of(LabelerDbContext context, IEnumerable<string> migrations)
    {
        var assembly = context.GetService<IMigrationsAssembly>();
        var generator = context.GetService<IMigrationsSqlGenerator>();
        var history = context.GetService<IHistoryRepository>();
        var models = context.GetService<IModelRuntimeInitializer>();
        foreach (var id in migrations)
        {
            var migration = assembly.CreateMigration(assembly.Migrations[id], context.Database.ProviderName!);
            foreach (var command in generator.Generate(migration.UpOperations, models.Initialize(migration.TargetModel)))
            {
                yield return command.CommandText;
            }

            yield return history.GetInsertScript(new HistoryRow(id, ProductInfo.GetVersion()));
        }
    }
}
