namespace Serving.Node.Tensors;

/// <summary>Where in a request a value stands, made into text only for an error.</summary>
/// <param name="Row">The row's number; -1: the path names none.</param>
/// <param name="List">What holds the rows.</param>
internal readonly record struct FieldPath(string Before, string Name = "", string After = "", int Row = -1, string List = "rows")
{
    public static implicit operator FieldPath(string path) => new(path);

    public override string ToString() => Row < 0 ? $"{Before}{Name}{After}" : $"{List}[{Row}]{(Before.Length + Name.Length > 0 ? "." : "")}{Before}{Name}{After}";
}
