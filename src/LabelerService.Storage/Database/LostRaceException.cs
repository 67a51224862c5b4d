namespace LabelerService.Storage.Database;

/// <summary>Another transaction was faster, and this one has to be run again: it will then see what the other did.</summary>
/// <param name="message">What the other did.</param>
internal sealed class LostRaceException(string message) : Exception(message);
