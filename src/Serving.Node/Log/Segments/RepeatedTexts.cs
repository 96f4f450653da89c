using System.Text;
using Serving.Node.Log.Columnar;

namespace Serving.Node.Log.Segments;

/// <summary>Texts of which there are few: each row has the place of its text among them. Not thread-safe.</summary>
internal sealed class RepeatedTexts
{
    private const int None = -1;

    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [];
    private byte[] _last = [];
    private int _place = None;

    public IReadOnlyList<string> Texts => _texts;

    public Cells<int> Codes { get; } = new();

    /// <param name="utf8">Empty: the row has none.</param>
    public void Add(ReadOnlySpan<byte> utf8, int rows)
    {
        if (!utf8.SequenceEqual(_last))
            Find(utf8);
        Codes.Room(rows).Fill(_place);
    }

    private void Find(ReadOnlySpan<byte> utf8)
    {
        _last = utf8.ToArray();
        _place = None;
        if (utf8.IsEmpty)
            return;
        var text = Encoding.UTF8.GetString(utf8);
        if (_places.TryGetValue(text, out _place))
            return;
        _place = _places[text] = _texts.Count;
        _texts.Add(text);
    }
}
