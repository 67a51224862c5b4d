using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class LabelerErasures : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "erase_time",
                table: "model_versions",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<short>(
                name: "erased_data",
                table: "model_versions",
                type: "smallint",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "labeler_erasures",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    labeler_key = table.Column<long>(type: "bigint", nullable: false),
                    mode = table.Column<short>(type: "smallint", nullable: false),
                    pseudonym = table.Column<string>(type: "text", nullable: false),
                    effect = table.Column<string>(type: "jsonb", nullable: false),
                    erase_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_labeler_erasures", x => new { x.dataset_id, x.labeler_key });
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "labeler_erasures");

            migrationBuilder.DropColumn(
                name: "erase_time",
                table: "model_versions");

            migrationBuilder.DropColumn(
                name: "erased_data",
                table: "model_versions");
        }
    }
}
