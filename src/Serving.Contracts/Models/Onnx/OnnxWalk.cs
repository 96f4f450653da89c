namespace Serving.Contracts.Models.Onnx;

/// <summary>The walk over the messages of a file, with a stack of its own instead of calls, so that nested graphs cost a counter each.</summary>
internal sealed class OnnxWalk(WireReader reader, OnnxLimits limits)
{
    private enum Kind
    {
        Model,
        Graph,
        Node,
        Attribute,
        Tensor,
        SparseTensor,
        Function,
        Opset,
        Pair,
        ExternalPair,
    }

    private sealed class Frame(Kind kind, long end)
    {
        public Kind Kind => kind;

        public long End => end;

        public string Name = "";
        public string Text = "";
        public long Number;
        public long DataType;
        public UInt128 Elements = 1;
        public long Carried;
        public bool IsExternal;
    }

    private readonly Stack<Frame> _open = new();
    private readonly Dictionary<string, long> _opsets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _operators = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ExternalRange>> _external = new(StringComparer.Ordinal);
    private string? _location;
    private string? _offset;
    private string? _length;
    private string? _producer;
    private string? _producerVersion;
    private long _tensors;
    private long _values;
    private int _graphs;
    private bool _hasGraph;

    public long IrVersion { get; private set; }

    public long Nodes { get; private set; }

    public long Parameters { get; private set; }

    public IReadOnlyDictionary<string, long> Opsets => _opsets;

    public IReadOnlyDictionary<string, long> Operators => _operators;

    public HashSet<string> UsedDomains { get; } = new(StringComparer.Ordinal);

    public HashSet<string> FunctionDomains { get; } = new(StringComparer.Ordinal);

    /// <summary>Files outside that hold weights, and which parts of them.</summary>
    public IReadOnlyDictionary<string, List<ExternalRange>> External => _external;

    public OnnxSummary Summary() => new()
    {
        IrVersion = IrVersion,
        Opsets = _opsets.ToDictionary(pair => pair.Key.Length == 0 ? "ai.onnx" : pair.Key, pair => pair.Value, StringComparer.Ordinal),
        Producer = _producer,
        ProducerVersion = _producerVersion,
        Nodes = Nodes,
        Parameters = Parameters,
        Operators = _operators,
        Metadata = _metadata,
        ExternalFiles = [.. _external.Keys],
    };

    public void Run(CancellationToken cancel)
    {
        _open.Push(new Frame(Kind.Model, reader.Length));
        var first = true;
        while (_open.TryPeek(out var frame))
        {
            if (reader.Position >= frame.End)
            {
                if (reader.Position > frame.End)
                    throw OnnxDefectException.Malformed("a part is longer than the part that holds it");
                Close(_open.Pop());
                continue;
            }

            cancel.ThrowIfCancellationRequested();
            var tag = first ? FirstTag() : reader.Varint();
            first = false;
            Field(frame, (int)(tag >> 3), (int)(tag & 7));
        }

        if (!_hasGraph || IrVersion == 0)
            throw OnnxDefectException.Malformed("it holds no graph");
        if (IrVersion > limits.MaxIrVersion)
        {
            throw new OnnxDefectException(ModelChecks.Onnx, $"The file has IR version {IrVersion}; the nodes' runtime reads up to {limits.MaxIrVersion}.",
                "Export with an older version of the onnx package, or set model.ir_version before saving.");
        }
    }

    /// <summary>What people upload by mistake is told apart by its first byte.</summary>
    private ulong FirstTag()
    {
        var lead = reader.Byte();
        var seems = lead switch
        {
            (byte)'<' => "an HTML or XML page",
            (byte)'v' => "a Git LFS pointer, not the file it stands for",
            0x80 => "a Python pickle; those are never read",
            (byte)'P' => "a zip archive; upload it as a bundle",
            (byte)'{' => "a JSON file",
            0x89 => "an HDF5 file or a picture",
            _ => null,
        };
        if (seems is not null)
            throw new OnnxDefectException(ModelChecks.Onnx, $"This is not an ONNX file; it looks like {seems}.", "Upload the .onnx file that the export wrote.");
        return lead;
    }

    private void Field(Frame frame, int field, int wire)
    {
        if (field == 0)
            throw OnnxDefectException.Malformed("a field has the number 0");
        switch (wire)
        {
            case 0:
                Number(frame, field, (long)reader.Varint());
                break;
            case 1:
                reader.Skip(8);
                break;
            case 2:
                Message(frame, field, SizeOf(frame));
                break;
            case 5:
                reader.Skip(4);
                break;
            default:
                throw OnnxDefectException.Malformed($"a field has the unknown wire type {wire}");
        }
    }

    private long SizeOf(Frame frame)
    {
        var size = reader.Varint();
        if (size > (ulong)(reader.Length - reader.Position))
            throw OnnxDefectException.Truncated(reader.Length);
        if (reader.Position + (long)size > frame.End)
            throw OnnxDefectException.Malformed("a part is longer than the part that holds it");
        return (long)size;
    }

    private void Number(Frame frame, int field, long value)
    {
        switch (frame.Kind, field)
        {
            case (Kind.Model, 1):
                IrVersion = value;
                break;
            case (Kind.Opset, 2):
                frame.Number = value;
                break;
            case (Kind.Tensor, 1):
                Dimension(frame, value);
                break;
            case (Kind.Tensor, 2):
                frame.DataType = value;
                break;
            case (Kind.Tensor, 14):
                frame.IsExternal = value == 1;
                break;
            case (Kind.Tensor, 5 or 7 or 11):
                frame.Carried++;
                break;
        }
    }

    private void Message(Frame frame, int field, long size)
    {
        switch (frame.Kind, field)
        {
            case (Kind.Model, 2):
                _producer = reader.Text(size, limits.MaxText);
                break;
            case (Kind.Model, 3):
                _producerVersion = reader.Text(size, limits.MaxText);
                break;
            case (Kind.Model, 7) or (Kind.Attribute, 6 or 11):
                OpenGraph(size);
                break;
            case (Kind.Model, 8) or (Kind.Function, 9):
                Open(Kind.Opset, size);
                break;
            case (Kind.Model, 14):
                Open(Kind.Pair, size);
                break;
            case (Kind.Model, 25):
                Open(Kind.Function, size);
                break;
            case (Kind.Graph, 1) or (Kind.Function, 7):
                OpenNode(size);
                break;
            case (Kind.Graph, 5) or (Kind.Attribute, 5 or 10) or (Kind.SparseTensor, 1 or 2):
                OpenTensor(size);
                break;
            case (Kind.Graph, 15) or (Kind.Attribute, 22 or 23):
                Open(Kind.SparseTensor, size);
                break;
            case (Kind.Graph, 11 or 12 or 13):
                CountValue();
                reader.Skip(size);
                break;
            case (Kind.Node, 5):
                CountValue();
                Open(Kind.Attribute, size);
                break;
            case (Kind.Node, 4):
                frame.Name = reader.Text(size, limits.MaxText);
                break;
            case (Kind.Node, 7) or (Kind.Function, 10):
                frame.Text = reader.Text(size, limits.MaxText);
                break;
            case (Kind.Tensor, 1):
                PackedDimensions(frame, size);
                break;
            case (Kind.Tensor, 9):
                frame.Carried = long.MaxValue == frame.Carried ? size : frame.Carried + size;
                frame.Number = 1;
                reader.Skip(size);
                break;
            case (Kind.Tensor, 4 or 5 or 7 or 10 or 11):
                frame.Carried += size;
                reader.Skip(size);
                break;
            case (Kind.Tensor, 6):
                frame.Carried++;
                reader.Skip(size);
                break;
            case (Kind.Tensor, 13):
                Open(Kind.ExternalPair, size);
                break;
            case (Kind.Pair or Kind.ExternalPair, 1) or (Kind.Opset, 1):
                frame.Name = reader.Text(size, limits.MaxText);
                break;
            case (Kind.Pair or Kind.ExternalPair, 2):
                frame.Text = reader.Text(size, limits.MaxText);
                break;
            default:
                reader.Skip(size);
                break;
        }
    }

    private void Close(Frame frame)
    {
        switch (frame.Kind)
        {
            case Kind.Graph:
                _graphs--;
                break;
            case Kind.Node:
                UsedDomains.Add(frame.Text);
                var name = frame.Text.Length == 0 || frame.Text == "ai.onnx" ? frame.Name : $"{frame.Text}.{frame.Name}";
                if (_operators.ContainsKey(name) || _operators.Count < 1_000)
                    _operators[name] = _operators.GetValueOrDefault(name) + 1;
                break;
            case Kind.Tensor:
                CheckTensor(frame);
                TakeOutside();
                break;
            case Kind.Opset:
                _opsets[frame.Name] = Math.Max(_opsets.GetValueOrDefault(frame.Name), frame.Number);
                break;
            case Kind.Function:
                FunctionDomains.Add(frame.Text);
                break;
            case Kind.Pair when _metadata.Count < 64:
                _metadata[frame.Name] = frame.Text;
                break;
            case Kind.ExternalPair:
                Outside(frame);
                break;
        }
    }

    private void Outside(Frame pair)
    {
        switch (pair.Name)
        {
            case "location":
                _location = pair.Text;
                break;
            case "offset":
                _offset = pair.Text;
                break;
            case "length":
                _length = pair.Text;
                break;
        }
    }

    /// <summary>No tensor lies within another, so what was said of places since the last one ended is this one's.</summary>
    private void TakeOutside()
    {
        if (_location is not null)
        {
            if (!_external.TryGetValue(_location, out var ranges))
                _external[_location] = ranges = [];
            ranges.Add(new ExternalRange(_offset, _length));
        }

        (_location, _offset, _length) = (null, null, null);
    }

    private void OpenGraph(long size)
    {
        _hasGraph = true;
        if (++_graphs > limits.MaxDepth)
            throw new OnnxDefectException(ModelChecks.Onnx, $"Graphs are nested more than {limits.MaxDepth} deep.", "Flatten the model's control flow before the export.");
        Open(Kind.Graph, size);
    }

    private void OpenNode(long size)
    {
        if (++Nodes > limits.MaxNodes)
            throw new OnnxDefectException(ModelChecks.Onnx, $"The graph has more than {limits.MaxNodes} operators.", "Simplify the graph, for instance with onnxsim, or split the model.");
        Open(Kind.Node, size);
    }

    private void OpenTensor(long size)
    {
        if (++_tensors > limits.MaxTensors)
            throw new OnnxDefectException(ModelChecks.Onnx, $"The file has more than {limits.MaxTensors} tensors.", "Merge constants before the export.");
        Open(Kind.Tensor, size);
    }

    private void CountValue()
    {
        if (++_values > limits.MaxValues)
            throw new OnnxDefectException(ModelChecks.Onnx, $"The file has more than {limits.MaxValues} named values and attributes.", "Remove value_info and unused attributes before the export.");
    }

    private void Open(Kind kind, long size) => _open.Push(new Frame(kind, reader.Position + size));

    private void PackedDimensions(Frame frame, long size)
    {
        var end = reader.Position + size;
        while (reader.Position < end)
            Dimension(frame, (long)reader.Varint());
    }

    private static void Dimension(Frame frame, long value)
    {
        if (value < 0)
            throw OnnxDefectException.Malformed("a tensor has a negative size");
        frame.Elements = value != 0 && frame.Elements > UInt128.MaxValue / (UInt128)value ? UInt128.MaxValue : frame.Elements * (UInt128)value;
    }

    /// <summary>A tensor that claims more than it carries would be allocated by whoever believes it.</summary>
    private void CheckTensor(Frame tensor)
    {
        var isRaw = tensor.Number == 1;
        var smallest = isRaw ? RawBits(tensor.DataType) : 8;
        if (!tensor.IsExternal && tensor.DataType != 8 && tensor.Elements * (UInt128)smallest > (UInt128)tensor.Carried * 8 + (isRaw ? 7u : 0u) * (UInt128)8 && tensor.Elements > 0)
        {
            throw new OnnxDefectException(ModelChecks.Onnx, $"A tensor claims {tensor.Elements} elements and carries {tensor.Carried} bytes.",
                "The file is damaged or was made to harm. Export the model again.");
        }

        if (tensor.Elements <= long.MaxValue - (UInt128)Parameters)
            Parameters += (long)tensor.Elements;
    }

    private static int RawBits(long dataType) => dataType switch
    {
        1 or 6 or 12 => 32,
        7 or 11 or 13 or 14 => 64,
        15 => 128,
        4 or 5 or 10 or 16 => 16,
        21 or 22 or 23 => 4,
        24 or 25 => 2,
        _ => 8,
    };
}
