using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class Quotas : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "key_epoch",
                table: "datasets",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "max_annotations",
                table: "datasets",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "max_bytes",
                table: "datasets",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "max_items",
                table: "datasets",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "max_labelers",
                table: "datasets",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.CreateTable(
                name: "dataset_usage",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    shard = table.Column<short>(type: "smallint", nullable: false),
                    items = table.Column<long>(type: "bigint", nullable: false),
                    annotations = table.Column<long>(type: "bigint", nullable: false),
                    labelers = table.Column<long>(type: "bigint", nullable: false),
                    bytes = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_dataset_usage", x => new { x.dataset_id, x.shard });
                });

            migrationBuilder.Sql(UsageSql.Up);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(UsageSql.Down);

            migrationBuilder.DropTable(
                name: "dataset_usage");

            migrationBuilder.DropColumn(
                name: "key_epoch",
                table: "datasets");

            migrationBuilder.DropColumn(
                name: "max_annotations",
                table: "datasets");

            migrationBuilder.DropColumn(
                name: "max_bytes",
                table: "datasets");

            migrationBuilder.DropColumn(
                name: "max_items",
                table: "datasets");

            migrationBuilder.DropColumn(
                name: "max_labelers",
                table: "datasets");
        }
    }
}
