using LabelerService.Core.Encodings;

namespace LabelerService.Core.Training;

/// <summary>What maps an item's features to the representation that all heads share.</summary>
public enum BackboneKind
{
    /// <summary>The one that suits the items: <see cref="Mlp"/>, <see cref="Cnn"/> or <see cref="Lstm"/>.</summary>
    Auto,

    /// <summary>Fully connected layers with ReLU and dropout.</summary>
    Mlp,

    /// <summary>The features themselves: every head is a linear model.</summary>
    Linear,

    /// <summary>Convolutions over the rows and columns of an image.</summary>
    Cnn,

    /// <summary>A recurrent net of long short-term memory cells over the steps of a sequence.</summary>
    Lstm,

    /// <summary>A recurrent net of gated units over the steps of a sequence.</summary>
    Gru,
}

/// <summary>How wide a backbone is.</summary>
public enum BackboneCapacity
{
    /// <summary>Small: about a quarter of the usual width.</summary>
    S,

    /// <summary>The usual width.</summary>
    M,

    /// <summary>Large: about four times the usual width.</summary>
    L,
}

/// <summary>How weights are kept on a grid while they are trained (Li et al.: Training Quantized Nets. NIPS 2017).</summary>
public enum Quantisation
{
    /// <summary>They are not: float32.</summary>
    None,

    /// <summary>Deterministic rounding after each step.</summary>
    R,

    /// <summary>Stochastic rounding after each step.</summary>
    Sr,

    /// <summary>BinaryConnect: real-valued weights accumulate the steps, gradients are taken at their rounded values.</summary>
    Bc,

    /// <summary>As <see cref="Bc"/>, each unit's weights scaled by their mean size (Rastegari et al.: XNOR-Net, BWN. ECCV 2016).</summary>
    Bwn,
}

/// <summary>How weights are stored in the serving graph.</summary>
public enum ServingPrecision
{
    /// <summary>As they were trained.</summary>
    Float32,

    /// <summary>Eight bits a weight, with a scale for each unit, rounded after training.</summary>
    Int8,

    /// <summary>One bit a weight; of nets trained with one bit.</summary>
    Packed,
}

/// <summary>Which backbone reads which items.</summary>
public static class BackboneRules
{
    /// <summary>Shortest side of an image that a convolutional net reads.</summary>
    public const int SmallestSide = 12;

    /// <summary>The backbone that suits such items.</summary>
    public static BackboneKind Default(ItemEncoding encoding) => encoding.Kind switch
    {
        ItemEncodingKind.Sequence => BackboneKind.Lstm,
        ItemEncodingKind.Values when Problem(BackboneKind.Cnn, encoding) is null => BackboneKind.Cnn,
        _ => BackboneKind.Mlp,
    };

    /// <summary>Why a backbone cannot read such items, for people; null if it can.</summary>
    public static string? Problem(BackboneKind backbone, ItemEncoding encoding)
    {
        var sequence = encoding.Kind == ItemEncodingKind.Sequence;
        return backbone switch
        {
            BackboneKind.Lstm or BackboneKind.Gru when !sequence => $"{Word(backbone)} reads sequences, and the items are none; leave it out, or use mlp",
            BackboneKind.Mlp or BackboneKind.Linear when sequence => $"{Word(backbone)} reads vectors, and the items are sequences; use lstm or gru",
            BackboneKind.Cnn when encoding.Shape.Count != 3 => "cnn reads images, and the items are none; leave it out, or use mlp",
            BackboneKind.Cnn when encoding.Shape[0] < SmallestSide || encoding.Shape[1] < SmallestSide =>
                $"cnn reads images of at least {SmallestSide} × {SmallestSide} pixels, and these have {encoding.Shape[0]} × {encoding.Shape[1]}; use mlp",
            _ => null,
        };
    }

    /// <summary>A backbone as settings write it.</summary>
    public static string Word(BackboneKind backbone) => backbone.ToString().ToLowerInvariant();
}
