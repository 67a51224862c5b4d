namespace LabelerService.TestKit.Crowds;

/// <summary>How a simulated labeler behaves. <see cref="LabelerSkill"/> turns each kind into chances of answers.</summary>
public enum LabelerKind
{
    /// <summary>Right 95 times of 100; errors are spread evenly.</summary>
    Expert,

    /// <summary>Right 75 times of 100; errors are spread evenly.</summary>
    Average,

    /// <summary>Knows two fifths of the classes (right 95 times of 100), and the others badly (40).</summary>
    ClassSpecialist,

    /// <summary>
    /// Swaps the classes of some pairs (one pair for every four classes, at least one) 80 times of 100; right 90 times of 100 about the
    /// other classes. With two classes it has them the wrong way round.
    /// </summary>
    Confuser,

    /// <summary>Right 95 times of 100 in one half of the feature space, 35 times in the other; the halves are its own.</summary>
    RegionDependent,

    /// <summary>Draws any class with equal chance.</summary>
    Spammer,

    /// <summary>Always gives the same class.</summary>
    Constant,

    /// <summary>Gives a wrong class on purpose 90 times of 100.</summary>
    Adversary,
}
