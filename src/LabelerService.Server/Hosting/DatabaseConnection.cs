namespace LabelerService.Server.Hosting;

/// <summary>The database this server uses.</summary>
/// <param name="ConnectionString">Connection string; holds a password, never log it.</param>
internal sealed record DatabaseConnection(string ConnectionString);
