using System.CommandLine;
using System.Runtime.CompilerServices;

namespace LabelerService.Cli.Completion;

/// <summary>Names that only the service knows.</summary>
internal enum NameKind
{
    /// <summary>Nothing that the service knows.</summary>
    None,

    /// <summary>Ids of datasets.</summary>
    Dataset,

    /// <summary>Models, by full name.</summary>
    Model,

    /// <summary>Models and, behind one, its versions.</summary>
    ModelOrVersion,

    /// <summary>Training runs, by full name.</summary>
    Run,

    /// <summary>Prediction jobs, by full name.</summary>
    PredictionJob,

    /// <summary>Backbones, by full name.</summary>
    Backbone,

    /// <summary>API keys, by id.</summary>
    ApiKey,

    /// <summary>Labelers of the dataset that the command line names.</summary>
    Labeler,

    /// <summary>Algorithms that can be trained.</summary>
    Algorithm,

    /// <summary>Settings of algorithms, as KEY=.</summary>
    AlgorithmSetting,

    /// <summary>Ways to aggregate annotations.</summary>
    Aggregator,
}

/// <summary>Which arguments and options take which names.</summary>
internal static class NameKinds
{
    private static readonly ConditionalWeakTable<Symbol, object> Kinds = [];

    /// <summary>Says that an argument or option takes names of a kind.</summary>
    public static TSymbol Names<TSymbol>(this TSymbol symbol, NameKind kind)
        where TSymbol : Symbol
    {
        Kinds.AddOrUpdate(symbol, kind);
        return symbol;
    }

    /// <summary>What names an argument or option takes.</summary>
    public static NameKind Of(Symbol symbol) => Kinds.TryGetValue(symbol, out var kind) ? (NameKind)kind : NameKind.None;
}
