using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class PreviousVersion : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<short>(
                name: "trainer_level",
                table: "training_runs",
                type: "smallint",
                nullable: false,
                defaultValue: (short)0);

            migrationBuilder.Sql(PreviousVersionSql.Up);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(PreviousVersionSql.Down);

            migrationBuilder.DropColumn(
                name: "trainer_level",
                table: "training_runs");
        }
    }
}
