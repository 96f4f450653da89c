using System.Text;
using Serving.Node.Tensors;

namespace Serving.Node.Log;

/// <summary>A text that is mostly the same as the last: it is made into a string only when it differs.</summary>
internal sealed class RepeatedText
{
    private byte[] _utf8 = [];
    private string _text = "";

    public string Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.SequenceEqual(_utf8))
            return _text;
        _utf8 = utf8.ToArray();
        return _text = Encoding.UTF8.GetString(utf8);
    }
}

/// <summary>The same for class labels, a JSON list.</summary>
internal sealed class RepeatedLabels
{
    private byte[] _utf8 = [];
    private ClassLabels _labels = new([], AreText: false);

    public ClassLabels Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.SequenceEqual(_utf8))
            return _labels;
        _utf8 = utf8.ToArray();
        return _labels = ClassLabels.Parse(_utf8);
    }
}
