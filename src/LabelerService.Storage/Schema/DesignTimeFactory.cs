using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace LabelerService.Storage.Schema;

/// <summary>Lets <c>dotnet ef migrations add</c> build the model; it never connects.</summary>
internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<LabelerDbContext>
{
    /// <inheritdoc />
    public LabelerDbContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<LabelerDbContext>()
            .UseNpgsql("Host=design-time-only").UseSnakeCaseNamingConvention().Options);
}
