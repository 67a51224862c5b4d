using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class PredictionJobs : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "prediction_jobs",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    job_key = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    job_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    uid = table.Column<Guid>(type: "uuid", nullable: false),
                    model_id = table.Column<string>(type: "text", nullable: false),
                    model_version = table.Column<int>(type: "integer", nullable: false),
                    model = table.Column<string>(type: "text", nullable: false),
                    alias = table.Column<string>(type: "text", nullable: false),
                    filter = table.Column<string>(type: "text", nullable: false),
                    labeler_probabilities = table.Column<bool>(type: "boolean", nullable: false),
                    labeler_weights = table.Column<bool>(type: "boolean", nullable: false),
                    distilled = table.Column<bool>(type: "boolean", nullable: false),
                    state = table.Column<short>(type: "smallint", nullable: false),
                    attempt = table.Column<int>(type: "integer", nullable: false),
                    cancel_requested = table.Column<bool>(type: "boolean", nullable: false),
                    lease_owner = table.Column<string>(type: "text", nullable: true),
                    lease_expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    fencing_token = table.Column<long>(type: "bigint", nullable: false),
                    last_item_key = table.Column<long>(type: "bigint", nullable: true),
                    done_item_key = table.Column<long>(type: "bigint", nullable: false),
                    item_count = table.Column<long>(type: "bigint", nullable: false),
                    predicted_count = table.Column<long>(type: "bigint", nullable: false),
                    error = table.Column<string>(type: "text", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    start_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    end_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_prediction_jobs", x => new { x.dataset_id, x.job_key });
                });

            migrationBuilder.CreateTable(
                name: "predictions",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    job_key = table.Column<long>(type: "bigint", nullable: false),
                    item_key = table.Column<long>(type: "bigint", nullable: false),
                    class_index = table.Column<short>(type: "smallint", nullable: false),
                    probabilities = table.Column<byte[]>(type: "bytea", nullable: false),
                    entropy = table.Column<float>(type: "real", nullable: false),
                    disagreement = table.Column<float>(type: "real", nullable: true),
                    labeler_probabilities = table.Column<byte[]>(type: "bytea", nullable: true),
                    labeler_weights = table.Column<byte[]>(type: "bytea", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_predictions", x => new { x.dataset_id, x.job_key, x.item_key });
                });

            migrationBuilder.CreateIndex(
                name: "ix_prediction_jobs_dataset_id_job_id",
                table: "prediction_jobs",
                columns: new[] { "dataset_id", "job_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_prediction_jobs_queue",
                table: "prediction_jobs",
                columns: new[] { "state", "create_time" },
                filter: "state in (1, 2)");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "prediction_jobs");

            migrationBuilder.DropTable(
                name: "predictions");
        }
    }
}
