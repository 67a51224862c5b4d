using System.Runtime.CompilerServices;

namespace LabelerService.Cli.Tests;

internal static class AssemblySetup
{
    /// <summary>What is looked at here answers, on a busy machine late; what never answers is waited for so long.</summary>
    [ModuleInitializer]
    internal static void BePatient() => Environment.SetEnvironmentVariable("LABELER_PATIENCE", "3");
}
