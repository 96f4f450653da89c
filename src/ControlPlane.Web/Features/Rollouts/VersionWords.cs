using ControlPlane.Domain.Registry;
using ControlPlane.Web.Shared;
using Serving.Contracts.Models;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>What differs between two versions, in words.</summary>
internal static class VersionWords
{
    /// <param name="before">Null: nothing served before.</param>
    public static string Difference(ModelVersion? before, ModelVersion? after)
    {
        if (after is null)
            return "The version is not known any more.";
        var size = $"{Figures.Bytes(after.SizeBytes)}{(before is { SizeBytes: > 0 } ? $" ({Change(after.SizeBytes, before.SizeBytes)})" : "")}";
        var probe = after.Report?.Latency is { } latency ? $" p99 {Figures.Milliseconds(latency.P99Us / 1000)} ms on the probe{(before?.Report?.Latency is { } was ? $", was {Figures.Milliseconds(was.P99Us / 1000)} ms" : "")}." : "";
        return before is null ? $"The first version here. {size}.{probe}" : $"{Signature(before.Signature, after.Signature)} {size}.{probe}";
    }

    public static bool IsSameShape(ModelVersion? before, ModelVersion? after) =>
        before is null || after is null || Names(before.Signature?.Inputs).SequenceEqual(Names(after.Signature?.Inputs)) && Names(before.Signature?.Outputs).SequenceEqual(Names(after.Signature?.Outputs));

    /// <returns>One line a metric; empty: the uploader gave none.</returns>
    public static IReadOnlyList<string> Metrics(ModelVersion? before, ModelVersion? after) =>
        [.. (after?.Notes.Metrics ?? new Dictionary<string, double>()).OrderBy(metric => metric.Key, StringComparer.Ordinal).Take(4).Select(metric =>
            before?.Notes.Metrics?.TryGetValue(metric.Key, out var was) == true ? $"{metric.Key} {metric.Value:0.####}, was {was:0.####}" : $"{metric.Key} {metric.Value:0.####}")];

    private static string Signature(ModelSignature? before, ModelSignature? after)
    {
        var said = new[] { Said("input", before?.Inputs, after?.Inputs), Said("output", before?.Outputs, after?.Outputs) }.OfType<string>().ToList();
        return said.Count == 0 ? "Inputs and outputs equal." : $"{string.Join(" ", said)}";
    }

    private static string? Said(string what, IReadOnlyList<TensorSpec>? before, IReadOnlyList<TensorSpec>? after)
    {
        var (was, now) = (Names(before).ToList(), Names(after).ToList());
        var (gone, come) = (was.Except(now).ToList(), now.Except(was).ToList());
        return gone.Count + come.Count == 0 ? null
            : string.Join(" ", new[] { (gone, "removed or changed"), (come, "new or changed") }.Where(side => side.Item1.Count > 0)
                .Select(side => $"{Figures.Plural(side.Item1.Count, what)} {side.Item2}: {string.Join(", ", side.Item1.Take(3))}."));
    }

    private static IEnumerable<string> Names(IReadOnlyList<TensorSpec>? tensors) => (tensors ?? []).Select(tensor => $"{tensor.Name} ({tensor.Type})");

    private static string Change(long now, long was) => now == was ? "as before" : $"{(now > was ? "+" : "−")}{Math.Abs(now - was) * 100d / was:0.#} %";
}
