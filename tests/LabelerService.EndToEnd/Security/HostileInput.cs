using System.Text;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using LabelerService.Contracts.V1;

namespace LabelerService.EndToEnd.Security;

/// <summary>
/// Requests that no honest client sends, from a seed: any bytes, well-formed messages full of extremes, and those with bits flipped, bytes moved
/// and ends cut off.
/// </summary>
/// <param name="seed">The same seed makes the same requests.</param>
/// <param name="names">Names of things by resource type; the first is there, so that requests get further than the door.</param>
internal sealed class HostileInput(int seed, IReadOnlyDictionary<string, string[]> names)
{
    private static readonly string[] Texts =
    [
        "", "a", "b", "1", "..", "../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "C:\\Windows\\win.ini", "//server/share", "a#b", "a\0b", "\u202Ereversed", "ａ．．／",
        "' OR 1=1 --", "'; DROP TABLE datasets; --", "$1", "%s%s%n", "{0}", "<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "\uFFFD", "é̀́",
        "datasets/", "datasets/../datasets/a", "datasets/a/items/9223372036854775808", "datasets/a/items/-1", "datasets/A", "*", "datasets/*",
        "System.IO.File, System.Private.CoreLib", "http://169.254.169.254/latest", "file:///etc/passwd", "wdn", "auto", "consensus", "0 3 * * *", "* * * * *",
        "Europe/Vienna", "epochs", "NaN", "1e999", "-1", "18446744073709551616", "00000000-0000-0000-0000-000000000000", "2b1c9a44-6a3e-4f6e-9a55-0c8cf0f2f1aa",
    ];

    private static readonly string[] Words = ["a", "b", "wdn", "champion", "candidate", "i1", "newcomer", "", "epochs", "0 3 * * *", "majority_vote"];

    private static readonly long[] Numbers =
        [0, 1, 2, 3, 8, 50, 1_000, 1_001, -1, int.MaxValue, int.MinValue, int.MaxValue + 1L, long.MaxValue, long.MinValue, 253_402_300_800, 1L << 40];

    private static readonly double[] Reals =
        [0, 1, 0.5, -1, 1e-300, 1e300, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -0.0, 0.999999, 3];

    // How many values of a message are hostile: where all are, the first is refused and the others are never looked at.
    private static readonly double[] Shares = [0.03, 0.1, 0.3, 1];

    private readonly Random _random = new(seed);
    private double _share;

    /// <summary>The next request to a method.</summary>
    public byte[] Next(MethodDescriptor method)
    {
        _share = Pick(Shares);
        return _random.Next(10) switch
        {
            0 => Bytes(_random.Next(200)),
            <= 6 => Message(method.InputType, 0).ToByteArray(),
            _ => Mutated(Message(method.InputType, 0).ToByteArray()),
        };
    }

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private byte[] Mutated(byte[] message)
    {
        for (var steps = _random.Next(1, 5); steps > 0 && message.Length > 0; steps--)
        {
            var at = _random.Next(message.Length);
            switch (_random.Next(5))
            {
                case 0:
                    message[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    message[at] = (byte)_random.Next(256);
                    break;
                case 2:
                    message = message[..at];
                    break;
                case 3:
                    message = [.. message[..at], .. Bytes(_random.Next(1, 12)), .. message[at..]];
                    break;
                default:
                    message = [.. message, .. message[at..]];
                    break;
            }
        }

        return message;
    }

    private IMessage Message(MessageDescriptor descriptor, int depth)
    {
        if (descriptor.ClrType == typeof(Tensor) && !IsHostile())
        {
            return Rows();
        }

        var message = descriptor.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in descriptor.Fields.InDeclarationOrder())
        {
            // What is required is there; of the rest a third, or half.
            if (IsRequired(field) ? IsHostile() && _random.Next(2) == 0 : _random.Next(3) > 0 || (IsHostile() && _random.Next(2) == 0))
            {
                continue;
            }

            if (field.IsMap)
            {
                var map = (System.Collections.IDictionary)field.Accessor.GetValue(message);
                var (key, value) = (field.MessageType.FindFieldByNumber(1), field.MessageType.FindFieldByNumber(2));
                for (var count = _random.Next(3); count > 0; count--)
                {
                    map[Value(key, descriptor, depth)] = Value(value, descriptor, depth);
                }
            }
            else if (field.IsRepeated)
            {
                var list = (System.Collections.IList)field.Accessor.GetValue(message);
                for (var count = _random.Next(4); count > 0; count--)
                {
                    list.Add(Value(field, descriptor, depth));
                }
            }
            else
            {
                field.Accessor.SetValue(message, Value(field, descriptor, depth));
            }
        }

        return message;
    }

    private object Value(FieldDescriptor field, MessageDescriptor of, int depth) =>
        IsHostile() || field.FieldType == FieldType.Message ? HostileValue(field, of, depth) : HonestValue(field, of);

    private object HonestValue(FieldDescriptor field, MessageDescriptor of) => field.FieldType switch
    {
        FieldType.String => NameType(field, of) is { } type && names.TryGetValue(type, out var real) ? real[0] : Pick(Words),
        FieldType.Bytes => Rows().Data,
        FieldType.Bool => _random.Next(2) == 0,
        FieldType.Double => Pick(Shares),
        FieldType.Float => (float)Pick(Shares),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => _random.Next(3),
        FieldType.UInt32 or FieldType.Fixed32 => (uint)_random.Next(3),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => (long)_random.Next(3),
        FieldType.UInt64 or FieldType.Fixed64 => (ulong)_random.Next(3),
        FieldType.Enum => Enum.ToObject(field.EnumType.ClrType, field.EnumType.Values[_random.Next(field.EnumType.Values.Count)].Number),
        _ => throw new InvalidOperationException($"{field.FullName} has a type that this test does not know."),
    };

    private object HostileValue(FieldDescriptor field, MessageDescriptor of, int depth) => field.FieldType switch
    {
        FieldType.String => Text(field, of),
        FieldType.Bytes => ByteString.CopyFrom(Bytes(_random.Next(_random.Next(10) == 0 ? 5_000 : 40))),
        FieldType.Bool => _random.Next(2) == 0,
        FieldType.Double => Pick(Reals),
        FieldType.Float => (float)Pick(Reals),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => unchecked((int)Pick(Numbers)),
        FieldType.UInt32 or FieldType.Fixed32 => unchecked((uint)Pick(Numbers)),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Pick(Numbers),
        FieldType.UInt64 or FieldType.Fixed64 => unchecked((ulong)Pick(Numbers)),
        FieldType.Enum => Enum.ToObject(field.EnumType.ClrType, _random.Next(6) == 0 ? _random.Next(-2, 100) : _random.Next(field.EnumType.Values.Count)),
        FieldType.Message => Message(field.MessageType, depth + 1),
        _ => throw new InvalidOperationException($"{field.FullName} has a type that this test does not know."),
    };

    private string Text(FieldDescriptor field, MessageDescriptor of)
    {
        if (NameType(field, of) is { } type && _random.Next(3) == 0)
        {
            // The name of something else.
            return names.TryGetValue(type, out var real) ? Pick(real) : names.Values.First()[0];
        }

        return _random.Next(12) == 0 ? new string(Pick(Texts).FirstOrDefault('x'), _random.Next(1, 3_000)) : Pick(Texts);
    }

    // Two items as the dataset has them.
    private static Tensor Rows() => new()
    {
        DataType = Tensor.Types.DataType.Float32,
        Shape = { 2, Predictions.PublishedModels.Length },
        Data = ByteString.CopyFrom(new byte[2 * Predictions.PublishedModels.Length * sizeof(float)]),
    };

    private static string? NameType(FieldDescriptor field, MessageDescriptor of) =>
        field.GetOptions()?.GetExtension(ResourceExtensions.ResourceReference)?.Type is { Length: > 0 } referred ? referred
        : field.Name == "name" ? of.GetOptions()?.GetExtension(ResourceExtensions.Resource)?.Type : null;

    private bool IsHostile() => _random.NextDouble() < _share;

    private static bool IsRequired(FieldDescriptor field) =>
        field.GetOptions()?.GetExtension(FieldBehaviorExtensions.FieldBehavior)?.Contains(FieldBehavior.Required) == true;

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];
}

/// <summary>What an answer must not tell strangers of the inside.</summary>
internal static class Leaks
{
    private static readonly System.Text.RegularExpressions.Regex Inside = new(
        @"\bat [A-Z]\w+\.|\.cs:line|/work/|/home/|/usr/|/root/|/tmp/|/var/lib|\bSystem\.[A-Z]|Npgsql|Microsoft\.|Google\.Protobuf|LabelerService\.[A-Z]|Exception"
        + @"|\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM)\s+\w|relation ""|column ""|violates|pg_\w+|\b\d{2}[A-Z0-9]{3}:",
        System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(5));

    /// <summary>The first leak in a text; null for none. What the caller has sent may come back.</summary>
    public static string? In(string text, byte[] sent)
    {
        foreach (var match in Inside.Matches(text).Select(match => match.Value))
        {
            if (!Encoding.UTF8.GetString(sent).Contains(match, StringComparison.Ordinal))
            {
                return match;
            }
        }

        return null;
    }
}
