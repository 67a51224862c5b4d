using LabelerService.Core.Errors;

namespace LabelerService.Extraction;

/// <summary>Why an ONNX file cannot be used, in words for whoever exported it.</summary>
internal static class OnnxErrors
{
    /// <summary>The file is no ONNX model, or a damaged one.</summary>
    public static ServiceException Invalid(string problem) =>
        Create("ONNX_INVALID", $"The file is no valid ONNX model: {problem}. Export it again, and upload the whole file.");

    /// <summary>The model uses something that is not taken.</summary>
    public static ServiceException Unsupported(string problem, string advice) => Create("ONNX_UNSUPPORTED", $"The ONNX model cannot be used: {problem}. {advice}");

    /// <summary>The model is for other items.</summary>
    public static ServiceException Mismatch(string problem) => Create("ONNX_SHAPE_MISMATCH", $"The ONNX model does not fit the dataset: {problem}.");

    private static ServiceException Create(string reason, string message) =>
        new(ErrorKind.InvalidArgument, reason, message, new FieldViolation("content", message));
}
