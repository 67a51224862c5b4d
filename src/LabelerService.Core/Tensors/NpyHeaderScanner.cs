using System.Globalization;

namespace LabelerService.Core.Tensors;

/// <summary>Reads the few forms of Python literal that an NPY header consists of.</summary>
internal ref struct NpyHeaderScanner(string text)
{
    private const int MaximumSides = 32;
    private int _at;

    /// <summary>Takes the character if it comes next, spaces aside.</summary>
    public bool TryTake(char expected)
    {
        SkipSpace();
        if (_at < text.Length && text[_at] == expected)
        {
            _at++;
            return true;
        }

        return false;
    }

    /// <summary>Takes the character or fails.</summary>
    public void Expect(char expected)
    {
        if (!TryTake(expected))
        {
            throw Malformed($"'{expected}' is missing");
        }
    }

    /// <summary>Takes a quoted text without escapes.</summary>
    public string Text()
    {
        SkipSpace();
        if (_at >= text.Length || text[_at] is not ('\'' or '"'))
        {
            throw Malformed("a quoted text is missing");
        }

        var quote = text[_at++];
        var end = text.IndexOf(quote, _at);
        if (end < 0)
        {
            throw Malformed("a quoted text has no end");
        }

        var taken = text[_at..end];
        _at = end + 1;
        return taken;
    }

    /// <summary>Takes True or False.</summary>
    public bool Boolean()
    {
        SkipSpace();
        foreach (var (word, value) in (ReadOnlySpan<(string, bool)>)[("True", true), ("False", false)])
        {
            if (text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal))
            {
                _at += word.Length;
                return value;
            }
        }

        throw Malformed("True or False is missing");
    }

    /// <summary>Takes a tuple of whole numbers.</summary>
    public int[] Sides()
    {
        var sides = new List<int>();
        Expect('(');
        while (!TryTake(')'))
        {
            SkipSpace();
            var start = _at;
            while (_at < text.Length && char.IsAsciiDigit(text[_at]))
            {
                _at++;
            }

            if (!int.TryParse(text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var side))
            {
                throw Malformed("a side of the shape is not a whole number from 0 to 2147483647");
            }

            if (sides.Count == MaximumSides)
            {
                throw Malformed($"the shape has more than {MaximumSides} sides");
            }

            sides.Add(side);
            if (!TryTake(','))
            {
                Expect(')');
                break;
            }
        }

        return [.. sides];
    }

    /// <summary>Fails unless only spaces are left.</summary>
    public void End()
    {
        SkipSpace();
        if (_at < text.Length)
        {
            throw Malformed("something follows the dictionary");
        }
    }

    private void SkipSpace()
    {
        while (_at < text.Length && text[_at] is ' ' or '\n' or '\t' or '\r')
        {
            _at++;
        }
    }

    private readonly FormatException Malformed(string what) => new($"The NPY header is malformed at character {_at}: {what}.");
}
