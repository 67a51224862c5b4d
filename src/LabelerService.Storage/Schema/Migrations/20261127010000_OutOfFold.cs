using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class OutOfFold : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "out_of_fold_length",
                table: "model_versions",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "out_of_fold_sha256",
                table: "model_versions",
                type: "bytea",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_model_versions_out_of_fold",
                table: "model_versions",
                column: "out_of_fold_sha256",
                filter: "state = 1 and out_of_fold_sha256 is not null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_model_versions_out_of_fold",
                table: "model_versions");

            migrationBuilder.DropColumn(
                name: "out_of_fold_length",
                table: "model_versions");

            migrationBuilder.DropColumn(
                name: "out_of_fold_sha256",
                table: "model_versions");
        }
    }
}
