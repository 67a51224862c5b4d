namespace LabelerService.EndToEnd.Security;

/// <summary>Tests of a server in this process by the process's memory: what runs beside them would be counted with it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessMemoryCollection
{
    public const string Name = "memory of the process";
}
