using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.State;

namespace Serving.Node.Versions;

/// <summary>A desired state written by a person, who need not compute its hash.</summary>
internal static class HandWritten
{
    /// <exception cref="JsonException">The file is no desired state.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ReadOnlyMemory<byte> Read(string path)
    {
        var state = JsonSerializer.Deserialize(File.ReadAllBytes(path), ContractsJson.Default.DesiredState)
            ?? throw new JsonException($"{path} is empty.");
        return state.ContentHash is null ? StateDocument.Seal(state).Utf8 : File.ReadAllBytes(path);
    }
}
