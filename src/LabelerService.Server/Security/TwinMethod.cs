namespace LabelerService.Server.Security;

/// <summary>Metadata of a route that is mapped by hand: the entry of <see cref="MethodAccess"/> that says who may call it.</summary>
/// <param name="FullName">Full name of a gRPC method that does the same, or the route's own entry.</param>
internal sealed record TwinMethod(string FullName);
