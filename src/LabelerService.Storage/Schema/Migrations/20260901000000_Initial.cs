using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    internal sealed partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateSequence(
                name: "item_keys");

            migrationBuilder.CreateSequence(
                name: "labeler_keys");

            migrationBuilder.CreateTable(
                name: "annotation_history",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    item_key = table.Column<long>(type: "bigint", nullable: false),
                    labeler_key = table.Column<long>(type: "bigint", nullable: false),
                    revision = table.Column<int>(type: "integer", nullable: false),
                    class_index = table.Column<short>(type: "smallint", nullable: true),
                    confidence = table.Column<float>(type: "real", nullable: true),
                    duration_ms = table.Column<int>(type: "integer", nullable: true),
                    annotated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_annotation_history", x => new { x.dataset_id, x.item_key, x.labeler_key, x.revision });
                });

            migrationBuilder.CreateTable(
                name: "annotations",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    item_key = table.Column<long>(type: "bigint", nullable: false),
                    labeler_key = table.Column<long>(type: "bigint", nullable: false),
                    class_index = table.Column<short>(type: "smallint", nullable: true),
                    revision = table.Column<int>(type: "integer", nullable: false, defaultValue: 1),
                    confidence = table.Column<float>(type: "real", nullable: true),
                    duration_ms = table.Column<int>(type: "integer", nullable: true),
                    annotated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_annotations", x => new { x.dataset_id, x.item_key, x.labeler_key });
                });

            migrationBuilder.CreateTable(
                name: "artefacts",
                columns: table => new
                {
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    bytes = table.Column<byte[]>(type: "bytea", nullable: false),
                    length = table.Column<long>(type: "bigint", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_artefacts", x => x.sha256);
                });

            migrationBuilder.CreateTable(
                name: "datasets",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    uid = table.Column<Guid>(type: "uuid", nullable: false),
                    display_name = table.Column<string>(type: "text", nullable: false),
                    schema = table.Column<string>(type: "jsonb", nullable: false),
                    tags = table.Column<string>(type: "jsonb", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    version = table.Column<long>(type: "bigint", nullable: false, defaultValue: 1L)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_datasets", x => x.dataset_id);
                });

            migrationBuilder.CreateTable(
                name: "items",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    item_key = table.Column<long>(type: "bigint", nullable: false, defaultValueSql: "nextval('item_keys')"),
                    external_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    split = table.Column<short>(type: "smallint", nullable: false),
                    features = table.Column<byte[]>(type: "bytea", nullable: true),
                    feature_encoding = table.Column<short>(type: "smallint", nullable: false),
                    gold_class = table.Column<short>(type: "smallint", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_items", x => new { x.dataset_id, x.item_key });
                });

            migrationBuilder.CreateTable(
                name: "labelers",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    labeler_key = table.Column<long>(type: "bigint", nullable: false, defaultValueSql: "nextval('labeler_keys')"),
                    external_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    display_name = table.Column<string>(type: "text", nullable: false, defaultValue: ""),
                    tags = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    version = table.Column<long>(type: "bigint", nullable: false, defaultValue: 1L)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_labelers", x => new { x.dataset_id, x.labeler_key });
                });

            migrationBuilder.CreateTable(
                name: "model_aliases",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    model_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    alias = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    model_version = table.Column<int>(type: "integer", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false, defaultValue: 1L),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_model_aliases", x => new { x.dataset_id, x.model_id, x.alias });
                });

            migrationBuilder.CreateTable(
                name: "model_versions",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    model_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    version = table.Column<int>(type: "integer", nullable: false),
                    artefact_sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    artefact_length = table.Column<long>(type: "bigint", nullable: false),
                    manifest = table.Column<string>(type: "jsonb", nullable: false),
                    run_id = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<short>(type: "smallint", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_model_versions", x => new { x.dataset_id, x.model_id, x.version });
                });

            migrationBuilder.CreateTable(
                name: "models",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    model_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    latest_version = table.Column<int>(type: "integer", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_models", x => new { x.dataset_id, x.model_id });
                });

            migrationBuilder.CreateTable(
                name: "request_ids",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    request_id = table.Column<Guid>(type: "uuid", nullable: false),
                    method = table.Column<string>(type: "text", nullable: false),
                    body_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    response = table.Column<byte[]>(type: "bytea", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_request_ids", x => new { x.dataset_id, x.request_id });
                });

            migrationBuilder.CreateTable(
                name: "server_secrets",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    bytes = table.Column<byte[]>(type: "bytea", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_server_secrets", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "training_run_events",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    run_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    kind = table.Column<short>(type: "smallint", nullable: false),
                    payload = table.Column<string>(type: "jsonb", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_training_run_events", x => new { x.dataset_id, x.run_id, x.sequence });
                });

            migrationBuilder.CreateTable(
                name: "training_runs",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    run_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    uid = table.Column<Guid>(type: "uuid", nullable: false),
                    algorithm = table.Column<string>(type: "text", nullable: false),
                    model_id = table.Column<string>(type: "text", nullable: false),
                    seed = table.Column<long>(type: "bigint", nullable: false),
                    requested_settings = table.Column<string>(type: "jsonb", nullable: false),
                    effective_settings = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    state = table.Column<short>(type: "smallint", nullable: false),
                    priority = table.Column<int>(type: "integer", nullable: false),
                    attempt = table.Column<int>(type: "integer", nullable: false),
                    cancel_requested = table.Column<bool>(type: "boolean", nullable: false),
                    lease_owner = table.Column<string>(type: "text", nullable: true),
                    lease_expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    fencing_token = table.Column<long>(type: "bigint", nullable: false),
                    phase = table.Column<string>(type: "text", nullable: true),
                    epoch = table.Column<int>(type: "integer", nullable: true),
                    epochs = table.Column<int>(type: "integer", nullable: true),
                    loss = table.Column<double>(type: "double precision", nullable: true),
                    validation_metric = table.Column<double>(type: "double precision", nullable: true),
                    validation_metric_name = table.Column<string>(type: "text", nullable: true),
                    eta_seconds = table.Column<double>(type: "double precision", nullable: true),
                    error = table.Column<string>(type: "text", nullable: true),
                    model_version = table.Column<int>(type: "integer", nullable: true),
                    last_sequence = table.Column<long>(type: "bigint", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    start_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    end_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    version = table.Column<long>(type: "bigint", nullable: false, defaultValue: 1L)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_training_runs", x => new { x.dataset_id, x.run_id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_annotations_dataset_id_labeler_key_item_key",
                table: "annotations",
                columns: new[] { "dataset_id", "labeler_key", "item_key" });

            migrationBuilder.CreateIndex(
                name: "ix_datasets_id",
                table: "datasets",
                column: "id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_items_dataset_id_external_id",
                table: "items",
                columns: new[] { "dataset_id", "external_id" },
                unique: true)
                .Annotation("Npgsql:IndexInclude", new[] { "item_key" });

            migrationBuilder.CreateIndex(
                name: "ix_items_dataset_id_split_item_key",
                table: "items",
                columns: new[] { "dataset_id", "split", "item_key" });

            migrationBuilder.CreateIndex(
                name: "ix_labelers_dataset_id_external_id",
                table: "labelers",
                columns: new[] { "dataset_id", "external_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_request_ids_create_time",
                table: "request_ids",
                column: "create_time");

            migrationBuilder.CreateIndex(
                name: "ix_training_runs_queue",
                table: "training_runs",
                columns: new[] { "state", "priority", "create_time" },
                descending: new[] { false, true, false },
                filter: "state in (1, 2)");

            migrationBuilder.Sql(InitialSql.Up);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(InitialSql.Down);

            migrationBuilder.DropTable(
                name: "annotation_history");

            migrationBuilder.DropTable(
                name: "annotations");

            migrationBuilder.DropTable(
                name: "artefacts");

            migrationBuilder.DropTable(
                name: "datasets");

            migrationBuilder.DropTable(
                name: "items");

            migrationBuilder.DropTable(
                name: "labelers");

            migrationBuilder.DropTable(
                name: "model_aliases");

            migrationBuilder.DropTable(
                name: "model_versions");

            migrationBuilder.DropTable(
                name: "models");

            migrationBuilder.DropTable(
                name: "request_ids");

            migrationBuilder.DropTable(
                name: "server_secrets");

            migrationBuilder.DropTable(
                name: "training_run_events");

            migrationBuilder.DropTable(
                name: "training_runs");

            migrationBuilder.DropSequence(
                name: "item_keys");

            migrationBuilder.DropSequence(
                name: "labeler_keys");
        }
    }
}
