using System.Security.Cryptography;
using Google.Protobuf;
using LabelerService.Contracts.V1;

namespace LabelerService.Server.Mapping;

/// <summary>SHA-256 over the annotations of a stream and how it treats unknown ids, however the stream is cut into messages.</summary>
internal sealed class ContentHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public ContentHash(UnknownLabelers labelers, UnknownItems items) => _hash.AppendData([(byte)labelers, (byte)items]);

    public void Add(IEnumerable<Annotation> annotations)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            foreach (var annotation in annotations)
            {
                output.WriteMessage(annotation);
            }
        }

        _hash.AppendData(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    public byte[] Finish() => _hash.GetHashAndReset();

    public void Dispose() => _hash.Dispose();
}
