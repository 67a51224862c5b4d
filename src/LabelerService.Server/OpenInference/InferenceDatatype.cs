using LabelerService.Core.Errors;

namespace LabelerService.Server.OpenInference;

/// <summary>The datatypes of the protocol that this service takes or gives.</summary>
internal static class InferenceDatatype
{
    /// <summary>IEEE 754 binary32.</summary>
    public const string Fp32 = "FP32";

    /// <summary>IEEE 754 binary16.</summary>
    public const string Fp16 = "FP16";

    /// <summary>Two's complement, 4 bytes.</summary>
    public const string Int32 = "INT32";

    /// <summary>Texts; here UTF-8.</summary>
    public const string Bytes = "BYTES";

    private static readonly string[] Others = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP64", "BF16"];

    /// <summary>Refuses what no input takes. A number is not quietly rounded: who has FP64 should know that the model does not.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the tensor's datatype.</exception>
    public static void Check(string datatype, string field)
    {
        if (datatype is Fp32 or Fp16 or Bytes)
        {
            return;
        }

        throw ServiceException.InvalidField($"{field}.datatype", Others.Contains(datatype)
            ? $"{datatype} is not taken; convert to FP32 (numpy: array.astype('float32')) or FP16, and send item ids as BYTES"
            : "must be FP32, FP16 or BYTES");
    }
}
