using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class KeyLimits : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "concurrent_calls",
                table: "api_keys",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "request_burst",
                table: "api_keys",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "requests_per_second",
                table: "api_keys",
                type: "double precision",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "concurrent_calls",
                table: "api_keys");

            migrationBuilder.DropColumn(
                name: "request_burst",
                table: "api_keys");

            migrationBuilder.DropColumn(
                name: "requests_per_second",
                table: "api_keys");
        }
    }
}
