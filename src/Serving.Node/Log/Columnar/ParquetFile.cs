using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Serving.Node.Log.Columnar;

/// <summary>
/// One Parquet file with one row group, written column by column and closed by <see cref="End"/>. It does what segments of the log need and no more:
/// plain and dictionary pages, uncompressed: a busy node has no time for it, and whoever puts segments together compresses what is kept. Not thread-safe.
/// </summary>
/// <remarks>The format: apache/parquet-format, README.md, Encodings.md and parquet.thrift.</remarks>
internal sealed class ParquetFile
{
    private const int PlainEncoding = 0;
    private const int RunsEncoding = 3;
    private const int DictionaryEncoding = 8;
    private const int DataPage = 0;
    private const int DictionaryPage = 2;

    private readonly Stream _into;
    private readonly int _rows;
    private readonly FileFooter _footer;
    private readonly CompactWriter _header = new();
    private long _position;

    public ParquetFile(Stream into, int rows)
    {
        _into = into;
        _rows = rows;
        _footer = new FileFooter(rows);
        Write(FileFooter.Magic);
    }

    /// <summary>A value in every row.</summary>
    /// <param name="values">One after the other, as <paramref name="type"/> says.</param>
    /// <param name="range">The least and the greatest of them, which let readers skip the file.</param>
    public void Required(string name, PhysicalType type, ReadOnlySpan<byte> values, ColumnRange? range = null)
    {
        var begin = _position;
        WritePage(_rows, PlainEncoding, [], values);
        _footer.Add(new WrittenColumn(name, type, ColumnForm.Required, _rows, begin, begin, _position, range));
    }

    /// <summary>A value, or none, in every row.</summary>
    /// <param name="counts">For each row 1, or -1 where it has none.</param>
    public void Optional(string name, PhysicalType type, ReadOnlySpan<byte> values, ReadOnlySpan<int> counts)
    {
        var begin = _position;
        using var levels = new Cells<byte>();
        Levels.WritePresence(levels, counts);
        WritePage(_rows, PlainEncoding, levels.Span, values);
        _footer.Add(new WrittenColumn(name, type, ColumnForm.Optional, _rows, begin, begin, _position));
    }

    /// <summary>A list, or none, in every row.</summary>
    /// <param name="counts">Elements of each row's list; -1 where it has none.</param>
    public void Lists(string name, PhysicalType type, ReadOnlySpan<byte> values, ReadOnlySpan<int> counts)
    {
        var begin = _position;
        using var levels = new Cells<byte>();
        var entries = Levels.WriteLists(levels, counts);
        WritePage(entries, PlainEncoding, levels.Span, values);
        _footer.Add(new WrittenColumn(name, type, ColumnForm.List, entries, begin, begin, _position));
    }

    /// <summary>Texts that repeat.</summary>
    /// <param name="codes">For each row the place of its text in <paramref name="texts"/>; -1 where it has none.</param>
    public void Coded(string name, IReadOnlyList<string> texts, ReadOnlySpan<int> codes)
    {
        using var values = new Cells<byte>();
        foreach (var text in texts)
            AddText(values, text);
        Coded(name, PhysicalType.Text, values.Span, texts.Count, codes);
    }

    /// <summary>One text in all rows.</summary>
    public void Constant(string name, string text)
    {
        using var value = new Cells<byte>();
        AddText(value, text);
        Constant(name, PhysicalType.Text, value.Span);
    }

    /// <summary>One value in all rows, as <paramref name="type"/> says.</summary>
    public void Constant(string name, PhysicalType type, ReadOnlySpan<byte> value)
    {
        var begin = _position;
        WriteDictionary(value, 1);
        var page = _position;
        using var levels = new Cells<byte>();
        Levels.WriteAllPresent(levels, _rows);
        levels.Add(1);
        Runs.WriteRun(levels, 0, _rows, bits: 1);
        WritePage(_rows, DictionaryEncoding, levels.Span, []);
        _footer.Add(new WrittenColumn(name, type, ColumnForm.Optional, _rows, begin, page, _position));
    }

    /// <summary>Values that repeat.</summary>
    /// <param name="distinct">The different ones, <paramref name="count"/> of them.</param>
    /// <param name="codes">For each row the place of its value among them; -1 where it has none.</param>
    public void Coded(string name, PhysicalType type, ReadOnlySpan<byte> distinct, int count, ReadOnlySpan<int> codes)
    {
        var begin = _position;
        WriteDictionary(distinct, count);
        var page = _position;
        var bits = Math.Max(1, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(0, count - 1)));
        using var levels = new Cells<byte>();
        Levels.WritePresence(levels, codes);
        levels.Add((byte)bits);
        WritePresent(levels, codes, bits);
        WritePage(_rows, DictionaryEncoding, levels.Span, []);
        _footer.Add(new WrittenColumn(name, type, ColumnForm.Optional, _rows, begin, page, _position));
    }

    public void End()
    {
        var footer = _footer.Bytes();
        Write(footer);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        Write(length);
        Write(FileFooter.Magic);
    }

    private static void WritePresent(Cells<byte> into, ReadOnlySpan<int> codes, int bits)
    {
        if (!codes.Contains(-1))
        {
            Runs.Write(into, codes, bits);
            return;
        }

        using var present = new Cells<int>();
        foreach (var code in codes)
        {
            if (code >= 0)
                present.Add(code);
        }

        Runs.Write(into, present.Span, bits);
    }

    private static void AddText(Cells<byte> into, string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        BinaryPrimitives.WriteInt32LittleEndian(into.Room(sizeof(int)), utf8.Length);
        into.Add(utf8);
    }

    private void WriteDictionary(ReadOnlySpan<byte> values, int count)
    {
        BeginPage(DictionaryPage, values.Length);
        _header.BeginStructure(7);
        _header.Whole(1, count);
        _header.Whole(2, PlainEncoding);
        EndPage();
        Write(values);
    }

    private void WritePage(int entries, int encoding, ReadOnlySpan<byte> levels, ReadOnlySpan<byte> values)
    {
        BeginPage(DataPage, checked(levels.Length + values.Length));
        _header.BeginStructure(5);
        _header.Whole(1, entries);
        _header.Whole(2, encoding);
        _header.Whole(3, RunsEncoding);
        _header.Whole(4, RunsEncoding);
        EndPage();
        Write(levels);
        Write(values);
    }

    private void BeginPage(int kind, int bytes)
    {
        _header.Clear();
        _header.Whole(1, kind);
        _header.Whole(2, bytes);
        _header.Whole(3, bytes);
    }

    private void EndPage()
    {
        _header.End();
        _header.End();
        Write(_header.Written);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _into.Write(bytes);
        _position += bytes.Length;
    }
}
