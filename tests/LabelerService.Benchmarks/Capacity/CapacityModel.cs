namespace LabelerService.Benchmarks.Capacity;

/// <summary>What is asked of a service.</summary>
/// <param name="Annotations">Stored.</param>
/// <param name="Revisions">Of them, kept as history beside.</param>
/// <param name="Items">Stored.</param>
/// <param name="FeatureLength">Values of an item, of 4 bytes.</param>
/// <param name="Labelers">Of the largest dataset.</param>
/// <param name="LargestShare">Share of annotations and items that the largest dataset has, from 0 to 1.</param>
/// <param name="AnnotationsPerSecond">At the busiest time.</param>
/// <param name="PredictionsPerSecond">At the busiest time, an item a call.</param>
/// <param name="RunsPerDay">Training runs.</param>
/// <param name="Epochs">Of a run.</param>
internal sealed record Workload(
    double Annotations, double Revisions, double Items, double FeatureLength, double Labelers, double LargestShare, double AnnotationsPerSecond,
    double PredictionsPerSecond, double RunsPerDay, double Epochs)
{
    /// <summary>The load that factors refer to: a team of 200 labelers who have been at it for a year.</summary>
    public static Workload Reference { get; } = new(1_000_000, 100_000, 200_000, 512, 200, 0.5, 20, 20, 4, 50);

    /// <summary>More of everything. Feature length and epochs stay, and so do the largest dataset's share and how often it is trained on.</summary>
    public Workload Times(double factor) => this with
    {
        Annotations = Annotations * factor,
        Revisions = Revisions * factor,
        Items = Items * factor,
        Labelers = Labelers * factor,
        AnnotationsPerSecond = AnnotationsPerSecond * factor,
        PredictionsPerSecond = PredictionsPerSecond * factor,
    };
}

/// <summary>What one of each takes. Seconds are of one core of the machine that they were measured on.</summary>
/// <param name="AnnotationBytes">In PostgreSQL, indexes included.</param>
/// <param name="RevisionBytes">In the history, its index included.</param>
/// <param name="ItemBytes">In PostgreSQL, indexes included, beside its features.</param>
/// <param name="FeatureByteRatio">Bytes stored of each byte of features.</param>
/// <param name="LogBytes">WAL of an annotation.</param>
/// <param name="IngestSeconds">Server and PostgreSQL, of an annotation.</param>
/// <param name="PredictionSeconds">Server, of a call for one item, by number of labelers with a head.</param>
/// <param name="ModelBytes">Resident, by number of labelers with a head.</param>
/// <param name="InsightBytes">Of the server, by annotations of a dataset.</param>
/// <param name="EpochSeconds">A pass over a dataset, by its annotations.</param>
/// <param name="TrainingBytes">Of a trainer, beside what it has when it rests, by bytes of features.</param>
internal sealed record UnitCosts(
    double AnnotationBytes, double RevisionBytes, double ItemBytes, double FeatureByteRatio, double LogBytes, double IngestSeconds, AffineCost PredictionSeconds,
    AffineCost ModelBytes, AffineCost InsightBytes, AffineCost EpochSeconds, double TrainingBytes);

/// <summary>What there is.</summary>
/// <param name="Cores">Cores of servers and PostgreSQL.</param>
/// <param name="TrainerCores">Cores of trainers, each of which trains one run.</param>
/// <param name="MemoryBytes">Of the server.</param>
/// <param name="TrainerBytes">Memory of a trainer.</param>
/// <param name="DiskBytes">For PostgreSQL.</param>
internal sealed record Machine(double Cores, double TrainerCores, double MemoryBytes, double TrainerBytes, double DiskBytes)
{
    private const double Gibibyte = 1L << 30;

    /// <summary>The machine that factors refer to: 4 cores for serving and 2 for training, 16 GiB each, 500 GiB of disk.</summary>
    public static Machine Reference { get; } = new(4, 2, 16 * Gibibyte, 16 * Gibibyte, 500 * Gibibyte);
}

/// <summary>How much of something is needed of what there is.</summary>
/// <param name="Resource">What.</param>
/// <param name="Needed">How much, in the resource's unit.</param>
/// <param name="Available">Of how much.</param>
/// <param name="Remedy">What to switch on where it is too much.</param>
internal sealed record Demand(string Resource, double Needed, double Available, string Remedy)
{
    /// <summary>Share of what there is; above 1 it breaks.</summary>
    public double Use => Needed / Available;
}

/// <summary>What a load needs of a machine, and what of it breaks first.</summary>
internal static class CapacityModel
{
    private const double SecondsADay = 86_400;

    // A trainer maps features beyond this from a file (--map-above).
    private const double MapAbove = 1L << 30;

    // Half of a core's time is what queues leave usable at steady latencies; disks are not filled to the brim.
    private const double UsableCores = 0.5;
    private const double UsableDisk = 0.7;

    /// <summary>Everything that a load needs, the scarcest first.</summary>
    public static IReadOnlyList<Demand> Of(Workload load, UnitCosts costs, Machine machine)
    {
        var heads = load.Labelers;
        var (annotations, items) = (load.Annotations * load.LargestShare, load.Items * load.LargestShare);
        var featureBytes = load.FeatureLength * sizeof(float);
        var stored = (load.Annotations * costs.AnnotationBytes) + (load.Revisions * costs.RevisionBytes)
            + (load.Items * (costs.ItemBytes + (featureBytes * costs.FeatureByteRatio)));
        return
        [
            .. new Demand[]
            {
                new("disk of PostgreSQL, bytes", stored, machine.DiskBytes * UsableDisk, "a larger disk; then hash partitions by dataset, then Citus by dataset"),
                new("cores for ingestion", load.AnnotationsPerSecond * costs.IngestSeconds, machine.Cores * UsableCores,
                    "PostgreSQL on a machine of its own, more server replicas; then Citus by dataset"),
                new("cores for predictions", load.PredictionsPerSecond * costs.PredictionSeconds.Of(heads), machine.Cores * UsableCores,
                    "more server replicas; the distilled head (distilled: true), which does not grow with labelers; min_annotations, so that rare labelers share a head"),
                new("memory of a server, bytes", costs.ModelBytes.Of(heads) + costs.InsightBytes.Of(annotations), machine.MemoryBytes,
                    "fewer resident models (--resident-mib); min_annotations; insight on a replica of its own"),
                new("cores for training", load.RunsPerDay * load.Epochs * costs.EpochSeconds.Of(annotations) / SecondsADay, machine.TrainerCores * UsableCores,
                    "more trainers, which scale by the queue's depth; runs begun from the last version (warm start)"),
                new("memory of a trainer, bytes", Math.Min(items * featureBytes, MapAbove) * costs.TrainingBytes, machine.TrainerBytes, "a larger trainer, or a lower --map-above"),
                new("file of mapped features, bytes", items * featureBytes > MapAbove ? items * featureBytes : 0, machine.DiskBytes * UsableDisk,
                    "a larger disk for trainers; an extractor or backbone of fewer features"),
            }.OrderByDescending(demand => demand.Use),
        ];
    }
}
