using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Learning.Heads;

namespace LabelerService.Learning.Training;

/// <summary>Annotations that training does not see and validation does; parallel arrays.</summary>
/// <param name="Items">Snapshot index of the item.</param>
/// <param name="Labelers">Snapshot index of the labeler.</param>
/// <param name="Classes">Class given.</param>
internal sealed record HeldOutAnnotations(int[] Items, int[] Labelers, int[] Classes)
{
    public int Count => Items.Length;
}

/// <summary>
/// What a run learns from and what it chooses its weights by: the annotated items of the training split, and either gold of the validation
/// split or annotations held out. Gold of the training and test splits is never looked at here.
/// </summary>
internal sealed class TrainingSet
{
    private TrainingSet(
        int[] items, int[] offsets, int[] labelers, int[] classes, int[] validationItems, HeldOutAnnotations heldOut, Split heldOutSplit)
    {
        Items = items;
        Offsets = offsets;
        Labelers = labelers;
        Classes = classes;
        ValidationItems = validationItems;
        HeldOut = heldOut;
        HeldOutSplit = heldOutSplit;
    }

    /// <summary>Snapshot index of each of the n training items, ascending; each has at least one annotation.</summary>
    public int[] Items { get; }

    /// <summary>Annotations of training item i are at [Offsets[i], Offsets[i + 1]).</summary>
    public int[] Offsets { get; }

    /// <summary>Snapshot index of the labeler of each annotation.</summary>
    public int[] Labelers { get; }

    /// <summary>Class of each annotation.</summary>
    public int[] Classes { get; }

    /// <summary>Snapshot index of the validation items that have gold; empty where held-out annotations stand in for it.</summary>
    public int[] ValidationItems { get; }

    /// <summary>Annotations held out; empty where validation has gold.</summary>
    public HeldOutAnnotations HeldOut { get; }

    /// <summary>The split that the held-out annotations' items belong to.</summary>
    public Split HeldOutSplit { get; }

    /// <summary>Number of training annotations.</summary>
    public int AnnotationCount => Labelers.Length;

    /// <summary>Sorts a snapshot into what is trained on and what validates.</summary>
    /// <exception cref="ServiceException"><see cref="ErrorKind.FailedPrecondition"/>: no item of the training split is annotated.</exception>
    public static TrainingSet Create(TrainingSnapshot snapshot, double heldOutShare, Random random)
    {
        var annotations = snapshot.Annotations;
        var training = PositionsIn(snapshot, Split.Train);
        if (training.Count == 0)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "NO_ANNOTATIONS",
                annotations.Count == 0
                    ? $"Dataset {snapshot.Dataset} has no annotations on items with features. Import labels, then train again."
                    : $"None of the {annotations.Count} annotations of dataset {snapshot.Dataset} is on an item of the training split. "
                      + "Label training items, or import items with split train.");
        }

        int[] validationItems =
        [
            .. Enumerable.Range(0, snapshot.ItemIds.Length).Where(n => snapshot.Splits[n] == Split.Validation && snapshot.Gold[n] >= 0),
        ];
        var heldOut = new List<int>();
        var heldOutSplit = Split.Validation;
        if (validationItems.Length == 0)
        {
            heldOut = PositionsIn(snapshot, Split.Validation);
            if (heldOut.Count == 0)
            {
                heldOutSplit = Split.Train;
                heldOut = Draw(training, (int)(training.Count * heldOutShare), random);
                var isHeldOut = heldOut.ToHashSet();
                training.RemoveAll(isHeldOut.Contains);
            }
        }

        var items = new List<int>();
        var offsets = new List<int>();
        var labelers = new int[training.Count];
        var classes = new int[training.Count];
        for (var a = 0; a < training.Count; a++)
        {
            var item = annotations.Items[training[a]];
            if (items.Count == 0 || items[^1] != item)
            {
                items.Add(item);
                offsets.Add(a);
            }

            labelers[a] = annotations.Labelers[training[a]];
            classes[a] = annotations.Classes[training[a]];
        }

        offsets.Add(training.Count);
        return new TrainingSet(
            [.. items], [.. offsets], labelers, classes, validationItems,
            new HeldOutAnnotations(
                [.. heldOut.Select(a => annotations.Items[a])],
                [.. heldOut.Select(a => annotations.Labelers[a])],
                [.. heldOut.Select(a => annotations.Classes[a])]),
            heldOutSplit);
    }

    /// <summary>Items without annotations and nothing to validate by: what they are taken to be comes from elsewhere.</summary>
    /// <param name="items">Snapshot index of each item, ascending.</param>
    public static TrainingSet OfItems(int[] items) =>
        new(items, new int[items.Length + 1], [], [], [], new HeldOutAnnotations([], [], []), Split.Train);

    /// <summary>Some of the training items with their annotations, and nothing to validate by.</summary>
    /// <param name="items">Indexes of the items, ascending.</param>
    public TrainingSet Subset(IReadOnlyList<int> items)
    {
        var offsets = new int[items.Count + 1];
        var (labelers, classes) = (new List<int>(), new List<int>());
        for (var i = 0; i < items.Count; i++)
        {
            labelers.AddRange(Labelers.AsSpan(Offsets[items[i]]..Offsets[items[i] + 1]));
            classes.AddRange(Classes.AsSpan(Offsets[items[i]]..Offsets[items[i] + 1]));
            offsets[i + 1] = labelers.Count;
        }

        return new TrainingSet(
            [.. items.Select(i => Items[i])], offsets, [.. labelers], [.. classes], [], new HeldOutAnnotations([], [], []), Split.Train);
    }

    /// <summary>The training annotations of labelers with a head, item i being the i-th training item and labelers being heads.</summary>
    public AnnotationTable Table(int classCount, HeadAssignment assignment)
    {
        var (items, heads, classes) = (new List<int>(AnnotationCount), new List<int>(AnnotationCount), new List<int>(AnnotationCount));
        for (var i = 0; i < Items.Length; i++)
        {
            for (var a = Offsets[i]; a < Offsets[i + 1]; a++)
            {
                if (assignment[Labelers[a]] is >= 0 and var head)
                {
                    items.Add(i);
                    heads.Add(head);
                    classes.Add(Classes[a]);
                }
            }
        }

        return new AnnotationTable(Items.Length, assignment.Count, classCount, [.. items], [.. heads], [.. classes]);
    }

    /// <summary>What each item's label is taken to be by its own annotations alone, row-major [n, K], rows summing to one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The target needs more than the item's own annotations.</exception>
    public float[] Targets(LabelTarget target, int classCount)
    {
        if (target is not (LabelTarget.Mean or LabelTarget.Majority))
        {
            throw new ArgumentOutOfRangeException(nameof(target), target, "Only votes are counted here.");
        }

        var targets = new float[checked(Items.Length * classCount)];
        for (var i = 0; i < Items.Length; i++)
        {
            var row = targets.AsSpan(i * classCount, classCount);
            for (var a = Offsets[i]; a < Offsets[i + 1]; a++)
            {
                row[Classes[a]]++;
            }

            if (target == LabelTarget.Majority)
            {
                var most = 0f;
                foreach (var count in row)
                {
                    most = Math.Max(most, count);
                }

                foreach (ref var count in row)
                {
                    count = count == most ? 1 : 0;
                }
            }

            var sum = 0f;
            foreach (var count in row)
            {
                sum += count;
            }

            foreach (ref var count in row)
            {
                count /= sum;
            }
        }

        return targets;
    }

    // Annotation positions on items of a split; ascending, hence by item.
    private static List<int> PositionsIn(TrainingSnapshot snapshot, Split split)
    {
        var positions = new List<int>();
        var items = snapshot.Annotations.Items;
        for (var a = 0; a < items.Length; a++)
        {
            if (snapshot.Splits[items[a]] == split)
            {
                positions.Add(a);
            }
        }

        return positions;
    }

    // A sample without replacement, ascending.
    private static List<int> Draw(List<int> from, int count, Random random)
    {
        var pool = from.ToArray();
        for (var i = 0; i < count; i++)
        {
            var j = random.Next(i, pool.Length);
            (pool[i], pool[j]) = (pool[j], pool[i]);
        }

        return [.. pool.Take(count).Order()];
    }
}
