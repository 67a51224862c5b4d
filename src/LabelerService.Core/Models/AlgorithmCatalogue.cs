using LabelerService.Core.Errors;
using LabelerService.Core.Quantising;
using LabelerService.Core.Training;

namespace LabelerService.Core.Models;

/// <summary>What comes out of a run of an algorithm.</summary>
public enum AlgorithmPurpose
{
    /// <summary>A model version.</summary>
    Model,

    /// <summary>A pretrained backbone, learnt from items without labels.</summary>
    Backbone,
}

/// <summary>An algorithm that a model, or a backbone for models, can be trained with.</summary>
/// <param name="Id">Short id, as in <c>labeler train --model</c>.</param>
/// <param name="Title">Name for people.</param>
/// <param name="Summary">What it does, in one sentence.</param>
/// <param name="Reference">The paper it comes from.</param>
/// <param name="Settings">Its settings, in the order they are shown.</param>
public sealed record AlgorithmDescriptor(
    string Id, string Title, string Summary, string Reference, IReadOnlyList<SettingDescriptor> Settings)
{
    /// <summary>What comes out of a run.</summary>
    public AlgorithmPurpose Purpose { get; init; } = AlgorithmPurpose.Model;
}

/// <summary>
/// The algorithms there are and what they can be set to. Free of libtorch, so that the server refuses a bad request before a run exists.
/// A new algorithm is one entry here and one in the trainer's registry.
/// </summary>
public static class AlgorithmCatalogue
{
    private const string WhoSaidWhat =
        "Guan, Gulshan, Dai, Hinton: Who Said What: Modeling Individual Labelers Improves Classification. AAAI 2018, arXiv:1703.08774";

    private const string UnsupervisedLstm =
        "Klapper-Rybicka, Schraudolph, Schmidhuber: Unsupervised Learning in LSTM Recurrent Neural Networks. ICANN 2001";

    /// <summary>All algorithms, in the order they are shown.</summary>
    public static IReadOnlyList<AlgorithmDescriptor> All { get; } =
    [
        new("bn", "Baseline net", "One head, trained on the mean (or majority) label or the Dawid–Skene posterior of each item.", WhoSaidWhat,
            [.. TrainingSettingList.Net, TrainingSettingList.Head, TrainingSettingList.Target, TrainingSettingList.ConfusionPrior]),
        new("dn", "Doctor net", "One head per labeler on a shared backbone; predicts with the plain mean of the heads.", WhoSaidWhat,
            [.. TrainingSettingList.Net, .. TrainingSettingList.LabelerHeads]),
        new("wdn", "Weighted doctor net",
            "A doctor net whose heads are averaged with learnt weights; an item's own labelers are left out while the weights are learnt.",
            WhoSaidWhat,
            [.. TrainingSettingList.Net, .. TrainingSettingList.LabelerHeads, TrainingSettingList.AveragingKind, .. TrainingSettingList.Averaging]),
        new("iwdn", "Image-specific weighted doctor net",
            "A weighted doctor net whose averaging weights depend on the item, through the representation that the heads see.",
            WhoSaidWhat,
            [
                .. TrainingSettingList.Net, .. TrainingSettingList.LabelerHeads, .. TrainingSettingList.Averaging,
                TrainingSettingList.AveragingWeightDecay,
            ]),
        new("biwdn", "Bottlenecked image-specific weighted doctor net",
            "As the image-specific net, with a narrow bottleneck between representation and averaging weights against overfitting.",
            WhoSaidWhat,
            [
                .. TrainingSettingList.Net, .. TrainingSettingList.LabelerHeads, .. TrainingSettingList.Averaging,
                TrainingSettingList.AveragingWeightDecay.WithDefault(0.01), TrainingSettingList.Bottleneck,
            ]),
        new("consensus", "Consensus net",
            "A classifier of the true class, cross-fitted with the confusions of labelers, which are shrunk to a common one; serves every labeler's answers beside it.",
            "Raykar et al.: Learning from Crowds. JMLR 2010 (joint EM); Friedman: Regularized Discriminant Analysis. JASA 1989; cross-fitting and shrinkage are ours",
            [.. TrainingSettingList.Consensus, .. TrainingSettingList.NetOfConsensus]),
        new("noise_layer", "Noise layer",
            "EM of a classifier of the true class and one noise matrix for all labelers (or one for each).",
            "Mnih, Hinton: Learning to Label Aerial Images from Noisy Data. ICML 2012",
            [.. TrainingSettingList.Net, TrainingSettingList.EmRounds, TrainingSettingList.Noise, TrainingSettingList.ConfusionPrior]),
        new("welinder_perona", "Welinder–Perona",
            "Label-only EM over true classes and labeler skills with a prior; a classifier trained on its posterior.",
            "Welinder, Perona: Online crowdsourcing: rating annotators and obtaining cost-effective labels. CVPR Workshops 2010",
            TrainingSettingList.Net),
        new("raykar", "Raykar joint EM",
            "EM of a classifier and a confusion matrix for each labeler; every pass of the classifier is a round.",
            "Raykar, Yu, Zhao, Valadez, Florin, Bogoni, Moy: Learning From Crowds. JMLR 11, 2010",
            [.. TrainingSettingList.Net, TrainingSettingList.ConfusionPrior]),
        new("crowd_layer", "CrowdLayer",
            "A matrix for each labeler on the classifier's softmax output, learnt with it by back-propagation.",
            "Rodrigues, Pereira: Deep Learning from Crowds. AAAI 2018, arXiv:1709.01779",
            [.. TrainingSettingList.Net, TrainingSettingList.ConfusionLearningRate]),
        new("trace_norm", "Trace-regularised confusions",
            "A confusion matrix for each labeler, learnt by back-propagation, whose trace is kept small so that labelers explain the errors.",
            "Tanno, Saeedi, Sankaranarayanan, Alexander, Silberman: Learning From Noisy Labels By Regularized Estimation Of Annotator "
            + "Confusion. CVPR 2019, arXiv:1902.03680",
            [.. TrainingSettingList.Net, TrainingSettingList.ConfusionLearningRate, TrainingSettingList.TraceWeight]),
        new("conal", "CoNAL",
            "Noise common to all labelers and individual noise, mixed for each item and labeler by an auxiliary net.",
            "Chu, Ma, Wang: Learning from Crowds by Modeling Common Confusions. AAAI 2021, arXiv:2012.13052",
            [.. TrainingSettingList.Net, TrainingSettingList.ConfusionLearningRate, TrainingSettingList.DifferenceWeight]),
        new("annot_mix", "annot-mix",
            "Mixup over items and labelers: a classifier and a net that gives each labeler's confusion, trained on mixed annotations.",
            "Herde, Lührs, Huseljic, Sick: annot-mix: Learning with Noisy Class Labels from Multiple Annotators via a Mixup Extension. "
            + "ECAI 2024, arXiv:2405.03386",
            [.. TrainingSettingList.Net, TrainingSettingList.MixupAlpha]),
        new("crowdlab", "CROWDLAB",
            "A classifier trained on the consensus of an out-of-fold classifier and the labelers, weighted by agreement.",
            "Goh, Tkachenko, Mueller: CROWDLAB: Supervised learning to infer consensus labels and quality scores for data with multiple "
            + "annotators. 2022, arXiv:2210.06812",
            [.. TrainingSettingList.Net, TrainingSettingList.Folds, TrainingSettingList.ConfusionPrior]),
        new("auto", "Automatic choice",
            "Chooses algorithm and settings without gold, by how well the classes named for items held out predict labelers' answers, and says why.",
            "The criterion is ours; the rule of standard errors is Breiman et al.: Classification and Regression Trees. 1984",
            TrainingSettingList.Auto),
        new("bingo", "Binary information gain",
            "Pretrains a backbone without labels: a few outputs are trained to tell two kinds of items apart each, as surely as they can.",
            $"Schraudolph, Sejnowski: Unsupervised Discrimination of Clustered Data via Optimization of Binary Information Gain. NIPS 1993; {UnsupervisedLstm}",
            [.. TrainingSettingList.Pretraining, TrainingSettingList.OutputGain])
        {
            Purpose = AlgorithmPurpose.Backbone,
        },
        new("neo", "Nonparametric entropy",
            "Pretrains a backbone without labels: a few outputs of fixed spread are trained to fall into clusters, by their Parzen entropy.",
            $"Viola, Schraudolph, Sejnowski: Empirical Entropy Manipulation for Real-World Problems. NIPS 1995; {UnsupervisedLstm}",
            [.. TrainingSettingList.Pretraining, TrainingSettingList.OutputGain, TrainingSettingList.KernelFloor])
        {
            Purpose = AlgorithmPurpose.Backbone,
        },
    ];

    /// <summary>The algorithms that give a model.</summary>
    public static IReadOnlyList<AlgorithmDescriptor> Models { get; } = [.. All.Where(algorithm => algorithm.Purpose == AlgorithmPurpose.Model)];

    /// <summary>The algorithm with this id, or null.</summary>
    public static AlgorithmDescriptor? Find(string id) => All.FirstOrDefault(algorithm => algorithm.Id == id);

    /// <summary>Why an algorithm is not one that gives a model, for people; null if it is, or if there is no such algorithm.</summary>
    public static string? WhyNoModel(string algorithm) => Find(algorithm) is { Purpose: AlgorithmPurpose.Backbone }
        ? $"{algorithm} pretrains a backbone and gives no model; use one of {string.Join(", ", Models.Select(known => known.Id))}"
        : null;

    /// <summary>Checks an algorithm and its settings and fills in the defaults.</summary>
    /// <param name="algorithm">Algorithm id.</param>
    /// <param name="settings">Settings by key, as text; those left out take their defaults.</param>
    /// <exception cref="ServiceException">
    /// <see cref="ErrorKind.InvalidArgument"/>: the algorithm is unknown (field <c>algorithm</c>), or settings are unknown or out of range
    /// (one violation <c>settings[key]</c> for each).
    /// </exception>
    public static TrainingSettings Validate(string algorithm, IReadOnlyDictionary<string, string> settings)
    {
        var descriptor = Find(algorithm) ?? throw ServiceException.InvalidField(
            "algorithm", $"\"{Shorten(algorithm)}\" is unknown; use one of {string.Join(", ", All.Select(known => known.Id))}");
        var violations = new List<FieldViolation>();
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        var effective = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in descriptor.Settings)
        {
            if (!settings.TryGetValue(setting.Key, out var text))
            {
                values[setting.Key] = setting.DefaultValue;
                effective[setting.Key] = setting.Default;
            }
            else if (setting.TryRead(text, out var value, out var canonical, out var problem))
            {
                values[setting.Key] = value;
                effective[setting.Key] = canonical;
            }
            else
            {
                violations.Add(new FieldViolation($"settings[{setting.Key}]", $"{problem}, not \"{Shorten(text)}\""));
            }
        }

        foreach (var key in settings.Keys.Order(StringComparer.Ordinal))
        {
            if (!effective.ContainsKey(key) && descriptor.Settings.All(setting => setting.Key != key))
            {
                violations.Add(new FieldViolation(
                    $"settings[{Shorten(key)}]",
                    $"{descriptor.Id} has no such setting; it has {string.Join(", ", descriptor.Settings.Select(setting => setting.Key))}"));
            }
        }

        TrainingSettings? built = null;
        if (violations.Count == 0)
        {
            built = TrainingSettingList.Build(descriptor.Id, values, effective);
            violations.AddRange(QuantisationRules.Violations(built));
        }

        if (violations.Count > 0)
        {
            throw new ServiceException(
                ErrorKind.InvalidArgument, "INVALID_SETTINGS",
                string.Join("; ", violations.Select(violation => $"{violation.Field}: {violation.Description}")), violations);
        }

        return built!;
    }

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
