using LabelerService.Core.Acquisition;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Items;

namespace LabelerService.Benchmarks.Next;

/// <summary>How items and labelers are chosen.</summary>
internal enum StudyPolicy
{
    /// <summary>Any item, any labeler.</summary>
    Random,

    /// <summary>The items with the fewest annotations, any labeler: everybody's habit, and better than any item.</summary>
    Balanced,

    /// <summary>Least sure consensus, any labeler.</summary>
    Uncertainty,

    /// <summary>Expected information gain of an average answer, any labeler.</summary>
    GainItems,

    /// <summary>ActiveLab's items, the labelers who tell most of them, within limits.</summary>
    ActiveLab,

    /// <summary>Expected information gain of item and labeler, within limits.</summary>
    Gain,

    /// <summary>Expected information gain of item and labeler, nobody being busy ever.</summary>
    GainWithoutLimits,
}

/// <summary>How a study is run.</summary>
/// <param name="SeedLabels">Annotations to start from, the same for all policies.</param>
/// <param name="Labels">Annotations in the end.</param>
/// <param name="Batch">Annotations a round.</param>
/// <param name="WithModel">Whether a classifier takes part.</param>
internal sealed record StudyOptions(int SeedLabels, int Labels, int Batch, bool WithModel)
{
    /// <summary>Most annotations of one labeler a batch, as a multiple of what everybody would do.</summary>
    public double LoadLimit { get; init; } = 3;
}

/// <summary>Where a study stands after a round.</summary>
/// <param name="Labels">Annotations so far.</param>
/// <param name="Accuracy">Share of the items whose consensus is right.</param>
/// <param name="TestAccuracy">Share of other items that the classifier gets right; NaN without one.</param>
internal readonly record struct StudyPoint(int Labels, double Accuracy, double TestAccuracy);

/// <summary>
/// A crowd is asked in rounds: fit the consensus to the answers so far, choose what to ask next, reveal the answers. Truth is looked at for
/// the accuracies only.
/// </summary>
internal sealed class LabelStudy
{
    private const int ClassifierPasses = 1;
    private const int SeedLabelsPerItem = 3;
    private readonly StudyWorld _world;
    private readonly StudyOptions _options;
    private readonly StudyPolicy _policy;
    private readonly Random _random;
    private readonly List<int> _items = [];
    private readonly List<int> _labelers = [];
    private readonly List<int> _classes = [];
    private readonly HashSet<(int Item, int Labeler)> _asked = [];
    private readonly int[] _counts;
    private readonly CrossFittedDiscriminant? _classifier;

    private LabelStudy(StudyWorld world, StudyOptions options, StudyPolicy policy)
    {
        (_world, _options, _policy) = (world, options, policy);
        _random = new Random(world.Seed);
        _counts = new int[world.Truth.Length];
        _classifier = options.WithModel ? new CrossFittedDiscriminant(world.Features, world.Truth.Length, world.Classes, world.Seed) : null;
    }

    /// <summary>Runs one policy from the seed set to the end.</summary>
    public static IReadOnlyList<StudyPoint> Run(StudyWorld world, StudyOptions options, StudyPolicy policy, CancellationToken cancel)
    {
        var study = new LabelStudy(world, options, policy);
        study.AskSeed();
        var points = new List<StudyPoint>();
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var (input, consensus, test) = study.Fit(cancel);
            points.Add(new StudyPoint(study._items.Count, Accuracy(consensus.Classes(), world.Truth), test));
            if (study._items.Count >= options.Labels)
            {
                return points;
            }

            study.Ask(input, consensus, Math.Min(options.Batch, options.Labels - study._items.Count), cancel);
        }
    }

    private (AggregationInput Input, Consensus Consensus, double Test) Fit(CancellationToken cancel)
    {
        var input = new AggregationInput(
            new AnnotationTable(_world.Truth.Length, _world.LabelerCount, _world.Classes, [.. _items], [.. _labelers], [.. _classes]));
        var consensus = Aggregate(AggregatorCatalogue.Default, input, cancel);
        if (_classifier is null)
        {
            return (input, consensus, double.NaN);
        }

        // From labels alone, then with the classifier, whose mistakes so have no way to last from round to round.
        var (outOfFold, others) = _classifier.Fit(input.Table, consensus.Posteriors, _world.TestFeatures);
        for (var pass = 0; pass < ClassifierPasses; pass++)
        {
            input = input with { ModelProbabilities = CrossFittedDiscriminant.Calibrate(outOfFold, input.Table, consensus.Confusions!) };
            consensus = Aggregate("model", input, cancel);
            (outOfFold, others) = _classifier.Fit(input.Table, consensus.Posteriors, _world.TestFeatures);
        }

        return (input, consensus, Accuracy(ClassDistributions.Tops(ClassDistributions.ToDouble(others), _world.Classes), _world.TestTruth));
    }

    private static Consensus Aggregate(string method, AggregationInput input, CancellationToken cancel) =>
        AggregatorCatalogue.Find(method)!.Create().Aggregate(input, new AggregationControl { Cancel = cancel });

    private void Ask(AggregationInput input, Consensus consensus, int count, CancellationToken cancel)
    {
        if (_policy is StudyPolicy.Random or StudyPolicy.Balanced)
        {
            AskAny(count, _policy == StudyPolicy.Balanced);
            return;
        }

        var anybody = _policy is StudyPolicy.Uncertainty or StudyPolicy.GainItems;
        var fair = (double)_options.Batch / _world.LabelerCount;
        var batch = NextAnnotations.Rank(
            new NextInput(input, consensus)
            {
                Calibrated = CalibratedPosteriors.Of(input, consensus, cancel: cancel),
                Labelers = anybody ? null : [.. Enumerable.Range(0, _world.LabelerCount).Select(r => new AvailableLabeler(r))],
            },
            new NextOptions
            {
                Count = count,
                Policy = _policy switch
                {
                    StudyPolicy.Uncertainty => NextPolicy.Uncertainty,
                    StudyPolicy.ActiveLab => NextPolicy.ActiveLab,
                    _ => NextPolicy.ExpectedInformationGain,
                },
                MaxPerLabeler = _policy == StudyPolicy.GainWithoutLimits ? int.MaxValue : (int)Math.Ceiling(fair * _options.LoadLimit),
                Seed = _world.Seed,
            },
            cancel: cancel);
        foreach (var next in batch.Annotations)
        {
            Reveal(next.Item, next.Labeler ?? AnyLabeler(next.Item));
        }

        // Where the policy sees nothing more to gain the study goes on all the same, so that all end with as many labels.
        AskAny(count - batch.Annotations.Count, balanced: true);
    }

    // Several labels of few items: that is what tells labelers from each other.
    private void AskSeed()
    {
        int[] order = [.. Enumerable.Range(0, _counts.Length)];
        _random.Shuffle(order);
        for (var i = 0; i < _options.SeedLabels; i++)
        {
            Reveal(order[i / SeedLabelsPerItem], AnyLabeler(order[i / SeedLabelsPerItem]));
        }
    }

    private void AskAny(int count, bool balanced)
    {
        if (!balanced)
        {
            for (var i = 0; i < count; i++)
            {
                var item = _random.Next(_counts.Length);
                Reveal(item, AnyLabeler(item));
            }

            return;
        }

        int[] order = [.. Enumerable.Range(0, _counts.Length)];
        while (count > 0)
        {
            _random.Shuffle(order);
            foreach (var item in order.OrderBy(item => _counts[item]).Take(Math.Min(count, order.Length)).ToArray())
            {
                Reveal(item, AnyLabeler(item));
                count--;
            }
        }
    }

    private int AnyLabeler(int item)
    {
        var labeler = _random.Next(_world.LabelerCount);
        while (_asked.Contains((item, labeler)))
        {
            labeler = (labeler + 1) % _world.LabelerCount;
        }

        return labeler;
    }

    private void Reveal(int item, int labeler)
    {
        if (!_asked.Add((item, labeler)))
        {
            throw new InvalidOperationException($"Labeler {labeler} was asked twice about item {item}.");
        }

        _items.Add(item);
        _labelers.Add(labeler);
        _classes.Add(_world.Answer(item, labeler));
        _counts[item]++;
    }

    private static double Accuracy(int[] classes, int[] truth)
    {
        var right = 0;
        for (var n = 0; n < truth.Length; n++)
        {
            right += classes[n] == truth[n] ? 1 : 0;
        }

        return (double)right / truth.Length;
    }
}
