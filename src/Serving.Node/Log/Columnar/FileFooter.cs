namespace Serving.Node.Log.Columnar;

/// <summary>What a Parquet file says of itself at its end. Not thread-safe.</summary>
internal sealed class FileFooter(int rows)
{
    private const int IsRequired = 0;
    private const int IsOptional = 1;
    private const int IsRepeated = 2;
    private const int IsUtf8 = 0;
    private const int IsList = 3;

    private readonly List<WrittenColumn> _columns = [];

    public static ReadOnlySpan<byte> Magic => "PAR1"u8;

    public void Add(WrittenColumn column) => _columns.Add(column);

    public ReadOnlySpan<byte> Bytes()
    {
        var into = new CompactWriter();
        into.Whole(1, 2);
        WriteSchema(into);
        into.Long(3, rows);
        into.BeginStructures(4, 1);
        into.BeginItem();
        into.BeginStructures(1, _columns.Count);
        foreach (var column in _columns)
            WriteChunk(into, column);
        into.Long(2, _columns.Sum(column => column.End - column.Begin));
        into.Long(3, rows);
        into.End();
        into.Text(6, "Serving.Node");
        // Least and greatest are by the order of the type; a reader that is not told so ignores them.
        into.BeginStructures(7, _columns.Count);
        foreach (var _ in _columns)
        {
            into.BeginItem();
            into.BeginStructure(1);
            into.End();
            into.End();
        }

        into.End();
        return into.Written;
    }

    private void WriteSchema(CompactWriter into)
    {
        into.BeginStructures(2, 1 + _columns.Sum(column => column.Form == ColumnForm.List ? 3 : 1));
        into.BeginItem();
        into.Text(4, "schema");
        into.Whole(5, _columns.Count);
        into.End();
        foreach (var column in _columns)
        {
            if (column.Form == ColumnForm.List)
            {
                WriteGroup(into, column.Name, IsOptional, IsList);
                WriteGroup(into, WrittenColumn.ListGroup, IsRepeated, null);
                WriteLeaf(into, column, WrittenColumn.ListElement, IsRequired);
            }
            else
            {
                WriteLeaf(into, column, column.Name, column.Form == ColumnForm.Required ? IsRequired : IsOptional);
            }
        }
    }

    private static void WriteGroup(CompactWriter into, string name, int repetition, int? converted)
    {
        into.BeginItem();
        into.Whole(3, repetition);
        into.Text(4, name);
        into.Whole(5, 1);
        if (converted is { } kind)
            into.Whole(6, kind);
        into.End();
    }

    private static void WriteLeaf(CompactWriter into, WrittenColumn column, string name, int repetition)
    {
        into.BeginItem();
        into.Whole(1, (int)column.Type);
        into.Whole(3, repetition);
        into.Text(4, name);
        if (column.Type == PhysicalType.Text)
            into.Whole(6, IsUtf8);
        into.End();
    }

    private static void WriteChunk(CompactWriter into, WrittenColumn column)
    {
        var isCoded = column.Page != column.Begin;
        into.BeginItem();
        into.Long(2, column.Begin);
        into.BeginStructure(3);
        into.Whole(1, (int)column.Type);
        into.Wholes(2, isCoded ? [0, 3, 8] : [0, 3]);
        into.Texts(3, column.Form == ColumnForm.List ? [column.Name, WrittenColumn.ListGroup, WrittenColumn.ListElement] : [column.Name]);
        into.Whole(4, 0);
        into.Long(5, column.Entries);
        into.Long(6, column.End - column.Begin);
        into.Long(7, column.End - column.Begin);
        into.Long(9, column.Page);
        if (isCoded)
            into.Long(11, column.Begin);
        if (column.Range is { } range)
        {
            into.BeginStructure(12);
            into.Long(3, 0);
            into.Bytes(5, range.Greatest);
            into.Bytes(6, range.Least);
            into.End();
        }

        into.End();
        into.End();
    }
}

internal enum ColumnForm
{
    /// <summary>A value in every row.</summary>
    Required,

    /// <summary>A value or none.</summary>
    Optional,

    /// <summary>A list or none.</summary>
    List,
}

/// <summary>The least and the greatest value of a column, as they lie in the file; of text without its length.</summary>
internal sealed record ColumnRange(byte[] Least, byte[] Greatest);

/// <param name="Entries">Values, those that are missing included.</param>
/// <param name="Begin">Where its first page begins, which is that of the dictionary where there is one.</param>
/// <param name="Page">Where its data page begins.</param>
internal sealed record WrittenColumn(string Name, PhysicalType Type, ColumnForm Form, int Entries, long Begin, long Page, long End, ColumnRange? Range = null)
{
    public const string ListGroup = "list";
    public const string ListElement = "element";
}
