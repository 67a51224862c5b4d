using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class Encodings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "encoder_length",
                table: "model_versions",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "encoder_sha256",
                table: "model_versions",
                type: "bytea",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_model_versions_encoder",
                table: "model_versions",
                column: "encoder_sha256",
                filter: "state = 1 and encoder_sha256 is not null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_model_versions_encoder",
                table: "model_versions");

            migrationBuilder.DropColumn(
                name: "encoder_length",
                table: "model_versions");

            migrationBuilder.DropColumn(
                name: "encoder_sha256",
                table: "model_versions");
        }
    }
}
