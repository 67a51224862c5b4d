using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Features;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// annot-mix (Herde, Lührs, Huseljic, Sick, ECAI 2024): mixup (Zhang et al. 2018) of whole annotations, that is of items, of labelers and
/// of labels by one share. A labeler is a one-hot vector, mapped to an embedding (64 units) and on to a K×K confusion (one hidden layer,
/// rows by softmax, 0.8 on the diagonal at first). For two annotations of a batch and λ from Beta(α, α), α = mixup_alpha, the model's
/// answer p(z) = Σ_k p(k|x̃) Θ_ã(z|k), with x̃ = λx + (1−λ)x' and ã likewise, is scored by cross-entropy against λ[y] + (1−λ)[y'].
/// Confusions depend on the labeler and not on the item. Predicts with p(k|x); labelers are served with their confusion.
/// </summary>
/// <remarks>The embedding of a mixed one-hot vector is the mixed embedding, so nothing of size labelers is built for an annotation.</remarks>
internal sealed class AnnotMix : ILearningAlgorithm
{
    private const int Width = 64;
    private const double InitialDiagonal = 0.8;

    public TrainedEnsemble Train(LearningTask task)
    {
        var assignment = LabelerModel.Heads(task);
        var network = new Network(task.Settings, task.Snapshot.Encoding, 1, task.Classes);
        var model = new ConfusionNet(network.Layout, assignment.Count, task.Classes);
        return AnswerNet.Fit(
            task, network, assignment,
            new Loss(network, model, task.Settings.MixupAlpha, task.Streams.Managed(RandomStream.Mixing), SequenceRows.Of(task.Snapshot.Encoding)),
            parameters =>
            {
                using var generator = task.Streams.Native(RandomStream.ConfusionInitialisation);
                model.Initialise(parameters, generator);
            },
            parameters => model.Confusions(parameters[model.Embeddings], parameters));
    }

    /// <summary>From embeddings of labelers to their confusions.</summary>
    private sealed class ConfusionNet
    {
        private readonly ParameterSlot _hiddenWeight;
        private readonly ParameterSlot _hiddenBias;
        private readonly ParameterSlot _outputWeight;
        private readonly ParameterSlot _outputBias;
        private readonly int _classes;

        public ConfusionNet(ParameterLayout layout, int labelers, int classes)
        {
            _classes = classes;
            Embeddings = layout.Declare("labelers.embedding", ParameterRole.Bias, labelers, Width);
            _hiddenWeight = layout.Declare("labelers.hidden.weight", ParameterRole.Weight, Width, Width);
            _hiddenBias = layout.Declare("labelers.hidden.bias", ParameterRole.Bias, Width);
            _outputWeight = layout.Declare("labelers.output.weight", ParameterRole.Weight, (long)classes * classes, Width);
            _outputBias = layout.Declare("labelers.output.bias", ParameterRole.Bias, (long)classes * classes);
        }

        public ParameterSlot Embeddings { get; }

        public void Initialise(ParameterSet parameters, Generator generator)
        {
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            var bound = 1 / Math.Sqrt(Width);
            parameters[Embeddings].uniform_(-1, 1, generator);
            parameters[_hiddenWeight].uniform_(-bound, bound, generator);
            // The output's weight stays at zero: all labelers begin alike, 0.8 on the diagonal.
            var diagonal = Math.Log(InitialDiagonal * Math.Max(_classes - 1, 1) / (1 - InitialDiagonal));
            parameters[_outputBias].copy_(eye(_classes).Times(diagonal).view(-1));
        }

        /// <summary>Θ [A, K, K] of embeddings [A, 64].</summary>
        public Tensor Confusions(Tensor embeddings, ParameterSet parameters)
        {
            var hidden = addmm(parameters[_hiddenBias], embeddings, parameters[_hiddenWeight].t(), 1, 1).relu();
            return addmm(parameters[_outputBias], hidden, parameters[_outputWeight].t(), 1, 1).view(-1, _classes, _classes).softmax(2);
        }
    }

    private sealed class Loss(Network network, ConfusionNet model, double alpha, SeededRandom random, SequenceRows? sequences)
        : NetworkLoss
    {
        private readonly int _chunk = WorkingMemory.Rows(Math.Max(network.Backbone.ValuesPerItem, network.Heads.Classes * network.Heads.Classes));

        public override double Accumulate(BatchPiece piece, ParameterSet parameters)
        {
            var count = piece.AnnotationRows.Length;
            var order = new int[count];
            var shares = new float[count];
            for (var a = 0; a < count; a++)
            {
                order[a] = a;
                shares[a] = alpha == 0 ? 1 : (float)BetaDraws.Next(random, alpha);
            }

            random.Shuffle(order);
            var total = 0.0;
            for (var start = 0; start < count; start += _chunk)
            {
                using var scope = NewDisposeScope();
                var end = Math.Min(start + _chunk, count);
                var loss = Sum(piece, start, end, order.AsSpan(start..end), shares.AsSpan(start..end), parameters);
                loss.Times(piece.Scale).backward();
                total += loss.Value();
            }

            return total;
        }

        public override void Save(JournalState state) => random.Save(state, "mixing.generator");

        public override void Load(JournalState state) => random.Load(state, "mixing.generator");

        private Tensor Sum(
            BatchPiece piece, int start, int end, ReadOnlySpan<int> partners, ReadOnlySpan<float> shares, ParameterSet parameters)
        {
            var share = tensor(shares.ToArray());
            var row = share.unsqueeze(1);
            var features = MixRows(
                piece.Features.index_select(0, AnswerLoss.Indexes(piece.AnnotationRows[start..end])),
                piece.Features.index_select(0, Indexes(piece.AnnotationRows, partners)), row);
            var embeddings = Mix(
                parameters[model.Embeddings].index_select(0, AnswerLoss.Indexes(piece.AnnotationHeads[start..end])),
                parameters[model.Embeddings].index_select(0, Indexes(piece.AnnotationHeads, partners)), row);
            var z = network.Backbone.Forward(features, parameters, piece.Dropout);
            var probabilities = network.Heads.LogProbabilities(z, parameters).squeeze(1).exp();
            var confusions = model.Confusions(embeddings, parameters);
            // −λ ln p(y) of the one label and −(1 − λ) ln p(y') of the other.
            return TraceNorm.Sum(probabilities, confusions, AnswerLoss.Indexes(piece.AnnotationClasses[start..end]), share)
                .Plus(TraceNorm.Sum(probabilities, confusions, Indexes(piece.AnnotationClasses, partners), share.neg().Plus(1)));
        }

        // Of two sequences the mixture has as many steps as the one that has the larger share; the other is cut, or goes on as zeros.
        private Tensor MixRows(Tensor one, Tensor other, Tensor share)
        {
            var mixed = Mix(one, other, share);
            if (sequences is null)
            {
                return mixed;
            }

            var lengths = where(share.Above(0.5), SequenceRows.Lengths(one), SequenceRows.Lengths(other));
            return cat([lengths, mixed.narrow(1, 1, mixed.shape[1] - 1)], 1);
        }

        private static Tensor Mix(Tensor one, Tensor other, Tensor share) => other.Plus(one.sub(other).mul(share));

        private static Tensor Indexes(ReadOnlySpan<int> values, ReadOnlySpan<int> at)
        {
            var chosen = new int[at.Length];
            for (var i = 0; i < chosen.Length; i++)
            {
                chosen[i] = values[at[i]];
            }

            return AnswerLoss.Indexes(chosen);
        }
    }
}
