using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class Registry : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "alias_changes",
                table: "models",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<double>(
                name: "canary_share",
                table: "models",
                type: "double precision",
                nullable: false,
                defaultValue: 0.0);

            migrationBuilder.AddColumn<int>(
                name: "canary_version",
                table: "models",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "delete_time",
                table: "models",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "description",
                table: "models",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "display_name",
                table: "models",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<long>(
                name: "retention_seconds",
                table: "models",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<int>(
                name: "retention_versions",
                table: "models",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<long>(
                name: "version",
                table: "models",
                type: "bigint",
                nullable: false,
                defaultValue: 1L);

            migrationBuilder.AddColumn<int>(
                name: "champion_version",
                table: "model_versions",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "delete_actor",
                table: "model_versions",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "delete_time",
                table: "model_versions",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "model_alias_changes",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    model_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    change = table.Column<long>(type: "bigint", nullable: false),
                    kind = table.Column<short>(type: "smallint", nullable: false),
                    alias = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    from_version = table.Column<int>(type: "integer", nullable: true),
                    to_version = table.Column<int>(type: "integer", nullable: true),
                    canary_share = table.Column<double>(type: "double precision", nullable: true),
                    back_to = table.Column<long>(type: "bigint", nullable: true),
                    actor = table.Column<string>(type: "text", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_model_alias_changes", x => new { x.dataset_id, x.model_id, x.change });
                });

            migrationBuilder.AddCheckConstraint(
                name: "ck_models_canary",
                table: "models",
                sql: "(canary_version is null and canary_share = 0) or (canary_version is not null and canary_share > 0 and canary_share < 1)");

            migrationBuilder.CreateIndex(
                name: "ix_model_versions_artefact",
                table: "model_versions",
                column: "artefact_sha256",
                filter: "state = 1");

            migrationBuilder.CreateIndex(
                name: "ix_model_alias_changes_dataset_id_model_id_alias_change",
                table: "model_alias_changes",
                columns: new[] { "dataset_id", "model_id", "alias", "change" });

            migrationBuilder.Sql(RegistrySql.BeginHistories);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "model_alias_changes");

            migrationBuilder.DropCheckConstraint(
                name: "ck_models_canary",
                table: "models");

            migrationBuilder.DropIndex(
                name: "ix_model_versions_artefact",
                table: "model_versions");

            migrationBuilder.DropColumn(
                name: "alias_changes",
                table: "models");

            migrationBuilder.DropColumn(
                name: "canary_share",
                table: "models");

            migrationBuilder.DropColumn(
                name: "canary_version",
                table: "models");

            migrationBuilder.DropColumn(
                name: "delete_time",
                table: "models");

            migrationBuilder.DropColumn(
                name: "description",
                table: "models");

            migrationBuilder.DropColumn(
                name: "display_name",
                table: "models");

            migrationBuilder.DropColumn(
                name: "retention_seconds",
                table: "models");

            migrationBuilder.DropColumn(
                name: "retention_versions",
                table: "models");

            migrationBuilder.DropColumn(
                name: "version",
                table: "models");

            migrationBuilder.DropColumn(
                name: "champion_version",
                table: "model_versions");

            migrationBuilder.DropColumn(
                name: "delete_actor",
                table: "model_versions");

            migrationBuilder.DropColumn(
                name: "delete_time",
                table: "model_versions");
        }
    }
}
