using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using LabelerService.Core.Tensors;
using LabelerService.Core.Text;
using LabelerService.TestKit.Suites;

namespace LabelerService.Core.Tests.Tensors;

/// <summary>
/// Artefacts that somebody has altered and given a right hash again: read as what they say or refused, with no more memory than their size
/// explains.
/// </summary>
[Trait("Suite", "security")]
public sealed class ArtefactFuzzTests
{
    private const int HashBytes = 32;

    private static readonly byte[] Archive = new TensorArchive(
        new Dictionary<string, string> { ["kind"] = "test", ["text"] = "Zoë" },
        new Dictionary<string, Array>
        {
            ["floats"] = (float[])[1.5f, float.NaN, 3, 4, 5, 6],
            ["longs"] = (long[])[long.MinValue, 5],
            ["bytes"] = (byte[])[0, 255],
            ["empty"] = Array.Empty<float>(),
        },
        new Dictionary<string, long[]> { ["floats"] = [2, 3] }).ToBytes();

    private static readonly byte[] Table =
        new OutOfFoldTable(3, [4, 9, 12], [100, 200, 300], [1, -2, 3], [1, 0, 0, 0.25f, 0.5f, 0.25f, 0.1f, 0.2f, 0.7f]).ToBytes();

    private static readonly byte[] Encoder = TextEncoder.Fit(
        ["a cat sat on the mat", "the dog ate the cat", "a dog and a mat", "no cat at all"], new TextFeaturizerOptions()).ToBytes();

    public static TheoryData<string> Kinds => ["tensors", "out-of-fold table", "text encoder"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Altered_artefacts_with_a_right_hash_are_read_or_refused_within_their_size(string kind)
    {
        var (file, read) = Case(kind);
        Refuses(() => read(file), out _);
        var random = new Random(LongForm.Seed);
        var inputs = LongForm.Of(3_000, 300_000);
        var (refused, most) = (0, 0L);
        for (var i = 0; i < inputs; i++)
        {
            var altered = Altered(file, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            if (Refuses(() => read(altered), out var other))
            {
                refused++;
            }

            Assert.True(other is null, $"{kind}, seed {LongForm.Seed}, input {i}, {Convert.ToBase64String(altered)}: {other}");
            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before - (20L * altered.Length));
        }

        Assert.InRange(most, long.MinValue, 1 << 20);
        Assert.InRange(refused, 1, inputs);
        SuiteReport.Add("security", $"altered artefacts, {kind}", ("seed", LongForm.Seed), ("inputs", inputs), ("refused", refused), ("crashed", 0));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Artefacts_that_are_cut_off_are_refused_wherever_they_end(string kind)
    {
        var (file, read) = Case(kind);
        for (var length = 0; length < file.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => read(file[..length]));
            if (length >= HashBytes + 1)
            {
                Assert.Throws<InvalidDataException>(() => read(Sealed(file[..length])));
            }
        }
    }

    [Fact]
    public void A_header_that_nests_10000_deep_is_refused()
    {
        foreach (var json in (string[])[new string('[', 10_000), string.Concat(Enumerable.Repeat("{\"Metadata\":", 10_000))])
        {
            var bytes = new byte[16 + json.Length + HashBytes];
            "LBLTENS1"u8.CopyTo(bytes);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), json.Length);
            Encoding.ASCII.GetBytes(json).CopyTo(bytes, 16);
            Assert.Throws<InvalidDataException>(() => TensorArchive.Read(Sealed(bytes)));
        }
    }

    private static (byte[] File, Action<byte[]> Read) Case(string kind) => kind switch
    {
        "tensors" => (Archive, bytes => TensorArchive.Read(bytes)),
        "out-of-fold table" => (Table, bytes => OutOfFoldTable.Read(bytes)),
        _ => (Encoder, bytes => TextEncoder.Read(bytes)),
    };

    private static bool Refuses(Action read, out Exception? other)
    {
        other = null;
        try
        {
            read();
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
        catch (Exception error)
        {
            other = error;
            return false;
        }
    }

    // Bits, bytes, lengths and digits; most of them where the header is.
    private static byte[] Altered(byte[] file, Random random)
    {
        var altered = file.ToArray();
        for (var steps = random.Next(1, 5); steps > 0; steps--)
        {
            var header = Math.Min(altered.Length - HashBytes, 16 + (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(8)));
            var at = random.Next(random.Next(3) == 0 ? altered.Length - HashBytes : header);
            switch (random.Next(6))
            {
                case 0:
                    altered[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    altered[at] = (byte)random.Next(256);
                    break;
                case 2:
                    altered[at] = (byte)('0' + random.Next(10));
                    break;
                case 3:
                    BinaryPrimitives.WriteInt64LittleEndian(altered.AsSpan(8), random.Next(4) == 0 ? random.NextInt64() : random.Next(altered.Length * 2));
                    break;
                case 4:
                    altered = [.. altered[..at], .. Encoding.ASCII.GetBytes(new string('9', random.Next(1, 20))), .. altered[at..]];
                    break;
                default:
                    altered = [.. altered[..at], .. altered[Math.Min(altered.Length - HashBytes, at + random.Next(1, 20))..]];
                    break;
            }
        }

        return Sealed(altered);
    }

    private static byte[] Sealed(byte[] bytes)
    {
        SHA256.HashData(bytes.AsSpan(0, bytes.Length - HashBytes), bytes.AsSpan(bytes.Length - HashBytes));
        return bytes;
    }
}
