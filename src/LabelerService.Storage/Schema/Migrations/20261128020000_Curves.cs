using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class Curves : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "curve_id",
                table: "training_runs",
                type: "text",
                nullable: true,
                collation: "C");

            migrationBuilder.CreateTable(
                name: "curve_points",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    curve_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    point = table.Column<int>(type: "integer", nullable: false),
                    capacity = table.Column<string>(type: "text", nullable: false),
                    item_share = table.Column<double>(type: "double precision", nullable: false),
                    label_share = table.Column<double>(type: "double precision", nullable: false),
                    seed = table.Column<long>(type: "bigint", nullable: false),
                    items = table.Column<long>(type: "bigint", nullable: false),
                    labels = table.Column<long>(type: "bigint", nullable: false),
                    accuracy = table.Column<double>(type: "double precision", nullable: true),
                    evaluated = table.Column<int>(type: "integer", nullable: false),
                    seconds = table.Column<double>(type: "double precision", nullable: false),
                    problem = table.Column<string>(type: "text", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_curve_points", x => new { x.dataset_id, x.curve_id, x.point });
                });

            migrationBuilder.CreateTable(
                name: "curves",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    curve_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    uid = table.Column<Guid>(type: "uuid", nullable: false),
                    algorithm = table.Column<string>(type: "text", nullable: false),
                    settings = table.Column<string>(type: "jsonb", nullable: false),
                    plan = table.Column<string>(type: "jsonb", nullable: false),
                    point_count = table.Column<int>(type: "integer", nullable: false),
                    run_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    snapshot_id = table.Column<string>(type: "text", nullable: true),
                    snapshot = table.Column<byte[]>(type: "bytea", nullable: true),
                    basis = table.Column<short>(type: "smallint", nullable: true),
                    items = table.Column<long>(type: "bigint", nullable: true),
                    labels = table.Column<long>(type: "bigint", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_curves", x => new { x.dataset_id, x.curve_id });
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "curve_points");

            migrationBuilder.DropTable(
                name: "curves");

            migrationBuilder.DropColumn(
                name: "curve_id",
                table: "training_runs");
        }
    }
}
