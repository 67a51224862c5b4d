using LabelerService.Core.Errors;

namespace LabelerService.Server.OpenInference;

/// <summary>
/// What is said of parameters on either transport. Unknown ones are refused: a misspelt one that went unnoticed would change the answer
/// without a word.
/// </summary>
internal static class InferenceParameters
{
    /// <summary>Most inputs or outputs of a request; there are fewer to choose from.</summary>
    public const int MaximumTensors = 32;

    // MLServer's clients say in it how they made the bytes. It changes nothing here.
    private const string ContentType = "content_type";

    /// <summary>Checks the names of a tensor's parameters.</summary>
    /// <param name="names">The names.</param>
    /// <param name="field">Path of the tensor.</param>
    /// <param name="known">Names that this transport takes besides.</param>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the parameter.</exception>
    public static void CheckTensor(IEnumerable<string> names, string field, params ReadOnlySpan<string> known)
    {
        foreach (var name in names)
        {
            if (name != ContentType && !known.Contains(name))
            {
                throw ServiceException.InvalidField(Path(field, name), "is not a parameter of a tensor here");
            }
        }
    }

    /// <summary>Checks the name of a request's parameter that the transport does not know.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the parameter.</exception>
    public static void CheckOther(string name)
    {
        if (name != ContentType)
        {
            throw ServiceException.InvalidField(
                Path("", name), $"is not a parameter here; there are {InferenceCall.LabelersParameter} and {InferenceCall.DistilledParameter}");
        }
    }

    /// <summary>A parameter that has a value of the wrong type.</summary>
    public static ServiceException WrongType(string name, string type) => ServiceException.InvalidField(Path("", name), $"must be {type}");

    // A name of the caller's choice is cut before it is repeated.
    private static string Path(string field, string name) =>
        $"{field}{(field.Length == 0 ? "" : ".")}parameters[{(name.Length <= 64 ? name : name[..64] + "…")}]";
}
