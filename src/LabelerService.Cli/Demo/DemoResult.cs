namespace LabelerService.Cli.Demo;

/// <summary>A measured value with its 95 % interval.</summary>
internal sealed record Measured(double Value, double? Lower, double? Upper);

/// <summary>What one trained model came to.</summary>
/// <param name="Algorithm">bn, dn or wdn.</param>
/// <param name="Seed">Seed of its training.</param>
/// <param name="Version">Resource name of the version.</param>
/// <param name="Accuracy">Share of test items whose gold class it finds likeliest.</param>
/// <param name="LogLoss">Mean negative log-probability of the gold class, in nats.</param>
/// <param name="Ece">Expected calibration error.</param>
/// <param name="Seconds">Time its training took.</param>
internal sealed record DemoModel(
    string Algorithm, long Seed, string Version, Measured Accuracy, Measured LogLoss, Measured Ece, double Seconds);

/// <summary>What one labeler's head says of an item.</summary>
/// <param name="Labeler">Key of the labeler.</param>
/// <param name="Weight">Weight in the ensemble.</param>
/// <param name="Says">Class the head finds likeliest.</param>
/// <param name="Probability">Its probability.</param>
internal sealed record DemoVoice(string Labeler, double Weight, string Says, double Probability);

/// <summary>An example prediction.</summary>
/// <param name="Item">Key of the item.</param>
/// <param name="Gold">Its gold class.</param>
/// <param name="Predicted">Class that the ensemble finds likeliest.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Entropy">Entropy of the ensemble's distribution, in nats.</param>
/// <param name="Disagreement">Part of it that comes from the heads' disagreement, in nats.</param>
/// <param name="Voices">The heads of most weight.</param>
/// <param name="Dissenters">The heads of most weight among those that find another class likeliest.</param>
/// <param name="DissentWeight">Weight of all those together.</param>
internal sealed record DemoPrediction(
    string Item, string Gold, string Predicted, double Probability, double Entropy, double Disagreement, IReadOnlyList<DemoVoice> Voices,
    IReadOnlyList<DemoVoice> Dissenters, double DissentWeight);

/// <summary>What a demo came to.</summary>
/// <param name="Dataset">Id of the dataset.</param>
/// <param name="Items">Items stored.</param>
/// <param name="Annotations">Annotations stored.</param>
/// <param name="Labelers">Labelers registered.</param>
/// <param name="Models">Models, one an algorithm and seed.</param>
/// <param name="Predictions">Examples by the last algorithm at the first seed.</param>
internal sealed record DemoResult(
    string Dataset, long Items, long Annotations, long Labelers, IReadOnlyList<DemoModel> Models, IReadOnlyList<DemoPrediction> Predictions);
