using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using LabelerService.Core.Datasets;
using LabelerService.Storage.Database;

namespace LabelerService.Storage.Queries;

/// <summary>
/// SHA-256 over the content of a snapshot in key order. Each part starts with a tag and each text with its length, so that different
/// contents never give the same bytes. Database keys are left out: the same data restored elsewhere has the same id.
/// </summary>
internal sealed class SnapshotHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[16];

    public SnapshotHash(DatasetSchema schema) => Text('S', Json.Write(schema));

    public void Item(string id, Split split, int gold, ReadOnlySpan<float> features)
    {
        Text('I', id);
        Numbers((int)split, gold, features.Length);
        _hash.AppendData(MemoryMarshal.AsBytes(features));
    }

    public void Item(string id, Split split, int gold, ReadOnlySpan<byte> utf8)
    {
        Text('I', id);
        Numbers((int)split, gold, utf8.Length);
        _hash.AppendData(utf8);
    }

    public void Labeler(string id) => Text('L', id);

    public void Annotation(int item, int labeler, int classIndex)
    {
        _buffer[12] = (byte)'A';
        Numbers(item, labeler, classIndex, 13);
    }

    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();

    private void Text(char tag, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Numbers(tag, bytes.Length, 0);
        _hash.AppendData(bytes);
    }

    private void Numbers(int first, int second, int third, int length = 12)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer, first);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(4), second);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(8), third);
        _hash.AppendData(_buffer, 0, length);
    }
}
