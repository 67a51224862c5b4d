using LabelerService.Core.Datasets;

namespace LabelerService.Server.Validation;

/// <summary>Reads classes, given by name or by index, against a dataset's classes.</summary>
internal sealed class ClassReader
{
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);
    private readonly int _count;

    public ClassReader(DatasetSchema schema)
    {
        _count = schema.Classes.Count;
        for (var k = 0; k < _count; k++)
        {
            _indexes[schema.Classes[k]] = k;
        }
    }

    /// <summary>Index of a class by name, without a field path: none is built for the many that are right.</summary>
    public bool TryGet(string name, out int index) => _indexes.TryGetValue(name, out index);

    /// <summary>Index of a class by name; −1 and a violation if the dataset has no such class.</summary>
    public int ByName(string name, string field, RequestValidator validator)
    {
        if (_indexes.TryGetValue(name, out var index))
        {
            return index;
        }

        validator.Add(field, name.Length <= Limits.ClassNameBytes ? $"the dataset has no class '{name}'" : "the dataset has no such class");
        return -1;
    }

    /// <summary>A class index of annotation <paramref name="i"/>; −1 and a violation if it is out of range.</summary>
    public int ByIndex(int index, int i, RequestValidator validator) =>
        (uint)index < (uint)_count ? index : ByIndex(index, $"annotations[{i}].class_index", validator);

    /// <summary>A class index as it is; −1 and a violation if it is out of range.</summary>
    public int ByIndex(int index, string field, RequestValidator validator)
    {
        if ((uint)index < (uint)_count)
        {
            return index;
        }

        validator.Add(field, $"is {index}; the dataset's classes are 0 to {_count - 1}");
        return -1;
    }
}
