using LabelerService.Core.Errors;
using LabelerService.Storage.Runs;

namespace LabelerService.Trainer.Running;

/// <summary>
/// What runs of one purpose consist of: training a model, a backbone, a learning curve. Leases, interruption and endings are the
/// executor's, whatever the purpose.
/// </summary>
internal interface IRunWork
{
    /// <summary>Whether runs like this one are carried out by it; of all work there is, exactly one says so.</summary>
    public bool CarriesOut(RunRecord run);

    /// <summary>Carries out the run from where it is and writes its success. Returns when that is stored.</summary>
    /// <exception cref="OperationCanceledException">The attempt was interrupted; its executor ends it.</exception>
    /// <exception cref="ServiceException">The run cannot succeed, or another trainer has it (STALE_LEASE); its executor ends it.</exception>
    public Task DoAsync(RunAttempt attempt);
}
