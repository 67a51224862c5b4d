using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class RunCheckpoints : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "checkpoint_steps",
                table: "training_runs",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "last_checkpoint_time",
                table: "training_runs",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "resumed_count",
                table: "training_runs",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "stalled_attempts",
                table: "training_runs",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "warm_start_model",
                table: "training_runs",
                type: "text",
                nullable: true,
                collation: "C");

            migrationBuilder.AddColumn<int>(
                name: "warm_start_version",
                table: "training_runs",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "weights_length",
                table: "model_versions",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "weights_sha256",
                table: "model_versions",
                type: "bytea",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "run_checkpoints",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    run_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    snapshot_id = table.Column<string>(type: "text", nullable: false),
                    snapshot = table.Column<byte[]>(type: "bytea", nullable: false),
                    steps = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    bytes = table.Column<byte[]>(type: "bytea", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_run_checkpoints", x => new { x.dataset_id, x.run_id });
                });

            // Moments of weights do not compress: trying costs more than the write.
            migrationBuilder.Sql("ALTER TABLE run_checkpoints ALTER COLUMN bytes SET STORAGE EXTERNAL");

            migrationBuilder.CreateIndex(
                name: "ix_model_versions_weights",
                table: "model_versions",
                column: "weights_sha256",
                filter: "state = 1 and weights_sha256 is not null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "run_checkpoints");

            migrationBuilder.DropIndex(
                name: "ix_model_versions_weights",
                table: "model_versions");

            migrationBuilder.DropColumn(
                name: "checkpoint_steps",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "last_checkpoint_time",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "resumed_count",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "stalled_attempts",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "warm_start_model",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "warm_start_version",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "weights_length",
                table: "model_versions");

            migrationBuilder.DropColumn(
                name: "weights_sha256",
                table: "model_versions");
        }
    }
}
