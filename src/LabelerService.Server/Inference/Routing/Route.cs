using System.Collections.Concurrent;
using System.Collections.Frozen;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Inference.Routing;

/// <summary>What decides which version of a model answers, as it was at one moment. Only what is known of versions grows.</summary>
internal sealed class Route(DatasetRecord dataset, ModelRouteState state)
{
    private readonly FrozenDictionary<string, int> _aliases = state.Route.Aliases.ToFrozenDictionary(StringComparer.Ordinal);

    // In the place of a dictionary look-up: most requests ask for the champion.
    private readonly int? _champion = state.Route.Aliases.TryGetValue(ModelAliases.Champion, out var champion) ? champion : null;

    /// <summary>The dataset.</summary>
    public DatasetRecord Dataset => dataset;

    /// <summary>What was read.</summary>
    public ModelRouteState State => state;

    /// <summary>Records of versions that have been asked for.</summary>
    public ConcurrentDictionary<int, ModelVersionRecord> Versions { get; } = new();

    /// <summary>Milliseconds of a monotonous clock.</summary>
    public long LastUse { get; set; } = Environment.TickCount64;

    /// <summary>Chooses the version for a request; null if it names something that was not there.</summary>
    /// <param name="version">Version named, if any.</param>
    /// <param name="alias">Alias named, if any.</param>
    /// <param name="itemId">Key of the stored item, if it is one: the same item always goes to the same version.</param>
    /// <param name="draw">Decides for all others.</param>
    public int? Choose(int? version, string? alias, string? itemId, CanaryDraw draw)
    {
        if (version is { } number)
        {
            return state.Versions.Contains(number) ? number : null;
        }

        if (!string.IsNullOrEmpty(alias))
        {
            return _aliases.TryGetValue(alias, out var named) ? named : null;
        }

        if (state.Route is { CanaryVersion: { } canary, CanaryShare: > 0 and var share }
            && (itemId is null ? draw.Next() : CanaryDraw.PositionOf(state.ModelId, itemId)) < share)
        {
            return canary;
        }

        return _champion;
    }

    /// <summary>Whether another state decides as this one.</summary>
    public bool IsLike(ModelRouteState other) =>
        state.DatasetUid == other.DatasetUid && state.LastErasure == other.LastErasure && state.Route.CanaryVersion == other.Route.CanaryVersion
        && state.Route.CanaryShare.Equals(other.Route.CanaryShare) && state.Versions.SetEquals(other.Versions)
        && state.Route.Aliases.Count == other.Route.Aliases.Count
        && other.Route.Aliases.All(alias => state.Route.Aliases.TryGetValue(alias.Key, out var version) && version == alias.Value);
}
