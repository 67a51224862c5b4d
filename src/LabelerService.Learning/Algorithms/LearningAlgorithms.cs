using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms.Auto;
using LabelerService.Learning.Algorithms.Consensus;
using LabelerService.Learning.Algorithms.Rivals;
using LabelerService.Learning.Algorithms.WhoSaidWhat;
using LabelerService.Learning.Averaging;
using LabelerService.Learning.Ensembles;

namespace LabelerService.Learning.Algorithms;

/// <summary>The algorithms that can be trained, by the ids of <see cref="Core.Models.AlgorithmCatalogue"/>. A new one is one entry.</summary>
internal static class LearningAlgorithms
{
    public static IReadOnlyDictionary<string, ILearningAlgorithm> All { get; } = new Dictionary<string, ILearningAlgorithm>(StringComparer.Ordinal)
    {
        ["bn"] = new BaselineNet(),
        ["dn"] = new DoctorNet(weights: null),
        ["wdn"] = new DoctorNet(AveragingShape.Fixed),
        ["iwdn"] = new DoctorNet(AveragingShape.Item),
        ["biwdn"] = new DoctorNet(AveragingShape.Bottleneck),
        ["consensus"] = new ConsensusNet(),
        ["noise_layer"] = new NoiseLayer(),
        ["welinder_perona"] = new WelinderPeronaNet(),
        ["raykar"] = new Raykar(),
        ["crowd_layer"] = new CrowdLayer(),
        ["trace_norm"] = new TraceNorm(),
        ["conal"] = new CoNal(),
        ["annot_mix"] = new AnnotMix(),
        ["crowdlab"] = new CrowdLab(),
        ["auto"] = new AutoSelection(),
    };

    /// <summary>Trains the algorithm that a task's settings name; the ensemble takes raw features.</summary>
    public static TrainedEnsemble Train(LearningTask task)
    {
        var trained = All[task.Settings.Algorithm].Train(task);
        if (trained.Selection is not null)
        {
            // What it chose has been through here already.
            return trained;
        }

        trained = EnsembleCalibration.Apply(task, trained);
        trained = trained with { Ensemble = new ScaledEnsemble(task.Scaling.Copy(), trained.Ensemble) };
        return task.Settings.Distil == Switch.On ? trained with { Distilled = Distillation.Fit(task, trained.Ensemble) } : trained;
    }
}
