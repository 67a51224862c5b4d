using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class Backbones : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "backbones",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    backbone_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    uid = table.Column<Guid>(type: "uuid", nullable: false),
                    source = table.Column<short>(type: "smallint", nullable: false),
                    display_name = table.Column<string>(type: "text", nullable: false, defaultValue: ""),
                    artefact_sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    artefact_length = table.Column<long>(type: "bigint", nullable: false),
                    manifest = table.Column<string>(type: "jsonb", nullable: false),
                    run_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_backbones", x => new { x.dataset_id, x.backbone_id });
                });

            migrationBuilder.CreateTable(
                name: "extracted_features",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    extraction_key = table.Column<long>(type: "bigint", nullable: false),
                    item_key = table.Column<long>(type: "bigint", nullable: false),
                    content_hash = table.Column<Guid>(type: "uuid", nullable: false),
                    features = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_extracted_features", x => new { x.dataset_id, x.extraction_key, x.item_key });
                });

            migrationBuilder.CreateTable(
                name: "feature_extractions",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    extraction_key = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    extractor_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    feature_length = table.Column<int>(type: "integer", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    use_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feature_extractions", x => new { x.dataset_id, x.extraction_key });
                });

            // Features are float32 and hardly compress: trying costs more than the write.
            migrationBuilder.Sql("ALTER TABLE extracted_features ALTER COLUMN features SET STORAGE EXTERNAL");

            migrationBuilder.CreateIndex(
                name: "ix_backbones_artefact",
                table: "backbones",
                column: "artefact_sha256");

            migrationBuilder.CreateIndex(
                name: "ix_feature_extractions_dataset_id_extractor_hash",
                table: "feature_extractions",
                columns: new[] { "dataset_id", "extractor_hash" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "backbones");

            migrationBuilder.DropTable(
                name: "extracted_features");

            migrationBuilder.DropTable(
                name: "feature_extractions");
        }
    }
}
