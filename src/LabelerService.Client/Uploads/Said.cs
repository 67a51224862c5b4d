using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Makes annotations: what one labeler said of one item.</summary>
public static class Said
{
    /// <summary>A labeler says a class of an item.</summary>
    /// <param name="itemId">Key of the item.</param>
    /// <param name="labelerId">Key of the labeler.</param>
    /// <param name="className">The class by name.</param>
    /// <param name="confidence">How sure the labeler was, in [0, 1]; null if unknown.</param>
    /// <param name="duration">How long the labeler took; null if unknown.</param>
    /// <param name="time">When, by the client's clock; null if unknown.</param>
    public static Annotation Class(
        string itemId, string labelerId, string className, float? confidence = null, TimeSpan? duration = null, DateTimeOffset? time = null) =>
        With(new Annotation { ItemId = itemId, LabelerId = labelerId, ClassName = className }, confidence, duration, time);

    /// <summary>A labeler says a class of an item.</summary>
    /// <param name="itemId">Key of the item.</param>
    /// <param name="labelerId">Key of the labeler.</param>
    /// <param name="classIndex">The class by index, from 0.</param>
    /// <param name="confidence">How sure the labeler was, in [0, 1]; null if unknown.</param>
    /// <param name="duration">How long the labeler took; null if unknown.</param>
    /// <param name="time">When, by the client's clock; null if unknown.</param>
    public static Annotation Class(
        string itemId, string labelerId, int classIndex, float? confidence = null, TimeSpan? duration = null, DateTimeOffset? time = null) =>
        With(new Annotation { ItemId = itemId, LabelerId = labelerId, ClassIndex = classIndex }, confidence, duration, time);

    /// <summary>A labeler takes back what was said of an item: a retraction.</summary>
    /// <param name="itemId">Key of the item.</param>
    /// <param name="labelerId">Key of the labeler.</param>
    public static Annotation Nothing(string itemId, string labelerId) =>
        new() { ItemId = itemId, LabelerId = labelerId, Retracted = true };

    private static Annotation With(Annotation annotation, float? confidence, TimeSpan? duration, DateTimeOffset? time)
    {
        if (confidence is { } sure)
        {
            annotation.Confidence = sure;
        }

        annotation.Duration = duration is { } took ? Duration.FromTimeSpan(took) : null;
        annotation.AnnotateTime = time is { } when ? Timestamp.FromDateTimeOffset(when) : null;
        return annotation;
    }
}
