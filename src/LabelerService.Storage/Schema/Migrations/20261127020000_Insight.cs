using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class Insight : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "item_changes",
                table: "dataset_usage",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.CreateTable(
                name: "dataset_writes",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    transaction_id = table.Column<long>(type: "bigint", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    changes = table.Column<long>(type: "bigint", nullable: false),
                    item_changes = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_dataset_writes", x => new { x.dataset_id, x.transaction_id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_items_update_time",
                table: "items",
                column: "update_time")
                .Annotation("Npgsql:IndexMethod", "brin")
                .Annotation("Npgsql:StorageParameter:autosummarize", true);

            migrationBuilder.CreateIndex(
                name: "ix_annotations_received_at",
                table: "annotations",
                column: "received_at")
                .Annotation("Npgsql:IndexMethod", "brin")
                .Annotation("Npgsql:StorageParameter:autosummarize", true);

            migrationBuilder.CreateIndex(
                name: "ix_dataset_writes_time",
                table: "dataset_writes",
                column: "time")
                .Annotation("Npgsql:IndexMethod", "brin");

            migrationBuilder.Sql(InsightSql.Up);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(InsightSql.Down);

            migrationBuilder.DropTable(
                name: "dataset_writes");

            migrationBuilder.DropIndex(
                name: "ix_items_update_time",
                table: "items");

            migrationBuilder.DropIndex(
                name: "ix_annotations_received_at",
                table: "annotations");

            migrationBuilder.DropColumn(
                name: "item_changes",
                table: "dataset_usage");
        }
    }
}
