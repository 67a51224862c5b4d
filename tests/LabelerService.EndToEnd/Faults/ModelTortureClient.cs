using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.EndToEnd.Faults;

/// <summary>
/// Predicts, and makes the one and the other of two versions champion by turns. Every answer must be that of the version that it names, and every
/// promotion must be in the history, once.
/// </summary>
/// <param name="dataset">The dataset.</param>
/// <param name="features">What is predicted.</param>
/// <param name="expected">What each version says of it.</param>
internal sealed class ModelTortureClient(string dataset, float[] features, IReadOnlyDictionary<string, float[]> expected) : ITortureClient
{
    private const int PredictionsAPromotion = 10;
    private const double Tolerance = 1e-5;

    private readonly HashSet<string> _named = new(StringComparer.Ordinal);
    private readonly List<Finding> _findings = [];

    // The first version is champion from its publication.
    private readonly List<int> _promoted = [1];

    public long Acknowledged { get; private set; }

    public bool IsDone { get; private set; } = true;

    private string Model => $"{dataset}/models/wdn";

    private int Next => 3 - _promoted[^1];

    public async Task RunAsync(CallInvoker service, CancellationToken stop)
    {
        var predictions = new PredictionService.PredictionServiceClient(service);
        var models = new ModelService.ModelServiceClient(service);
        var request = new PredictRequest { Dataset = dataset, Model = new ModelSelector { Model = Model }, Features = new FeatureVector { Values = { features } } };
        try
        {
            while (!IsDone || !stop.IsCancellationRequested)
            {
                for (var i = 0; i < PredictionsAPromotion; i++)
                {
                    Look(await predictions.PredictAsync(request, cancellationToken: CancellationToken.None));
                    Acknowledged++;
                }

                IsDone = false;
                await models.PromoteModelVersionAsync(
                    new PromoteModelVersionRequest { Name = $"{Model}/versions/{Next}", Reason = "torture" }, cancellationToken: CancellationToken.None);
                _promoted.Add(Next);
                IsDone = true;
                Acknowledged++;
            }
        }
        catch (RpcException error) when (Break.Is(error))
        {
            // The promotion is made again in the next round: one that was made already changes nothing.
        }
    }

    public IReadOnlyList<Finding> Check(StoredState stored)
    {
        List<Finding> findings = [.. _findings, .. _named.Where(name => !stored.Versions.Contains(name)).Select(name => new Finding(FaultKind.Invented, $"{name} has answered and does not exist"))];
        var found = stored.Champions[Model];
        if (!found.SequenceEqual(_promoted) && (IsDone || !found.SequenceEqual(_promoted.Append(Next))))
        {
            findings.Add(new Finding(
                found.Count < _promoted.Count ? FaultKind.Lost : FaultKind.Doubled, $"{_promoted.Count} promotions were acknowledged, the history has {found.Count}"));
        }

        return findings;
    }

    private void Look(PredictResponse answer)
    {
        _named.Add(answer.ModelVersion);
        if (!expected.TryGetValue(answer.ModelVersion, out var probabilities)
            || answer.Prediction.Probabilities.Count != probabilities.Length
            || answer.Prediction.Probabilities.Zip(probabilities).Any(pair => Math.Abs(pair.First - pair.Second) > Tolerance))
        {
            _findings.Add(new Finding(FaultKind.Changed, $"an answer named {answer.ModelVersion} and was not its"));
        }
    }
}
