namespace Serving.Node.Tensors;

/// <summary>What a caller sent cannot be answered. The message names the field, what was expected and what was got.</summary>
/// <param name="field">Path of the member, such as <c>inputs[0].data</c>.</param>
internal sealed class BadInputException(string field, string message, int status = StatusCodes.Status400BadRequest) : Exception(Shortened(message, 1_000))
{
    public string Field { get; } = Shortened(field, 200);

    /// <summary>HTTP status: 400 or 413.</summary>
    public int Status => status;

    /// <summary>Names in a body may be as long as the body: an answer does not repeat them whole.</summary>
    private static string Shortened(string text, int most) => text.Length <= most ? text : text[..most] + "…";
}
