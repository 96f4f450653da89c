using System.Text.Json;
using Serving.Node.Predict;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols;

/// <summary>
/// Reads rows in which names are the model's tensors and a value is one row without the batch dimension: each into its place in the tensors of a call.
/// The first row says how long variable dimensions are.
/// </summary>
internal readonly ref struct RowReader
{
    private readonly TensorBuffer[] _tensors;
    private readonly TensorInput[] _model;
    private readonly int _required;
    private readonly int _length;
    private readonly string _list;
    private readonly string _holder;
    private readonly ValueForms _forms;

    /// <param name="length">Bytes of the body: no tensor has more elements.</param>
    /// <param name="list">What the list of rows is called, for errors.</param>
    /// <param name="holder">What in a row holds the values, for errors; empty: the row itself.</param>
    public RowReader(ModelCall call, int length, string list, string holder, ValueForms forms = ValueForms.Json)
    {
        _tensors = call.AllInputs;
        _model = call.Model.AllInputs;
        _required = call.Inputs.Length;
        _length = length;
        _list = list;
        _holder = holder;
        _forms = forms;
    }

    /// <summary>Reads one object of values by input name, on which the reader stands, or which follows the name on which it stands.</summary>
    /// <param name="inRows">Whether errors name the row.</param>
    /// <exception cref="BadInputException">A value does not fit the model, is unknown, missing, or given twice.</exception>
        public void FillObject(ref Utf8JsonReader reader, int row, int rows, bool inRows)
    {
        if (reader.TokenType == JsonTokenType.PropertyName)
            reader.Read();
        var at = inRows ? row : -1;
        if (reader.TokenType != JsonTokenType.StartObject)
            throw NoObject(at);

        Span<bool> given = _model.Length <= 512 ? stackalloc bool[_model.Length] : new bool[_model.Length];
        var next = 0;
        var count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = IndexOf(ref reader, next, at);
            next = index + 1;
            var field = FieldOf(_model[index].Name, at);
            if (given[index])
                throw new BadInputException(field.ToString(), $"{field} is given twice.");
            given[index] = true;
            if (index < _required)
                count++;
            reader.Read();
            FillValue(ref reader, index, row, rows, field);
        }

        if (count < _required)
            throw Missing(given.IndexOf(false), at);
    }

    /// <summary>Reads a value that is a whole tensor, its first dimension the rows.</summary>
    /// <exception cref="BadInputException">It does not fit the input, is there already, or has more than <paramref name="maxRows"/> rows (413).</exception>
    public void FillWhole(ref Utf8JsonReader reader, int index, int maxRows, in FieldPath field)
    {
        var input = _model[index];
        if (!input.HasJsonForm)
            throw new BadInputException(field.ToString(), $"{field} is {input.Datatype}, which has no JSON form.");
        if (_tensors[index].IsSet)
            throw new BadInputException(field.ToString(), $"{field} is given twice.");

        var given = RowShape.Measure(reader, input.MostDimensions);
        if (given.Length > 0 && given[0] > maxRows)
            throw TooManyRows(given[0], maxRows, field);
        // A number stands for a row of one, as models with a tensor a feature have them.
        long[] shape = given.Length < input.Shape.Length && input.Shape.AsSpan(Math.Max(1, given.Length)).ContainsAnyExcept(1L, -1L) is false && input.RowElements == 1
            ? [.. given, .. Enumerable.Repeat(1L, input.Shape.Length - given.Length)]
            : given;
        if (!input.Takes(shape))
            throw new BadInputException(field.ToString(), $"{field}: expected shape {ShapeText.Of(input.Shape)}, got {ShapeText.Of(given)}.");
        var elements = ShapeText.Elements(shape);
        if (elements == 0)
            throw new BadInputException(field.ToString(), $"{field} holds no element.");
        if (elements > (UInt128)_length)
            throw new BadInputException(field.ToString(), $"{field}: the arrays are not all of one length.");
        _tensors[index].Reshape(shape);
        var filled = ElementReader.Fill(ref reader, _tensors[index], 0, (int)elements, given.Length == 0 ? [] : shape, field, _forms);
        if (filled != (int)elements)
            throw new BadInputException(field.ToString(), $"{field}: the arrays are not all of one length: {elements} elements were expected, got {filled}.");
    }

    /// <summary>Reads an object of whole tensors by input name, on which the reader stands.</summary>
    public void FillColumns(ref Utf8JsonReader reader, int maxRows)
    {
        var next = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = IndexOf(ref reader, next, -1);
            next = index + 1;
            reader.Read();
            FillWhole(ref reader, index, maxRows, FieldOf(_model[index].Name, -1));
        }

        CheckAll();
    }

    /// <summary>Reads rows, each an object of values by input name; the reader stands on their array.</summary>
    /// <exception cref="BadInputException">There is none, one is no object, or there are more than <paramref name="maxRows"/> (413).</exception>
    public void FillRows(ref Utf8JsonReader reader, int maxRows)
    {
        var rows = CountObjects(reader, maxRows);
        for (var row = 0; reader.Read() && reader.TokenType == JsonTokenType.StartObject; row++)
            FillObject(ref reader, row, rows, inRows: true);
    }

    /// <exception cref="BadInputException">An input is missing.</exception>
    public void CheckAll()
    {
        var missing = Array.FindIndex(_tensors, 0, _required, tensor => !tensor.IsSet);
        if (missing >= 0)
            throw Missing(missing, -1);
    }

    /// <summary>Takes the reader by value: filling starts from the same place.</summary>
    private int CountObjects(Utf8JsonReader reader, int maxRows)
    {
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw NoObject(count);
            reader.Skip();
            count++;
        }

        if (count == 0)
            throw new BadInputException(_list, $"{_list} is empty; send one row at least.");
        return count <= maxRows ? count : throw TooManyRows(count, maxRows, _list);
    }

    private static BadInputException TooManyRows(long rows, int maxRows, in FieldPath field) =>
        new(field.ToString(), $"{rows} rows; this endpoint takes {maxRows} in one request.", StatusCodes.Status413PayloadTooLarge);

    private FieldPath FieldOf(string input, int row) => new(_holder, input, Row: row, List: _list);

    private BadInputException NoObject(int row)
    {
        var field = new FieldPath(_holder.TrimEnd('.'), Row: row, List: _list).ToString();
        return new BadInputException(field, $"{field} must be an object of values by input name.");
    }

    private BadInputException Missing(int index, int row)
    {
        var field = FieldOf(_model[index].Name, row);
        return new BadInputException(field.ToString(), $"{field} ({_model[index].Datatype} {ShapeText.Of(_model[index].Shape)}) is missing.");
    }

    /// <param name="next">Where it most likely is: callers name inputs in the model's order.</param>
    private int IndexOf(ref Utf8JsonReader reader, int next, int row)
    {
        if (next < _model.Length && reader.ValueTextEquals(_model[next].Utf8Name))
            return next;
        for (var i = 0; i < _model.Length; i++)
        {
            if (reader.ValueTextEquals(_model[i].Utf8Name))
                return i;
        }

        var field = FieldOf(reader.GetString()!, row);
        throw new BadInputException(field.ToString(), $"{field}: the model has no input {field.Name}; it has {string.Join(", ", _model.Select(known => known.Name))}.");
    }

    private void FillValue(ref Utf8JsonReader reader, int index, int row, int rows, in FieldPath field)
    {
        var input = _model[index];
        if (!input.HasJsonForm)
            throw new BadInputException(field.ToString(), $"{field} is {input.Datatype}, which has no JSON form.");

        var tensor = _tensors[index];
        var depth = RowShape.Depth(reader);
        if (!tensor.IsSet)
            Allocate(reader, index, rows, depth, field);
        var perRow = tensor.Count / rows;
        var shape = tensor.Shape;
        var filled = ElementReader.Fill(ref reader, tensor, row * perRow, perRow, depth == shape.Length ? shape : shape[Math.Min(1, shape.Length)..], field, _forms);
        if (filled != perRow)
            throw WrongCount(input, field, filled, perRow, rows);
    }

    private static BadInputException WrongCount(TensorInput input, in FieldPath field, int filled, int perRow, int rows) => rows == 1
        ? new BadInputException(field.ToString(), $"{field}: expected one row of shape {ShapeText.Of(input.Shape.AsSpan(1))}, which is {perRow} elements, got {filled}.")
        : new BadInputException(field.ToString(), $"{field} holds {filled} elements, expected {perRow}: rows of one request have the same shape.");

    /// <summary>The first row says how long the variable dimensions are.</summary>
    private void Allocate(Utf8JsonReader first, int index, int rows, int depth, in FieldPath field)
    {
        var input = _model[index];
        var rank = input.Shape.Length;
        Span<long> given = stackalloc long[ShapeText.MostDimensions];
        var isRow = depth == rank - 1 || (depth == 0 && input.RowElements == 1);
        if (isRow && rank > 0 && rank <= given.Length && input.RowElements > 0 && (input.Shape[0] < 0 || input.Shape[0] == rows) && (long)rows * input.RowElements <= _length)
        {
            // Only the rows are variable, so nothing needs to be measured: a value that is too short or too long shows when it is read.
            input.Shape.CopyTo(given);
            given[0] = rows;
            _tensors[index].Reshape(given[..rank]);
            return;
        }

        Measure(first, index, rows, field);
    }

    private void Measure(Utf8JsonReader first, int index, int rows, in FieldPath field)
    {
        var input = _model[index];
        var row = RowShape.Measure(first, input.MostDimensions);
        // One number stands for a row of one, as models with a tensor a feature have them.
        if (row.Length == 0 && input.Shape.Length == 2)
            row = [1];
        // A value of the tensor's own rank is the whole tensor: the only way to give inputs without a batch dimension.
        long[] shape = rows == 1 && row.Length == input.Shape.Length ? row : [rows, .. row];
        // A bare number is a row of one element, however many dimensions of size 1 the model gives it.
        if (row.Length == 0 && !input.Takes(shape))
            shape = [rows, .. Enumerable.Repeat(1L, Math.Max(input.Shape.Length - 1, 0))];
        if (!input.Takes(shape))
        {
            var expected = input.Shape.Length == 0 ? "a scalar" : $"one row of shape {ShapeText.Of(input.Shape.AsSpan(1))}";
            var batch = input.Shape.Length > 0 && input.Shape[0] > 1 ? $" and {input.Shape[0]} rows a request" : "";
            throw new BadInputException(field.ToString(), $"{field}: expected {expected}{batch}, got {ShapeText.Of(row)} in {rows} row{(rows == 1 ? "" : "s")}.");
        }

        var elements = ShapeText.Elements(shape);
        if (elements == 0)
            throw new BadInputException(field.ToString(), $"{field} holds no element.");
        // An element takes a byte at least: nothing is allocated for rows that the text cannot hold.
        if (elements > (UInt128)_length)
            throw new BadInputException(field.ToString(), $"{field}: {rows} rows of {elements / (UInt128)rows} elements are more than the body holds: rows of one request have the same shape.");
        _tensors[index].Reshape(shape);
    }
}
