namespace LabelerService.Core.Aggregation.Skills;

/// <summary>Settings of <see cref="MaceAggregator"/>; the defaults are those of the authors' program (and of Crowd-Kit).</summary>
internal sealed record MaceOptions
{
    /// <summary>Runs from different starts; the likeliest is kept.</summary>
    internal int Restarts { get; init; } = 10;

    /// <summary>Most iterations of each run.</summary>
    internal int MaxIterations { get; init; } = 50;

    /// <summary>A run ends when its log-likelihood changes by less than this share of it.</summary>
    internal double Tolerance { get; init; } = 1e-9;

    /// <summary>Beta prior of competence: pseudo-annotations that were spam.</summary>
    internal double PriorSpamming { get; init; } = 0.5;

    /// <summary>Beta prior of competence: pseudo-annotations that were known.</summary>
    internal double PriorKnowing { get; init; } = 0.5;

    /// <summary>Dirichlet prior of what spammers say: pseudo-annotations of each class.</summary>
    internal double PriorStrategy { get; init; } = 10;

    /// <summary>Pseudo-items of each class in the estimate of their distribution.</summary>
    internal double ClassSmoothing { get; init; } = 1;

    /// <summary>Starts are drawn from weights in [1, 2 + noise), normalised.</summary>
    internal double Noise { get; init; } = 0.5;

    /// <summary>Seed of the starts.</summary>
    internal ulong Seed { get; init; } = 1;
}
