using Serving.Node.Tensors;

namespace Serving.Node.Cache;

/// <summary>One answer that is kept, with the inputs it belongs to. Immutable but for <see cref="WasUsed"/>, so it may be read while it is thrown out.</summary>
/// <param name="hash">Of the key.</param>
/// <param name="bytes">The key, then the outputs as <see cref="TensorBytes"/> writes them.</param>
/// <param name="key">Bytes of the key: release and inputs.</param>
/// <param name="prefix">Bytes of the key before the inputs.</param>
/// <param name="labels">Labels of the outputs' columns, in the model's order.</param>
/// <param name="born">Timestamp of the time provider.</param>
internal sealed class CachedAnswer(UInt128 hash, byte[] bytes, int key, int prefix, ClassLabels?[] labels, long born)
{
    /// <summary>What an answer takes beside its bytes: itself, its array's head, its place in the table and in the queue.</summary>
    private const int Overhead = 256;

    public UInt128 Hash => hash;

    public ReadOnlySpan<byte> Key => bytes.AsSpan(0, key);

    public ReadOnlySpan<byte> Inputs => bytes.AsSpan(prefix, key - prefix);

    public long Born => born;

    public long Size => bytes.Length + Overhead;

    /// <summary>Given again since it was last looked at; a lost update does no harm.</summary>
    public bool WasUsed { get; set; }

    public void CopyTo(TensorBuffer[] outputs)
    {
        TensorBytes.Read(bytes.AsSpan(key), outputs);
        for (var i = 0; i < outputs.Length; i++)
            outputs[i].Labels = labels[i];
    }
}
