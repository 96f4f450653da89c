namespace Serving.Node.Tensors;

/// <summary>What a caller sent cannot be answered. The message names the field, what was expected and what was got.</summary>
/// <param name="field">Path of the member, such as <c>inputs[0].data</c>.</param>
internal sealed class BadInputException(string field, string message, int status = StatusCodes.Status400BadRequest) : Exception(message)
{
    public string Field { get; } = @field;

    /// <summary>HTTP status: 400 or 413.</summary>
    public int Status => status;
}
