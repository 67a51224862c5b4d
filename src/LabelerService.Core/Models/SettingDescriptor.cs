using System.Globalization;

namespace LabelerService.Core.Models;

/// <summary>The type of a training setting's value.</summary>
public enum SettingType
{
    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A finite decimal number, point as decimal sign.</summary>
    Number,

    /// <summary>One of a few words.</summary>
    Choice,

    /// <summary>Whole numbers separated by commas.</summary>
    IntegerList,

    /// <summary>Name of a resource, or nothing.</summary>
    ResourceName,
}

/// <summary>One setting of an algorithm: what it is called, what it may be and what it does.</summary>
public abstract class SettingDescriptor
{
    private protected SettingDescriptor(string key, SettingType type, string description)
    {
        Key = key;
        Type = type;
        Description = description;
    }

    /// <summary>Name of the setting, lower_snake_case.</summary>
    public string Key { get; }

    /// <summary>Type of its value.</summary>
    public SettingType Type { get; }

    /// <summary>What it does, in one line.</summary>
    public string Description { get; }

    /// <summary>The value that takes effect when none is given, in canonical form.</summary>
    public abstract string Default { get; }

    /// <summary>The same as a value of its own type.</summary>
    internal abstract object DefaultValue { get; }

    /// <summary>Smallest value allowed (of each entry, for a list); null where there is no order.</summary>
    public double? Minimum { get; internal init; }

    /// <summary>Largest value allowed (of each entry, for a list); null where there is no order.</summary>
    public double? Maximum { get; internal init; }

    /// <summary>The values allowed of a <see cref="SettingType.Choice"/>; otherwise empty.</summary>
    public IReadOnlyList<string> Choices { get; internal init; } = [];

    /// <summary>Reads <paramref name="text"/>; gives the value in canonical form, or what is wrong with it.</summary>
    internal abstract bool TryRead(string text, out object value, out string canonical, out string problem);
}

/// <summary>A setting whose value is a <typeparamref name="T"/>.</summary>
internal sealed class Setting<T> : SettingDescriptor
    where T : notnull
{
    private readonly Func<string, (bool Ok, T Value)> _parse;
    private readonly Func<T, string> _write;
    private readonly Func<T, bool> _allowed;
    private readonly string _rule;

    internal Setting(
        string key, SettingType type, T fallback, string description, string rule,
        Func<string, (bool Ok, T Value)> parse, Func<T, bool> allowed, Func<T, string> write)
        : base(key, type, description)
    {
        Fallback = fallback;
        _parse = parse;
        _write = write;
        _allowed = allowed;
        _rule = rule;
    }

    /// <summary>The value that takes effect when none is given.</summary>
    public T Fallback { get; }

    public override string Default => _write(Fallback);

    internal override object DefaultValue => Fallback;

    /// <summary>The same setting for an algorithm that is best without the usual default.</summary>
    internal Setting<T> WithDefault(T fallback) => new(Key, Type, fallback, Description, _rule, _parse, _allowed, _write)
    {
        Minimum = Minimum,
        Maximum = Maximum,
        Choices = Choices,
    };

    internal override bool TryRead(string text, out object value, out string canonical, out string problem)
    {
        var (ok, parsed) = _parse(text.Trim());
        if (!ok || !_allowed(parsed))
        {
            (value, canonical, problem) = (Fallback, "", $"must be {_rule}");
            return false;
        }

        (value, canonical, problem) = (parsed, _write(parsed), "");
        return true;
    }
}

/// <summary>Makes settings of each type.</summary>
internal static class Setting
{
    private const int MaximumListLength = 8;
    private const int MaximumNameLength = 256;

    public static Setting<int> Integer(string key, int fallback, int minimum, int maximum, string description) =>
        new(key, SettingType.Integer, fallback, description, $"a whole number from {minimum} to {maximum}",
            ParseInteger, value => value >= minimum && value <= maximum, WriteInteger)
        {
            Minimum = minimum,
            Maximum = maximum,
        };

    public static Setting<double> Number(string key, double fallback, double minimum, double maximum, string description) =>
        new(key, SettingType.Number, fallback, description, $"a number from {WriteNumber(minimum)} to {WriteNumber(maximum)}",
            text => (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value), value),
            value => value >= minimum && value <= maximum, WriteNumber)
        {
            Minimum = minimum,
            Maximum = maximum,
        };

    /// <summary>A choice among the members of an enum, written in snake_case.</summary>
    public static Setting<T> Choice<T>(string key, T fallback, string description)
        where T : struct, Enum
    {
        var values = Enum.GetValues<T>();
        var words = values.Select(WriteWord).ToArray();
        return new(key, SettingType.Choice, fallback, description, "one of " + string.Join(", ", words),
            text =>
            {
                var at = Array.IndexOf(words, text.ToLowerInvariant());
                return at < 0 ? (false, default) : (true, values[at]);
            },
            _ => true, WriteWord)
        {
            Choices = words,
        };
    }

    public static Setting<IReadOnlyList<int>> IntegerList(
        string key, IReadOnlyList<int> fallback, int minimum, int maximum, string description) =>
        new(key, SettingType.IntegerList, fallback, description,
            $"1 to {MaximumListLength} whole numbers from {minimum} to {maximum}, separated by commas",
            ParseList, values => values.Count is > 0 and <= MaximumListLength && values.All(v => v >= minimum && v <= maximum),
            values => string.Join(',', values.Select(WriteInteger)))
        {
            Minimum = minimum,
            Maximum = maximum,
        };

    /// <summary>The name of a resource: ids separated by slashes, or nothing.</summary>
    public static Setting<string> ResourceName(string key, string description) =>
        new(key, SettingType.ResourceName, "", description, "a resource name, or empty",
            text => (true, text),
            text => text.Length <= MaximumNameLength && text.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '/'
                or (>= 'A' and <= 'Z')), text => text);

    private static (bool Ok, int Value) ParseInteger(string text) =>
        (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value), value);

    private static (bool Ok, IReadOnlyList<int> Value) ParseList(string text)
    {
        var parsed = text.Split(',', StringSplitOptions.TrimEntries).Select(ParseInteger).ToArray();
        return (parsed.All(entry => entry.Ok), parsed.Select(entry => entry.Value).ToArray());
    }

    private static string WriteInteger(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string WriteNumber(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    // Log1p → log1p, OneTwo → one_two.
    private static string WriteWord<T>(T value)
        where T : struct, Enum
    {
        var name = value.ToString();
        return string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? "_" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
    }
}
