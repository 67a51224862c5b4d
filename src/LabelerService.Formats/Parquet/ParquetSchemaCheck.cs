namespace LabelerService.Formats.Parquet;

/// <summary>Checks that a footer is whole and its tree of columns is one, and not so deep that walking it would overflow the stack.</summary>
internal static class ParquetSchemaCheck
{
    private const int SchemaField = 2;
    private const int ChildrenField = 5;
    private const int MaximumColumns = 10_000;
    private const int MaximumDepth = 32;

    /// <summary>Checks a footer.</summary>
    /// <exception cref="FormatException">It is broken.</exception>
    public static void Check(ReadOnlySpan<byte> footer)
    {
        var types = new CompactProtocol(footer);
        ThriftShape.FileMetaData.Check(ref types);
        if (!types.IsCutOff && types.Position != footer.Length)
        {
            throw new FormatException("something follows it");
        }

        var protocol = new CompactProtocol(footer);
        var (id, schemas) = (0, 0);
        while (protocol.Field(ref id) is var kind && kind != CompactProtocol.Kind.Stop)
        {
            if (id == SchemaField && kind == CompactProtocol.Kind.List)
            {
                CheckTree(ref protocol);
                schemas++;
            }
            else
            {
                protocol.Skip(kind);
            }
        }

        if (protocol.IsCutOff)
        {
            throw new FormatException("it ends too early");
        }

        if (schemas != 1)
        {
            throw new FormatException("it has no schema");
        }
    }

    private static void CheckTree(ref CompactProtocol protocol)
    {
        var count = protocol.List(out var kind);
        if (kind != CompactProtocol.Kind.Struct || count is < 1 or > MaximumColumns)
        {
            throw new FormatException($"its schema has {count} elements; 1 to {MaximumColumns} are read");
        }

        // Children that are still to come, level by level.
        var open = new Stack<long>();
        for (var i = 0; i < count; i++)
        {
            if (open.Count == 0 && i > 0)
            {
                throw new FormatException("its schema goes on behind its last column");
            }

            var children = ReadChildren(ref protocol);
            if (open.Count > 0)
            {
                open.Push(open.Pop() - 1);
            }

            if (children is < 0 or > MaximumColumns)
            {
                throw new FormatException($"its schema has an element with {children} columns");
            }

            if (children > 0)
            {
                open.Push(children);
            }

            if (open.Count > MaximumDepth)
            {
                throw new FormatException("its schema is nested too deep");
            }

            while (open.Count > 0 && open.Peek() == 0)
            {
                open.Pop();
            }
        }

        if (open.Count > 0)
        {
            throw new FormatException("its schema lacks columns");
        }
    }

    private static long ReadChildren(ref CompactProtocol protocol)
    {
        var (id, children) = (0, 0L);
        while (protocol.Field(ref id) is var kind && kind != CompactProtocol.Kind.Stop)
        {
            if (id == ChildrenField)
            {
                children = protocol.Number(kind);
            }
            else
            {
                protocol.Skip(kind);
            }
        }

        return children;
    }
}
