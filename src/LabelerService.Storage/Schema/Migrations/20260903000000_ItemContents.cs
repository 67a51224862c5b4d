using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LabelerService.Storage.Schema.Migrations
{
    /// <inheritdoc />
    public partial class ItemContents : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "bytes",
                table: "items",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<byte[]>(
                name: "content",
                table: "items",
                type: "bytea",
                nullable: true);

            migrationBuilder.AddColumn<Guid>(
                name: "content_hash",
                table: "items",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<short>(
                name: "content_type",
                table: "items",
                type: "smallint",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "replaced_bytes",
                table: "items",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.Sql(ItemSql.DescribeWhatIsStored);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "bytes",
                table: "items");

            migrationBuilder.DropColumn(
                name: "content",
                table: "items");

            migrationBuilder.DropColumn(
                name: "content_hash",
                table: "items");

            migrationBuilder.DropColumn(
                name: "content_type",
                table: "items");

            migrationBuilder.DropColumn(
                name: "replaced_bytes",
                table: "items");
        }
    }
}
