namespace Serving.Node.Tensors;

/// <summary>What a protocol takes as the value of an element beside the plain JSON scalar of its type.</summary>
[Flags]
internal enum ValueForms
{
    Json = 0,

    /// <summary>NaN, Infinity and -Infinity for floats.</summary>
    NonFinite = 1,

    /// <summary><c>{"b64": "…"}</c> for text.</summary>
    Base64 = 2,
}
