using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Models;

namespace Serving.Node.Versions;

/// <summary>The file that says that a release passed its probe with this runtime, and what its batches cost.</summary>
internal sealed class ProbeProof(string path)
{
    public bool Exists => File.Exists(path);

    /// <returns>Null: nothing was measured, or it cannot be read any more; that it passed holds all the same.</returns>
    public async Task<IReadOnlyList<BatchCost>?> ReadAsync(CancellationToken cancel)
    {
        try
        {
            return JsonSerializer.Deserialize(await File.ReadAllBytesAsync(path, cancel), ContractsJson.Default.IReadOnlyListBatchCost) is { } costs && IsCurve(costs) ? costs : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException)
        {
            return null;
        }
    }

    public async Task WriteAsync(IReadOnlyList<BatchCost>? costs, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, costs is null ? [] : JsonSerializer.SerializeToUtf8Bytes(costs, ContractsJson.Default.IReadOnlyListBatchCost), cancel);
    }

    private static bool IsCurve(IReadOnlyList<BatchCost> costs)
    {
        var rows = 0;
        foreach (var cost in costs)
        {
            if (cost is null || cost.Rows <= rows || !(cost.Nanoseconds > 0))
                return false;
            rows = cost.Rows;
        }

        return true;
    }
}
