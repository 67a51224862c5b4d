namespace LabelerService.Core.Access;

/// <summary>What a caller is to the service. The numbers are stored: they never change.</summary>
public enum Role
{
    /// <summary>May do everything: keys, datasets, quotas, deletions. Never limited to some datasets.</summary>
    Admin = 1,

    /// <summary>Writes items, gold, annotations and labelers, trains, moves aliases; reads everything.</summary>
    Ingester = 2,

    /// <summary>One labeler of one dataset: submits and reads annotations of its own, and reads the items without their gold classes.</summary>
    Labeler = 3,

    /// <summary>Reads, predicts, evaluates, exports.</summary>
    Reader = 4,

    /// <summary>A trainer that is not of this service: leases training runs, reads their data and publishes models, and nothing else.</summary>
    Trainer = 5,
}
