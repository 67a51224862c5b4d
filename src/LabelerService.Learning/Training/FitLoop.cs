using LabelerService.Core.Errors;
using LabelerService.Core.Training;

namespace LabelerService.Learning.Training;

/// <summary>What is fitted: batches that give a loss and its gradient, and a score on data that is not trained on.</summary>
internal interface IFitProblem : IDisposable
{
    /// <summary>Name of the phase in progress reports.</summary>
    public string Phase { get; }

    /// <summary>Items that a pass goes over.</summary>
    public int ItemCount { get; }

    /// <summary>Steps of a pass.</summary>
    public int BatchCount { get; }

    /// <summary>Draws the order of the next pass.</summary>
    public void Shuffle();

    /// <summary>Adds the gradient of a batch's mean loss to the parameters' gradient.</summary>
    /// <returns>The sum of the losses of the batch's items.</returns>
    public double Accumulate(int batch, ParameterSet parameters);

    /// <summary>Score on validation data, or null where there is none.</summary>
    public ValidationScore? Validate(ParameterSet parameters);
}

/// <summary>How a problem is fitted.</summary>
internal sealed record FitOptions(
    int Epochs, double LearningRate, double L1, double L2, double PolyakDecay, int Patience, SelectionMetric Selection, bool InitialCounts);

/// <summary>Adam with a running mean of weights, early stopping, progress and cancellation: the same for every problem.</summary>
internal sealed class FitLoop(
    TimeProvider timeProvider, IProgress<TrainingProgress>? progress, int laterEpochs, CancellationToken cancellationToken)
{
    /// <summary>Fits a problem.</summary>
    /// <param name="problem">What is fitted.</param>
    /// <param name="parameters">Start values; afterwards the chosen ones.</param>
    /// <param name="options">How.</param>
    /// <returns>How many epochs the chosen values have seen; 0 where the start values are the best.</returns>
    /// <exception cref="ServiceException"><see cref="ErrorKind.FailedPrecondition"/>: the loss is no longer a number.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; observed before every batch.</exception>
    public int Run(IFitProblem problem, ParameterSet parameters, FitOptions options)
    {
        using var mean = parameters.SameLayout();
        using var best = parameters.SameLayout();
        mean.CopyFrom(parameters);
        best.CopyFrom(parameters);
        var optimiser = new Optimiser(parameters.Layout, options);
        var bestScore = options.InitialCounts && options.Patience > 0 ? problem.Validate(parameters) : null;
        var kept = bestScore is null ? options.Epochs : 0;
        var sinceBest = 0;
        var start = timeProvider.GetTimestamp();
        for (var epoch = 1; epoch <= options.Epochs; epoch++)
        {
            problem.Shuffle();
            var loss = 0.0;
            for (var batch = 0; batch < problem.BatchCount; batch++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                loss += problem.Accumulate(batch, parameters);
                optimiser.Step(parameters, mean);
            }

            loss /= problem.ItemCount;
            if (!double.IsFinite(loss))
            {
                throw new ServiceException(
                    ErrorKind.FailedPrecondition, "TRAINING_DIVERGED",
                    $"The loss of epoch {epoch} is not a number. Lower learning_rate, or set feature_transform=standardize.");
            }

            optimiser.CatchUp(parameters, mean);
            // Where nothing depends on the score and nobody sees it, it is not worth its time.
            var score = options.Patience == 0 && progress is null ? null : problem.Validate(mean);
            Report(problem, epoch, options, loss, score, start);
            if (score is null || options.Patience == 0)
            {
                continue;
            }

            if (bestScore is null || score.Value.Beats(bestScore.Value, options.Selection))
            {
                bestScore = score;
                best.CopyFrom(mean);
                (kept, sinceBest) = (epoch, 0);
            }
            else if (++sinceBest >= options.Patience)
            {
                break;
            }
        }

        parameters.CopyFrom(bestScore is null ? mean : best);
        return kept;
    }

    private void Report(IFitProblem problem, int epoch, FitOptions options, double loss, ValidationScore? score, long start)
    {
        if (progress is null)
        {
            return;
        }

        var perEpoch = timeProvider.GetElapsedTime(start) / epoch;
        var metric = score?.Report(options.Selection);
        progress.Report(new TrainingProgress(
            problem.Phase, epoch, options.Epochs, loss, metric?.Name, metric?.Value, perEpoch * (options.Epochs - epoch + laterEpochs)));
    }
}
