using LabelerService.Core.Errors;
using LabelerService.Core.Telemetry;
using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Quantising;

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

    /// <summary>Keeps whatever passes change beside the parameters: orders and generators.</summary>
    public void Save(JournalState state);

    /// <summary>Restores it.</summary>
    /// <exception cref="InvalidDataException">It is another problem's.</exception>
    public void Load(JournalState state);
}

/// <summary>How a problem is fitted.</summary>
internal sealed record FitOptions(
    int Epochs, double LearningRate, double L1, double L2, double PolyakDecay, int Patience, SelectionMetric Selection, bool InitialCounts)
{
    /// <summary>Keeps weights on grids; null for real-valued ones.</summary>
    public WeightQuantiser? Quantiser { get; init; }
}

/// <summary>
/// Adam with a running mean of weights, early stopping, progress, cancellation and checkpoints between epochs: the same for every problem.
/// </summary>
/// <param name="run">Clock, cancellation and journal of the run.</param>
/// <param name="progress">Called after each epoch; null for none.</param>
/// <param name="laterEpochs">Epochs of fits that follow, for the estimate of the time left.</param>
internal sealed class FitLoop(RunControl run, IProgress<TrainingProgress>? progress, int laterEpochs)
{
    /// <summary>Fits a problem.</summary>
    /// <param name="problem">What is fitted.</param>
    /// <param name="parameters">Start values; afterwards the chosen ones, where a quantiser accumulates as it accumulates them.</param>
    /// <param name="options">How.</param>
    /// <returns>How many epochs the chosen values have seen; 0 where the start values are the best.</returns>
    /// <exception cref="ServiceException"><see cref="ErrorKind.FailedPrecondition"/>: the loss is no longer a number.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; observed before every batch.</exception>
    public int Run(IFitProblem problem, ParameterSet parameters, FitOptions options)
    {
        using var section = run.Journal.Open();
        if (section.Finished is { } finished)
        {
            finished.Read("parameters", parameters.Values);
            problem.Load(finished);
            options.Quantiser?.Load(finished);
            return finished.Counters("kept", options.Epochs)[0];
        }

        using var activity = ServiceTelemetry.Activities.StartActivity("fit");
        activity?.SetTag("labeler.phase", problem.Phase);
        using var fit = new FitState(parameters, options);
        if (section.Reached is { } reached)
        {
            fit.Load(reached);
            problem.Load(reached);
        }
        else
        {
            fit.Start(options.InitialCounts && options.Patience > 0 ? problem.Validate(parameters) : null);
        }

        Run(problem, fit, options, section);
        activity?.SetTag("labeler.epochs", fit.Epoch);
        parameters.CopyFrom(fit.Chosen);
        section.Finish(state =>
        {
            state.Put<float>("parameters", parameters.Values);
            state.Put("kept", [fit.Kept]);
            problem.Save(state);
            options.Quantiser?.Save(state);
        });
        return fit.Kept;
    }

    private void Run(IFitProblem problem, FitState fit, FitOptions options, JournalSection section)
    {
        var parameters = fit.Parameters;
        var start = run.Time.GetTimestamp();
        var first = fit.Epoch + 1;
        while (fit.Epoch < options.Epochs && !(options.Patience > 0 && fit.SinceBest >= options.Patience))
        {
            problem.Shuffle();
            var loss = 0.0;
            for (var batch = 0; batch < problem.BatchCount; batch++)
            {
                run.Cancel.ThrowIfCancellationRequested();
                options.Quantiser?.Refresh(parameters, fit.Seen);
                loss += problem.Accumulate(batch, fit.Seen);
                fit.Optimiser.Step(parameters, fit.Mean, fit.Seen);
                options.Quantiser?.EndStep(parameters);
            }

            loss /= problem.ItemCount;
            if (!double.IsFinite(loss))
            {
                throw new ServiceException(
                    ErrorKind.FailedPrecondition, "TRAINING_DIVERGED",
                    $"The loss of epoch {fit.Epoch + 1} is not a number. Lower learning_rate, or set feature_transform=standardize.");
            }

            fit.Optimiser.CatchUp(parameters, fit.Mean);
            fit.Deploy();
            // Where nothing depends on the score and nobody sees it, it is not worth its time.
            var score = options.Patience == 0 && progress is null ? null : problem.Validate(fit.Deployed);
            fit.EndEpoch(score, options);
            run.Journal.Advance();
            Report(problem, fit.Epoch, first, options, loss, score, start);
            if (run.Journal.IsDue)
            {
                section.Keep(state =>
                {
                    fit.Save(state);
                    problem.Save(state);
                });
                run.Journal.Take(problem.Phase, fit.Epoch, options.Epochs);
            }
        }
    }

    private void Report(IFitProblem problem, int epoch, int first, FitOptions options, double loss, ValidationScore? score, long start)
    {
        if (progress is null)
        {
            return;
        }

        var perEpoch = run.Time.GetElapsedTime(start) / (epoch - first + 1);
        var metric = score?.Report(options.Selection);
        progress.Report(new TrainingProgress(
            problem.Phase, epoch, options.Epochs, loss, metric?.Name, metric?.Value, perEpoch * (options.Epochs - epoch + laterEpochs)));
    }
}
