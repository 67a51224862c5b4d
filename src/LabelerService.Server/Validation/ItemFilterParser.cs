using System.Globalization;
using System.Text;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Validation;

/// <summary>
/// Reads the filter of a list of items: comparisons joined by AND, each optionally behind NOT (a subset of AIP-160). Nothing of the text
/// reaches SQL but as a parameter.
/// </summary>
internal sealed class ItemFilterParser
{
    private const int MostConditions = 16;

    private readonly string _text;
    private readonly DatasetSchema _schema;
    private readonly string _field;
    private int _at;

    private ItemFilterParser(string text, DatasetSchema schema, string field)
    {
        _text = text;
        _schema = schema;
        _field = field;
    }

    /// <summary>The conditions of a filter; none for an empty one.</summary>
    /// <param name="text">The filter.</param>
    /// <param name="schema">Knows the dataset's classes.</param>
    /// <param name="field">Path of the filter in the request.</param>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field and the position of the fault, counted from 1.</exception>
    public static IReadOnlyList<ItemCondition> Parse(string text, DatasetSchema schema, string field = "filter")
    {
        if (text.Length > Limits.FilterLength)
        {
            throw ServiceException.InvalidField(field, $"has {text.Length} characters; at most {Limits.FilterLength} are possible");
        }

        return new ItemFilterParser(text, schema, field).Parse();
    }

    private List<ItemCondition> Parse()
    {
        var conditions = new List<ItemCondition>();
        SkipSpace();
        while (_at < _text.Length)
        {
            if (conditions.Count > 0)
            {
                var start = _at;
                if (Word() != "AND")
                {
                    throw Fault(start, "AND is due here; other connections are not possible");
                }

                SkipSpace();
            }

            if (conditions.Count == MostConditions)
            {
                throw Fault(_at, $"at most {MostConditions} comparisons are possible");
            }

            conditions.Add(Comparison());
            SkipSpace();
        }

        return conditions;
    }

    private ItemCondition Comparison()
    {
        var start = _at;
        var field = Word();
        var holds = true;
        if (field == "NOT")
        {
            holds = false;
            SkipSpace();
            start = _at;
            field = Word();
        }

        if (field is not ("split" or "has_features" or "has_content" or "has_gold" or "gold_class" or "item_id"))
        {
            throw Fault(start, "split, has_features, has_content, has_gold, gold_class or item_id is due here");
        }

        SkipSpace();
        holds ^= Operator();
        SkipSpace();
        start = _at;
        var (value, prefix) = Value();
        if (prefix && field != "item_id")
        {
            throw Fault(start, $"a star stands for the rest of an item_id only, not of {field}");
        }

        return field switch
        {
            "split" => new ItemCondition(ItemProperty.Split, holds, (int)SplitOf(value, start)),
            "has_features" => new ItemCondition(ItemProperty.HasFeatures, holds == Bool(value, start)),
            "has_content" => new ItemCondition(ItemProperty.HasContent, holds == Bool(value, start)),
            "has_gold" => new ItemCondition(ItemProperty.HasGold, holds == Bool(value, start)),
            "gold_class" => new ItemCondition(ItemProperty.GoldClass, holds, ClassOf(value, start)),
            _ => new ItemCondition(prefix ? ItemProperty.ItemIdPrefix : ItemProperty.ItemId, holds, Text: IdOf(value, prefix, start)),
        };
    }

    /// <summary>Whether the comparison is turned round.</summary>
    private bool Operator()
    {
        var rest = _text.AsSpan(_at);
        if (rest.StartsWith("!="))
        {
            _at += 2;
            return true;
        }

        if (rest.StartsWith("="))
        {
            _at++;
            return false;
        }

        throw Fault(_at, "= or != is due here");
    }

    private string Word()
    {
        var start = _at;
        while (_at < _text.Length && IsWord(_text[_at]))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || char.IsSurrogate(c) || c is '_' or '-' or '.' or '/';

    private (string Value, bool Prefix) Value()
    {
        var start = _at;
        if (_at < _text.Length && _text[_at] is '"' or '\'')
        {
            return Quoted();
        }

        var word = Word();
        var prefix = _at < _text.Length && _text[_at] == '*';
        if (prefix)
        {
            _at++;
        }

        if (word.Length == 0 && !prefix)
        {
            throw Fault(start, "a value is due here");
        }

        return _at == _text.Length || char.IsWhiteSpace(_text[_at])
            ? (word, prefix)
            : throw Fault(_at, "this character needs quotes around the value, or a space in front of it");
    }

    private (string Value, bool Prefix) Quoted()
    {
        var start = _at;
        var quote = _text[_at++];
        var value = new StringBuilder();
        var prefix = false;
        for (; _at < _text.Length; _at++)
        {
            var c = _text[_at];
            if (c == quote)
            {
                _at++;
                return (value.ToString(), prefix);
            }

            if (prefix)
            {
                throw Fault(_at - 1, "a star may only end the value; write \\* for the character");
            }

            if (c == '*')
            {
                prefix = true;
                continue;
            }

            if (c == '\\')
            {
                if (++_at == _text.Length)
                {
                    break;
                }

                c = _text[_at];
            }

            value.Append(c);
        }

        throw Fault(start, "the quote that opens here is not closed");
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private Split SplitOf(string value, int start) => value switch
    {
        "TRAIN" => Split.Train,
        "VALIDATION" => Split.Validation,
        "TEST" => Split.Test,
        _ => throw Fault(start, "TRAIN, VALIDATION or TEST is due here"),
    };

    private bool Bool(string value, int start) => value switch
    {
        "true" => true,
        "false" => false,
        _ => throw Fault(start, "true or false is due here"),
    };

    private int ClassOf(string value, int start)
    {
        var validator = new RequestValidator();
        var index = new ClassReader(_schema).ByName(value, _field, validator);
        return validator.Count == 0 ? index : throw Fault(start, "the dataset has no such class");
    }

    private string IdOf(string value, bool prefix, int start)
    {
        var validator = new RequestValidator();
        return (prefix && value.Length == 0) || validator.ExternalId(value, _field)
            ? value
            : throw Fault(start, "this cannot be an item_id: 1 to 256 bytes of UTF-8 without NUL");
    }

    private ServiceException Fault(int at, string description) =>
        ServiceException.InvalidField(_field, string.Create(CultureInfo.InvariantCulture, $"at character {at + 1}: {description}"));
}
