using System.Globalization;
using System.Text;
using LabelerService.Core.Datasets;
using Npgsql;

namespace LabelerService.Storage.Items;

/// <summary>What a condition is about.</summary>
public enum ItemProperty
{
    /// <summary>The split is <see cref="ItemCondition.Number"/>.</summary>
    Split,

    /// <summary>There are features.</summary>
    HasFeatures,

    /// <summary>There is a content.</summary>
    HasContent,

    /// <summary>There is a gold class.</summary>
    HasGold,

    /// <summary>The gold class is <see cref="ItemCondition.Number"/>.</summary>
    GoldClass,

    /// <summary>The external id is <see cref="ItemCondition.Text"/>.</summary>
    ItemId,

    /// <summary>The external id begins with <see cref="ItemCondition.Text"/>.</summary>
    ItemIdPrefix,
}

/// <summary>One condition on an item.</summary>
/// <param name="Property">What it is about.</param>
/// <param name="Holds">Whether it must hold, or must not.</param>
/// <param name="Number">A split or a class index.</param>
/// <param name="Text">An external id, or the beginning of one; valid Unicode without NUL.</param>
public sealed record ItemCondition(ItemProperty Property, bool Holds = true, int Number = 0, string Text = "");

/// <summary>Which items a list returns; null does not filter.</summary>
/// <param name="Split">Only this split.</param>
/// <param name="HasGold">Only items with (true) or without (false) a gold class.</param>
/// <param name="ItemId">Only the item with this external id.</param>
/// <param name="Conditions">Further conditions, all of which must be met.</param>
public sealed record ItemFilter(
    Split? Split = null, bool? HasGold = null, string? ItemId = null, IReadOnlyList<ItemCondition>? Conditions = null)
{
    /// <summary>Appends the conditions to a statement whose parameters so far are those of the command.</summary>
    internal string Where(NpgsqlCommand command)
    {
        var where = new StringBuilder();
        foreach (var condition in All())
        {
            where.Append(" AND ").Append(ToSql(condition, command.Parameters));
        }

        return where.ToString();
    }

    private IEnumerable<ItemCondition> All()
    {
        if (Split is { } split)
        {
            yield return new ItemCondition(ItemProperty.Split, Number: (int)split);
        }

        if (HasGold is { } gold)
        {
            yield return new ItemCondition(ItemProperty.HasGold, gold);
        }

        if (ItemId is { } id)
        {
            yield return new ItemCondition(ItemProperty.ItemId, Text: id);
        }

        foreach (var condition in Conditions ?? [])
        {
            yield return condition;
        }
    }

    private static string ToSql(ItemCondition condition, NpgsqlParameterCollection parameters)
    {
        var holds = condition.Holds;
        switch (condition.Property)
        {
            case ItemProperty.Split:
                return $"split {(holds ? "=" : "<>")} {Add((short)condition.Number)}";
            case ItemProperty.HasFeatures:
                return $"features IS {(holds ? "NOT " : "")}NULL";
            case ItemProperty.HasContent:
                return $"content_type IS {(holds ? "NOT " : "")}NULL";
            case ItemProperty.HasGold:
                return $"gold_class IS {(holds ? "NOT " : "")}NULL";
            case ItemProperty.GoldClass:
                return $"gold_class IS {(holds ? "NOT " : "")}DISTINCT FROM {Add((short)condition.Number)}";
            case ItemProperty.ItemId:
                return $"external_id {(holds ? "=" : "<>")} {Add(condition.Text)}";
            case ItemProperty.ItemIdPrefix:
                // A range of the byte order that the column is sorted by, so that the index can answer it.
                var from = $"external_id >= {Add(condition.Text)}";
                var range = After(condition.Text) is { } after ? $"({from} AND external_id < {Add(after)})" : $"({from})";
                return holds ? range : $"NOT {range}";
            default:
                throw new InvalidOperationException($"No column for {condition.Property}.");
        }

        string Add(object value)
        {
            parameters.AddWithValue(value);
            return string.Create(CultureInfo.InvariantCulture, $"${parameters.Count}");
        }
    }

    /// <summary>The least text above all that begin with the prefix, in byte order of UTF-8; null if there is none.</summary>
    internal static string? After(string prefix)
    {
        // The byte order of UTF-8 is the order of code points.
        var runes = prefix.EnumerateRunes().ToList();
        while (runes.Count > 0)
        {
            var last = runes[^1].Value;
            runes.RemoveAt(runes.Count - 1);
            if (last < 0x10FFFF)
            {
                // The code points of surrogates are no characters.
                runes.Add(new Rune(last == 0xD7FF ? 0xE000 : last + 1));
                return string.Concat(runes);
            }
        }

        return null;
    }
}
