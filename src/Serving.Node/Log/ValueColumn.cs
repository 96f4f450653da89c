using System.Globalization;

namespace Serving.Node.Log;

/// <summary>
/// One input, output or entity over the rows of a segment: numbers, whole numbers or text; null where a row has none.
/// Text when one cell is text, else numbers when one is a number, else whole numbers.
/// </summary>
internal sealed class ValueColumn(string name)
{
    private readonly List<double?> _numbers = [];
    private readonly List<long?> _integers = [];
    private readonly List<string?> _texts = [];

    public string Name => name;

    public RepeatedLabels Labels { get; } = new();

    public bool HasText => _texts.Count > 0;

    public bool HasNumbers => _numbers.Count > 0;

    public void SetNumber(int row, double value) => Set(_numbers, row, value);

    public void SetInteger(int row, long value) => Set(_integers, row, value);

    public void SetText(int row, string value) => Set(_texts, row, value);

    public string?[] Texts(int rows)
    {
        var cells = new string?[rows];
        for (var row = 0; row < rows; row++)
        {
            cells[row] = At(_texts, row) ?? At(_numbers, row)?.ToString("R", CultureInfo.InvariantCulture) ?? At(_integers, row)?.ToString(CultureInfo.InvariantCulture);
        }

        return cells;
    }

    public double?[] Numbers(int rows)
    {
        var cells = new double?[rows];
        for (var row = 0; row < rows; row++)
            cells[row] = At(_numbers, row) ?? At(_integers, row);
        return cells;
    }

    public long?[] Integers(int rows)
    {
        var cells = new long?[rows];
        for (var row = 0; row < rows; row++)
            cells[row] = At(_integers, row);
        return cells;
    }

    private static T? At<T>(List<T?> cells, int row) => row < cells.Count ? cells[row] : default;

    private static void Set<T>(List<T> cells, int row, T value)
    {
        while (cells.Count < row)
            cells.Add(default!);
        if (cells.Count == row)
            cells.Add(value);
        else
            cells[row] = value;
    }
}
