using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class Retraining : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "annotation_changes",
                table: "training_runs",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "events_thinned",
                table: "training_runs",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<string>(
                name: "retraining_policy",
                table: "training_runs",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "retraining_reason",
                table: "training_runs",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "changes",
                table: "dataset_usage",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.CreateTable(
                name: "promotion_decisions",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    run_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    policy_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    model_id = table.Column<string>(type: "text", nullable: false),
                    outcome = table.Column<short>(type: "smallint", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: false),
                    candidate_version = table.Column<int>(type: "integer", nullable: true),
                    champion_version = table.Column<int>(type: "integer", nullable: true),
                    comparison = table.Column<string>(type: "jsonb", nullable: true),
                    lease_token = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    attempts = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    decide_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_promotion_decisions", x => new { x.dataset_id, x.run_id });
                });

            migrationBuilder.CreateTable(
                name: "retraining_policies",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "bigint", nullable: false),
                    policy_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    uid = table.Column<Guid>(type: "uuid", nullable: false),
                    spec = table.Column<string>(type: "jsonb", nullable: false),
                    baseline_changes = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    runs = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    last_run_id = table.Column<string>(type: "text", nullable: true),
                    last_trigger_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_trigger_reason = table.Column<string>(type: "text", nullable: true),
                    next_scheduled_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    check_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    drift_token = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    drift_lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    drift_looks = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    drift_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    drift_changes = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    drift_finding = table.Column<string>(type: "jsonb", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    version = table.Column<long>(type: "bigint", nullable: false, defaultValue: 1L)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_retraining_policies", x => new { x.dataset_id, x.policy_id });
                });

            migrationBuilder.CreateTable(
                name: "trainers",
                columns: table => new
                {
                    trainer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    slots = table.Column<int>(type: "integer", nullable: false),
                    code_version = table.Column<string>(type: "text", nullable: false),
                    start_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    last_seen = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_trainers", x => x.trainer_id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_training_runs_algorithm_durations",
                table: "training_runs",
                columns: new[] { "algorithm", "end_time" },
                descending: new[] { false, true },
                filter: "state = 3");

            migrationBuilder.CreateIndex(
                name: "ix_training_runs_durations",
                table: "training_runs",
                columns: new[] { "dataset_id", "algorithm", "end_time" },
                descending: new[] { false, false, true },
                filter: "state = 3");

            migrationBuilder.CreateIndex(
                name: "ix_training_runs_unthinned",
                table: "training_runs",
                column: "end_time",
                filter: "state in (3, 4, 5) and not events_thinned");

            migrationBuilder.CreateIndex(
                name: "ix_promotion_decisions_dataset_id_policy_id_create_time_run_id",
                table: "promotion_decisions",
                columns: new[] { "dataset_id", "policy_id", "create_time", "run_id" });

            migrationBuilder.CreateIndex(
                name: "ix_promotion_decisions_pending",
                table: "promotion_decisions",
                column: "create_time",
                filter: "outcome = 1");

            migrationBuilder.CreateIndex(
                name: "ix_retraining_policies_check_time",
                table: "retraining_policies",
                column: "check_time");

            migrationBuilder.Sql(RetrainingSql.Up);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(RetrainingSql.Down);

            migrationBuilder.DropTable(
                name: "promotion_decisions");

            migrationBuilder.DropTable(
                name: "retraining_policies");

            migrationBuilder.DropTable(
                name: "trainers");

            migrationBuilder.DropIndex(
                name: "ix_training_runs_algorithm_durations",
                table: "training_runs");

            migrationBuilder.DropIndex(
                name: "ix_training_runs_durations",
                table: "training_runs");

            migrationBuilder.DropIndex(
                name: "ix_training_runs_unthinned",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "annotation_changes",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "events_thinned",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "retraining_policy",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "retraining_reason",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "changes",
                table: "dataset_usage");
        }
    }
}
