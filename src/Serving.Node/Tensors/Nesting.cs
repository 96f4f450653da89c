namespace Serving.Node.Tensors;

/// <summary>Follows the arrays of a JSON value: either one flat array, or arrays nested as the shape says, each of its full length.</summary>
internal ref struct Nesting
{
    private readonly ReadOnlySpan<long> _shape;
    private readonly Span<int> _begins;
    private readonly ref readonly FieldPath _field;
    private int _depth;
    private int _depthOfScalars;

    /// <param name="begins">Room for as many numbers as the shape has dimensions.</param>
    public Nesting(ReadOnlySpan<long> shape, Span<int> begins, in FieldPath field)
    {
        _shape = shape;
        _begins = begins;
        _field = ref field;
        _depthOfScalars = -1;
    }

    /// <summary>An array begins after <paramref name="count"/> elements.</summary>
    public void Open(int count)
    {
        if (_depth > 0 && (_depth >= _shape.Length || (_depthOfScalars >= 0 && _depthOfScalars <= _depth)))
            throw Wrong(count);
        if (_depth < _shape.Length)
            _begins[_depth] = count;
        _depth++;
    }

    /// <summary>An array ends after <paramref name="count"/> elements.</summary>
    public void Close(int count)
    {
        _depth--;
        // How many the outermost holds is told by the caller, who knows what was asked for.
        if (_depth > 0 && (UInt128)(count - _begins[_depth]) != ShapeText.Elements(_shape[_depth..]))
            throw Wrong(count);
    }

    public void Scalar(int count)
    {
        if (_depthOfScalars < 0 && (_depth <= 1 || _depth == _shape.Length))
            _depthOfScalars = _depth;
        if (_depth != _depthOfScalars)
            throw Wrong(count);
    }

    private readonly BadInputException Wrong(int count) =>
        new(_field.ToString(), $"{_field}, element {count}: the arrays are not nested as shape {ShapeText.Of(_shape)} says.");
}
