using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class StudioAnnotations : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "studio_annotations",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    source = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    studio_id = table.Column<long>(type: "bigint", nullable: false),
                    item_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    labeler_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    class_index = table.Column<short>(type: "smallint", nullable: true),
                    duration_ms = table.Column<int>(type: "integer", nullable: true),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    deleted = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_studio_annotations", x => new { x.dataset_id, x.source, x.studio_id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_studio_annotations_dataset_id_item_id_labeler_id",
                table: "studio_annotations",
                columns: new[] { "dataset_id", "item_id", "labeler_id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "studio_annotations");
        }
    }
}
