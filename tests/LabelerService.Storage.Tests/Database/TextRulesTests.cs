using CsCheck;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;

namespace LabelerService.Storage.Tests.Database;

public sealed class TextRulesTests
{
    private const string Allowed = "abcdefghijklmnopqrstuvwxyz0123456789-";

    private static readonly string[] Tricks =
    [
        "..", "../", "..%2f", "%2e%2e", "\0", "C:\\", "\\\\host\\share", "~", "#", "?", "//", "/", "\u2024\u2024", "\uff0e", "file://", "A", " ", "\n", "_", ".",
    ];

    [Fact]
    public void A_resource_id_is_accepted_exactly_if_it_is_of_the_alphabet_and_1_to_63_long() =>
        Gen.Select(Gen.Char[Allowed].Array[0, 70], Gen.Int[0, Tricks.Length - 1].Select(i => Tricks[i]), Gen.Int[0, 70], Gen.Bool).Sample(
            (good, trick, place, hostile) =>
            {
                var id = new string(good);
                if (hostile)
                {
                    id = id.Insert(place % (id.Length + 1), trick);
                }

                var expected = id.Length is >= 1 and <= 63 && id.All(Allowed.Contains);
                return Accepts(() => TextRules.CheckResourceId("id", id)) == expected;
            },
            iter: 10_000);

    [Fact]
    public void An_external_id_is_accepted_exactly_if_it_is_1_to_256_bytes_of_UTF8_without_NUL() =>
        Gen.String[0, 300].Sample(id => Accepts(() => TextRules.CheckExternalId("id", id)) == Expected(id), iter: 10_000);

    private static bool Expected(string id)
    {
        try
        {
            return !id.Contains('\0') && new System.Text.UTF8Encoding(false, true).GetByteCount(id) is >= 1 and <= 256;
        }
        catch (System.Text.EncoderFallbackException)
        {
            return false;
        }
    }

    private static bool Accepts(Action check)
    {
        try
        {
            check();
            return true;
        }
        catch (ServiceException exception) when (exception.Kind == ErrorKind.InvalidArgument)
        {
            return false;
        }
    }
}
